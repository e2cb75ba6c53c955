// The live client: one socket that comes back by itself, and polling for what stays silent.

import { sinceOf } from "app/age";
import { request } from "app/api";
import { reconnectDelay } from "app/backoff";
import { reduce, silentVideos } from "app/reducer";

const PING_EVERY = 20_000;
const PONG_WITHIN = 10_000;
const SILENCE = 10_000;
const NOT_FOUND = 4404;
const NOT_SIGNED_IN = 4401;

/**
 * Follow videos on `path` (`/ws/videos/` or `/ws/videos/<id>/`).
 *
 * Dispatches `change` (detail: the snapshot, with `deleted` when it is gone), `connection` (detail: online or not),
 * `gone` (the site says that there is no such video) and `signed-out`. `poll(videoIds)` answers Video objects; without one
 * each silent video is asked for on its own. A video that is gone is answered as `{videoId, deleted: true}`.
 */
export class LiveClient extends EventTarget {
  videos = new Map();
  connected = false;
  #heardAt = new Map();
  #socket = null;
  #attempt = 0;
  #heardAnything = 0;
  #retryTimer = 0;
  #polling = false;
  #closed = false;

  constructor(path, { poll = pollEach } = {}) {
    super();
    this.path = path;
    this.poll = poll;
  }

  start() {
    this.#connect();
    setInterval(() => this.#ping(), PING_EVERY);
    setInterval(() => this.#pollSilent(), 2000);
    // Coming back to the tab or to the network is the best moment to try; the back-off may be far out by then.
    addEventListener("online", () => this.#connectNow());
    document.addEventListener("visibilitychange", () => document.hidden || this.#connectNow());
    return this;
  }

  /** Take a snapshot from elsewhere: the page itself, or an answer of the API. */
  seed(snapshot) {
    this.#hear({ ...snapshot, type: "snapshot" });
  }

  #connect() {
    clearTimeout(this.#retryTimer);
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}${this.path}`);
    this.#socket = socket;
    socket.onopen = () => this.#heard();
    socket.onmessage = ({ data }) => {
      this.#attempt = 0; // reset by a message, not by the opening: a site that accepts and drops stays backed off
      this.#heard();
      this.#setConnected(true);
      this.#hear(JSON.parse(data));
    };
    socket.onclose = ({ code }) => {
      if (socket !== this.#socket) return;
      this.#socket = null;
      if (code === NOT_FOUND) {
        this.#closed = true;
        this.dispatchEvent(new Event("gone"));
        return;
      }
      this.#setConnected(false);
      if (code === NOT_SIGNED_IN) this.dispatchEvent(new Event("signed-out"));
      this.#retryTimer = setTimeout(() => this.#connect(), reconnectDelay(this.#attempt));
      this.#attempt += 1;
    };
  }

  #connectNow() {
    if (this.#socket || this.#closed) return;
    this.#attempt = 0;
    this.#connect();
  }

  #ping() {
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN) return;
    const sentAt = performance.now();
    socket.send(JSON.stringify({ type: "ping" }));
    setTimeout(() => {
      // A socket can be dead without having been closed: after sleep, or behind a router that forgot it.
      if (socket === this.#socket && this.#heardAnything < sentAt) {
        socket.onmessage = null;
        socket.close();
        socket.onclose({ code: 1006 });
      }
    }, PONG_WITHIN);
  }

  #heard() {
    this.#heardAnything = performance.now();
  }

  #hear(message) {
    if (!message.videoId) {
      if (message.type === "pong") this.#setConnected(true);
      return;
    }
    this.#heardAt.set(message.videoId, performance.now());
    const before = this.videos;
    this.videos = reduce(before, onOurClock(message, before.get(message.videoId)));
    if (this.videos !== before) {
      this.dispatchEvent(new CustomEvent("change", { detail: this.videos.get(message.videoId) }));
    }
  }

  #setConnected(connected) {
    if (this.connected === connected) return;
    this.connected = connected;
    this.dispatchEvent(new CustomEvent("connection", { detail: connected }));
  }

  async #pollSilent() {
    if (this.#polling || this.#closed || document.hidden) return;
    const silent = silentVideos(this.videos, this.#heardAt, performance.now(), SILENCE);
    if (!silent.length) return;
    this.#polling = true;
    for (const videoId of silent) this.#heardAt.set(videoId, performance.now()); // one question per silence
    try {
      for (const video of await this.poll(silent)) {
        if (video.deleted) this.#hear({ type: "deleted", videoId: video.videoId });
        else this.seed(video.snapshot);
      }
    } catch {
      // Met by asking again after the next silence.
    } finally {
      this.#polling = false;
    }
  }
}

/** Messages tell how old a machine's start is; when that was is said by the clock of this page, not of the site. */
function onOurClock(message, known) {
  if (!message.machine) return message;
  const since = sinceOf(message.machine.ageSeconds, performance.now(), known?.machine?.since);
  return { ...message, machine: { ...message.machine, since } };
}

/** Ask for each video on its own. */
export async function pollEach(videoIds) {
  const videos = [];
  for (const videoId of videoIds) {
    try {
      videos.push(await request("GET", `/api/videos/${videoId}`));
    } catch (error) {
      if (error.status !== 404) throw error;
      videos.push({ videoId, deleted: true });
    }
  }
  return videos;
}

/** Show the page's "Reconnecting…" banner while the socket is away; the first second of a page is not an outage. */
export function showConnection(live, banner = document.querySelector("[data-reconnecting]")) {
  let timer = setTimeout(() => (banner.hidden = live.connected), 4000);
  live.addEventListener("connection", ({ detail: connected }) => {
    clearTimeout(timer);
    if (connected) banner.hidden = true;
    else timer = setTimeout(() => (banner.hidden = live.connected), 1000);
  });
  live.addEventListener("signed-out", () => {
    banner.textContent = "You have been signed out. Reload the page to sign in.";
  });
  live.addEventListener("gone", () => {
    clearTimeout(timer);
    banner.hidden = true;
  });
}
