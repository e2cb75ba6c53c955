// How long to wait before trying again.

/** Full jitter: anywhere between 0 and the exponential step, so that a thousand browsers do not return together. */
export function fullJitter(attempt, { base, cap, random = Math.random }) {
  return random() * Math.min(cap, base * 2 ** attempt);
}

/** The wait of the live client: full jitter over an exponential step, kept between 1 and 30 seconds. */
export function reconnectDelay(attempt, random = Math.random) {
  return Math.max(1000, fullJitter(attempt, { base: 2000, cap: 30_000, random }));
}

/** Resolve after `milliseconds`; reject at once when the signal aborts. */
export function sleep(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const abort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", abort, { once: true });
  });
}
