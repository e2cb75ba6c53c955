// One file on its way to the store. The site knows which parts are there; this only sends what is missing.

import { request } from "app/api";
import { fullJitter, sleep } from "app/backoff";
import { forget, remember } from "app/uploads/handles";
import { heldBytes, missingParts, partRange } from "app/uploads/plan";
import { Rate } from "app/uploads/rate";
import { Signer } from "app/uploads/signer";
import { putPart } from "app/uploads/store";

const TRIES = 12; // about a minute of trying before the person is asked
const WORKERS = 4;
const ROUNDS = 3;

/**
 * States: queued → starting → sending → completing → done; paused, failed, signed-out, cancelled.
 * Dispatches `state` and `progress`.
 */
export class Transfer extends EventTarget {
  state = "queued";
  upload = null;
  error = null;
  troubled = false;
  rate = new Rate();
  #run = null;

  constructor(file, { handle = null, files, parts, stallSeconds }) {
    super();
    Object.assign(this, { file, handle, files, parts, stallSeconds });
  }

  get videoId() {
    return this.upload?.videoId ?? null;
  }

  get active() {
    return ["queued", "starting", "sending", "completing"].includes(this.state);
  }

  get sent() {
    if (this.state === "done") return this.file.size;
    const flying = this.#run ? [...this.#run.flying.values()] : [];
    return flying.reduce((sum, count) => sum + count, this.#run?.held ?? 0);
  }

  /** Begin, or go on after a pause or a failure. */
  async start() {
    if (this.active && this.#run) return;
    const controller = new AbortController();
    const run = { controller, signal: controller.signal, held: this.#run?.held ?? 0, flying: new Map(), todo: [] };
    this.#run = run;
    this.rate = new Rate();
    this.#set("queued");
    let release;
    try {
      release = await this.files.acquire(run.signal);
      this.#set("starting");
      await this.#open(run);
      await exclusively(`upload ${this.videoId}`, run.signal, () => this.#send(run));
      this.#set("done");
      forget(this.videoId);
    } catch (error) {
      if (run.signal.aborted) return; // paused or cancelled: the state says which
      controller.abort();
      run.flying.clear();
      this.#set(error.needsSignIn ? "signed-out" : "failed", error);
    } finally {
      release?.();
    }
  }

  pause() {
    this.#stop("paused");
  }

  /** Stop, and have the site throw the parts away. */
  async cancel() {
    const videoId = this.videoId;
    this.#stop("cancelled");
    if (!videoId) return;
    forget(videoId);
    await request("DELETE", `/api/uploads/${videoId}`);
  }

  #stop(state) {
    const run = this.#run;
    this.#set(state);
    run?.flying.clear();
    run?.controller.abort();
  }

  #set(state, error = null) {
    this.state = state;
    this.error = error;
    this.troubled = false;
    this.dispatchEvent(new Event("state"));
  }

  #moved(run) {
    if (run !== this.#run || run.signal.aborted) return;
    this.rate.sample(performance.now() / 1000, this.sent);
    this.dispatchEvent(new Event("progress"));
  }

  async #open(run) {
    const { name, size, type, lastModified } = this.file;
    const facts = { name, size, type, lastModified };
    this.upload = await this.#persist(run, () => request("POST", "/api/uploads", facts, { signal: run.signal }));
    run.held = heldBytes(this.upload);
    run.todo = missingParts(this.upload);
    run.signer = new Signer(this.videoId);
    remember(this.videoId, this.file, this.handle);
    this.dispatchEvent(new Event("opened"));
  }

  async #send(run) {
    const { signal } = run;
    for (let round = 1; ; round += 1) {
      this.#set("sending");
      this.#moved(run);
      await Promise.all(Array.from({ length: Math.min(WORKERS, run.todo.length) }, () => this.#work(run)));
      this.#set("completing");
      const url = `/api/uploads/${this.videoId}/complete`;
      try {
        return await this.#persist(run, () => request("POST", url, undefined, { signal, timeoutSeconds: 180 }));
      } catch (error) {
        if (error.code !== "upload.incomplete" || round >= ROUNDS) throw error;
        run.todo = [...error.body.missing];
        const ranges = run.todo.map((number) => partRange(number, this.upload));
        run.held -= ranges.reduce((sum, [start, end]) => sum + end - start, 0);
      }
    }
  }

  /** Take parts until none are left; the shared slots decide whose part goes next. */
  async #work(run) {
    while (run.todo.length) {
      const release = await this.parts.acquire(run.signal);
      try {
        const number = run.todo.shift();
        if (number !== undefined) await this.#sendPart(run, number);
      } finally {
        release();
      }
    }
  }

  async #sendPart(run, number) {
    const { signal, signer, flying } = run;
    const [start, end] = partRange(number, this.upload);
    const blob = this.file.slice(start, end);
    await this.#persist(run, async () => {
      const signed = await signer.part(number, run.todo, signal);
      try {
        await putPart(signed, blob, {
          signal,
          stallSeconds: this.stallSeconds,
          onProgress: (count) => {
            flying.set(number, Math.min(count, blob.size));
            this.#moved(run);
          },
        });
        run.held += blob.size;
      } catch (error) {
        if (error.needsNewUrl) signer.forget();
        else if (error.status === 0) await assertReadable(blob);
        throw error;
      } finally {
        flying.delete(number);
      }
      this.#moved(run);
    });
  }

  /** Try `attempt` again while that may help, with full jitter; time spent offline does not count. */
  async #persist(run, attempt) {
    for (let failures = 0; ; ) {
      try {
        const answer = await attempt();
        if (failures) this.#trouble(run, false);
        return answer;
      } catch (error) {
        if (run.signal.aborted || !error.mayPass) throw error;
        this.#trouble(run, true);
        if (navigator.onLine) failures += 1;
        if (failures >= TRIES) throw error;
        await sleep(fullJitter(failures, { base: 500, cap: 12_000 }) + 100, run.signal);
        if (!navigator.onLine) await backOnline(run.signal);
      }
    }
  }

  #trouble(run, troubled) {
    if (run !== this.#run || run.signal.aborted || this.troubled === troubled) return;
    this.troubled = troubled;
    this.dispatchEvent(new Event("progress"));
  }
}

// navigator.onLine may be wrong about a site on this very machine, so the wait for the event has an end.
const backOnline = (signal) => {
  const online = new Promise((resolve) => addEventListener("online", resolve, { once: true }));
  return Promise.race([online, sleep(10_000, signal)]);
};

/** An XMLHttpRequest calls a file that was moved or written to a network error; reading it tells them apart. */
async function assertReadable(blob) {
  try {
    await blob.slice(0, 1).arrayBuffer();
  } catch {
    throw new Error("The file was moved or changed since it was chosen. Choose it again.");
  }
}

/** Hold the upload's lock while `use` runs, so that two tabs never send the same parts. */
async function exclusively(name, signal, use) {
  if (!navigator.locks) return use(); // only pages over HTTPS or on localhost have locks
  return navigator.locks.request(name, { ifAvailable: true }, (lock) => {
    if (!lock) throw new Error("Another tab is sending this file.");
    return use();
  });
}
