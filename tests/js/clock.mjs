// A clock that tests move by hand: timers and performance.now agree. (Node's own mock timers differ by version.)

const timers = new Map();
let now = 0;
let lastId = 0;

function add(call, delay, every) {
  lastId += 1;
  timers.set(lastId, { call, at: now + delay, every });
  return lastId;
}

/** Put the clock in the place of the real one, at zero and with nothing waiting. */
export function install() {
  timers.clear();
  now = 0;
  Object.defineProperty(performance, "now", { configurable: true, value: () => now });
  globalThis.setTimeout = (call, delay = 0) => add(call, delay, null);
  globalThis.setInterval = (call, delay) => add(call, delay, delay);
  globalThis.clearTimeout = (id) => timers.delete(id);
  globalThis.clearInterval = globalThis.clearTimeout;
}

/** Let time pass second by second, with whatever is waiting in between. */
export async function pass(seconds) {
  for (let second = 0; second < seconds; second += 1) {
    now += 1000;
    for (const [id, timer] of [...timers]) {
      if (timer.at > now || !timers.has(id)) continue;
      if (timer.every === null) timers.delete(id);
      else timer.at += timer.every;
      timer.call();
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}
