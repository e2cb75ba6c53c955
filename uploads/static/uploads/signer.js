// Presigned URLs for the parts of one upload, asked for in small batches and never twice at once.

import { request } from "app/api";

const BATCH = 16; // the API takes 100; fewer, so that URLs are not old before their part's turn
const MARGIN_MS = 60_000;

export class Signer {
  #ready = new Map();
  #pending = new Map();

  constructor(videoId, { call = request, now = Date.now } = {}) {
    this.videoId = videoId;
    this.call = call;
    this.now = now;
  }

  /** The presigned call for part `number`; `upcoming` are the parts to sign along with it. */
  async part(number, upcoming, signal) {
    const ready = this.#ready.get(number);
    this.#ready.delete(number); // each URL is handed out once: a second try deserves a fresh one
    if (ready && Date.parse(ready.expiresAt) - this.now() > MARGIN_MS) return ready;
    if (!this.#pending.has(number)) this.#sign(number, upcoming, signal);
    const signed = await this.#pending.get(number);
    this.#ready.delete(number);
    return signed.get(number);
  }

  /** Drop every URL: when one has expired, so have its neighbours. */
  forget() {
    this.#ready.clear();
  }

  #sign(number, upcoming, signal) {
    const others = upcoming.filter((other) => !this.#ready.has(other) && !this.#pending.has(other));
    const parts = [number, ...others.slice(0, BATCH - 1)];
    const answer = this.call("POST", `/api/uploads/${this.videoId}/parts`, { parts }, { signal }).then(({ items }) => {
      const signed = new Map(items.map((item) => [item.number, item]));
      for (const [part, item] of signed) this.#ready.set(part, item);
      return signed;
    });
    const done = () => parts.forEach((part) => this.#pending.delete(part));
    answer.then(done, done);
    for (const part of parts) this.#pending.set(part, answer);
  }
}
