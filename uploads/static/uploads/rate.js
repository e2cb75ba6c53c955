// A speed that does not jump: an average that forgets with time, whatever the spacing of its samples.

const HALF_LIFE_SECONDS = 4;
const SHORTEST_SAMPLE_SECONDS = 0.25;

export class Rate {
  perSecond = null;
  #at = null;
  #total = 0;

  /** Note that `total` bytes are sent at `now` (seconds). */
  sample(now, total) {
    if (this.#at === null) {
      this.#at = now;
      this.#total = total;
      return;
    }
    const elapsed = now - this.#at;
    if (elapsed < SHORTEST_SAMPLE_SECONDS) return;
    // A part that is sent again takes its bytes back: that is no speed below zero.
    const current = Math.max(0, total - this.#total) / elapsed;
    const weight = 1 - 2 ** (-elapsed / HALF_LIFE_SECONDS);
    this.perSecond = this.perSecond === null ? current : this.perSecond + (current - this.perSecond) * weight;
    this.#at = now;
    this.#total = total;
  }

  /** Seconds until `remaining` bytes are sent, or null while nothing is known. */
  eta(remaining) {
    return this.perSecond ? remaining / this.perSecond : null;
  }
}
