import assert from "node:assert/strict";
import { test } from "node:test";

import "./modules.mjs";

const { bytes, clock, money, plural, wait } = await import("app/format");
const { describe } = await import("app/states");

test("bytes", () => {
  const cases = { 0: "0 bytes", 1: "1 byte", 1023: "1023 bytes", 1024: "1.0 kB", 52428800: "50 MB", 1073741823: "1.0 GB", 21474836480: "20 GB" };
  for (const [count, text] of Object.entries(cases)) assert.equal(bytes(Number(count)), text);
});

test("clock", () => {
  const cases = { 0: "0:00", 7: "0:07", 59.6: "1:00", 750: "12:30", 3723: "1:02:03", 36000: "10:00:00" };
  for (const [seconds, text] of Object.entries(cases)) assert.equal(clock(Number(seconds)), text);
});

test("a wait is as rough as it is known", () => {
  const cases = { 2: "a few seconds", 42: "40 seconds", 58: "1 minute", 61: "1 minute", 150: "3 minutes", 3590: "1 h", 5400: "1 h 30 min" };
  for (const [seconds, text] of Object.entries(cases)) assert.equal(wait(Number(seconds)), text, seconds);
  assert.equal(wait(Infinity), "");
});

test("money has the digits that a short run needs", () => {
  assert.equal(money({ amount: "0.012345", currency: "USD" }), "0.0123 USD");
  assert.equal(money({ amount: "0.000004", currency: "EUR" }), "under 0.0001 EUR");
  assert.equal(money({ amount: "0", currency: "USD" }), "0.0000 USD");
});

test("plural", () => {
  assert.equal(plural(1, "video"), "1 video");
  assert.equal(plural(3, "video"), "3 videos");
});

const snapshot = (changes) => ({ status: "RUNNING", stage: null, position: null, eta: null, speed: null, error: null, playable: false, renditions: [], ...changes });

test("each status has its words", () => {
  assert.equal(describe(snapshot({ status: "QUEUED", position: 1 })).sentence, "Next in the queue.");
  assert.equal(describe(snapshot({ status: "QUEUED", position: 3 })).sentence, "2 videos before it in the queue.");
  assert.equal(describe(snapshot({ stage: "ENCODING", speed: 1.84, eta: 42 })).sentence, "1.8× speed · 40 seconds left");
  assert.equal(describe(snapshot({ status: "LAUNCHED", position: 2 })).label, "Queued");
  assert.equal(describe(snapshot({ status: "LAUNCHED" })).label, "Starting");
  assert.equal(describe(snapshot({ stage: "DOWNLOADING" })).percent, null);
  assert.equal(describe(snapshot({ status: "COMPLETED" })).percent, 100);
  assert.equal(describe(snapshot({ status: "FAILED", error: { code: "source.broken", message: "No." } })).sentence, "No.");
  for (const status of ["COMPLETED", "FAILED", "CANCELLED", "EXPIRED"]) assert.equal(describe(snapshot({ status })).final, true);
  for (const status of ["WAITING", "QUEUED", "LAUNCHED", "RUNNING"]) assert.equal(describe(snapshot({ status })).final, false);
});

test("the start of a machine has words for where it is, and its age", () => {
  const start = (status) => describe(snapshot({ status: "LAUNCHED", machine: { status, ageSeconds: 12, since: 500 } }));
  const sentences = {
    WAITING: "Waiting for a machine…",
    PROVISIONING: "Starting a machine…",
    PENDING: "Starting a machine…",
    ACTIVATING: "Starting a machine…",
    RUNNING: "The machine is starting its work…",
  };
  for (const [status, sentence] of Object.entries(sentences)) {
    assert.deepEqual(start(status), { label: "Starting", tone: "busy", sentence, percent: null, final: false, since: 500 });
  }
  assert.equal(start("STOPPED").sentence, "The machine stopped before it began.");
  assert.equal(start("STOPPED").since, null);
});

test("nothing but the start of a machine has an age", () => {
  assert.equal(describe(snapshot({ status: "LAUNCHED", machine: null })).since, null);
  assert.equal(describe(snapshot({ stage: "ENCODING", machine: null })).since, null);
});
