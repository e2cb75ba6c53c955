// A fixed number of slots, given out in the order of asking.

export class Slots {
  #waiting = [];
  #free;

  constructor(count) {
    this.#free = count;
  }

  /** Resolve to a function that gives the slot back; calling it twice does no harm. */
  acquire(signal) {
    signal?.throwIfAborted();
    if (this.#free > 0) {
      this.#free -= 1;
      return Promise.resolve(this.#releaser());
    }
    return new Promise((resolve, reject) => {
      const entry = { resolve, signal, abort: null };
      entry.abort = () => {
        this.#waiting = this.#waiting.filter((other) => other !== entry);
        reject(signal.reason);
      };
      signal?.addEventListener("abort", entry.abort, { once: true });
      this.#waiting.push(entry);
    });
  }

  #releaser() {
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const next = this.#waiting.shift();
      if (!next) {
        this.#free += 1;
        return;
      }
      next.signal?.removeEventListener("abort", next.abort);
      next.resolve(this.#releaser());
    };
  }
}
