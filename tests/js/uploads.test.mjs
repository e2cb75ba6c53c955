import assert from "node:assert/strict";
import { test } from "node:test";

import "./modules.mjs";

const { heldBytes, missingParts, partRange, refusal, sameFile } = await import("app/uploads/plan");
const { Slots } = await import("app/uploads/pool");
const { Rate } = await import("app/uploads/rate");
const { Signer } = await import("app/uploads/signer");
const { StoreError } = await import("app/uploads/store");

const upload = (parts = []) => ({ size: 25, partSize: 10, partCount: 3, parts });

test("the parts cover the file exactly", () => {
  assert.deepEqual([1, 2, 3].map((number) => partRange(number, upload())), [[0, 10], [10, 20], [20, 25]]);
});

test("only what is missing, or held in the wrong size, is sent", () => {
  const held = upload([{ number: 1, size: 10 }, { number: 3, size: 4 }]);
  assert.deepEqual(missingParts(held), [2, 3]);
  assert.equal(heldBytes(held), 10);
  assert.equal(heldBytes(upload([1, 2].map((number) => ({ number, size: 10 })).concat({ number: 3, size: 5 }))), 25);
});

test("the same file has the same name, size and time, where the time is known", () => {
  const file = { name: "film.mp4", size: 9, lastModified: 5 };
  assert.equal(sameFile(file, { ...file }), true);
  assert.equal(sameFile(file, { name: "film.mp4", size: 9 }), true);
  assert.equal(sameFile(file, { ...file, lastModified: 6 }), false);
  assert.equal(sameFile(file, { ...file, size: 8 }), false);
});

test("a refusal names its reason", () => {
  const limits = { maxUploadBytes: 1000, extensions: [".mp4", ".mov"], maxUnfinishedUploads: 2 };
  const file = { name: "Film.MP4", size: 10 };
  assert.equal(refusal(file, limits), null);
  assert.match(refusal({ ...file, name: "notes.txt" }, limits), /\.txt file.*\.mp4 or \.mov/);
  assert.match(refusal({ ...file, name: ".mp4" }, limits), /without an extension/);
  assert.match(refusal({ ...file, size: 0 }, limits), /empty/);
  assert.match(refusal({ ...file, size: 2048 }, limits), /2\.0 kB; the largest this site takes is 1000 bytes/);
  assert.match(refusal(file, limits, 2), /2 unfinished uploads/);
});

test("slots are given out in order, and back once", async () => {
  const slots = new Slots(1);
  const order = [];
  const release = await slots.acquire();
  const second = slots.acquire().then((free) => (order.push("second"), free));
  const third = slots.acquire().then((free) => (order.push("third"), free));
  release();
  release();
  (await second)();
  (await third)();
  assert.deepEqual(order, ["second", "third"]);
});

test("who gives up waiting leaves the queue to the others", async () => {
  const slots = new Slots(1);
  const release = await slots.acquire();
  const controller = new AbortController();
  const given = slots.acquire(controller.signal);
  const next = slots.acquire();
  controller.abort();
  await assert.rejects(given, { name: "AbortError" });
  release();
  await next;
});

test("the speed follows slowly and never falls below zero", () => {
  const rate = new Rate();
  for (let second = 0; second <= 10; second += 1) rate.sample(second, second * 100);
  assert.ok(Math.abs(rate.perSecond - 100) < 1e-6);
  rate.sample(11, 500); // a part is sent again
  assert.ok(rate.perSecond > 0 && rate.perSecond < 100);
  assert.ok(rate.eta(1000) > 10);
  assert.equal(new Rate().eta(5), null);
});

const signing = () => {
  const calls = [];
  const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
  const call = async (_method, _url, { parts }) => {
    calls.push(parts);
    return { items: parts.map((number) => ({ number, url: `/${calls.length}/${number}`, expiresAt })) };
  };
  return { calls, signer: new Signer("id", { call }) };
};

test("parts are signed in one batch, even when asked for at once", async () => {
  const { calls, signer } = signing();
  const signed = await Promise.all([signer.part(1, [2, 3]), signer.part(2, [3]), signer.part(3, [])]);
  assert.deepEqual(calls, [[1, 2, 3]]);
  assert.deepEqual(signed.map((part) => part.number), [1, 2, 3]);
});

test("a second try of a part gets a fresh URL", async () => {
  const { calls, signer } = signing();
  await signer.part(1, [2]);
  signer.forget();
  assert.equal((await signer.part(1, [2])).url, "/2/1");
  assert.equal(calls.length, 2);
});

test("a URL about to expire is not used", async () => {
  let now = 0;
  const calls = [];
  const call = async (_method, _url, { parts }) => {
    calls.push(parts);
    return { items: parts.map((number) => ({ number, expiresAt: new Date(3_600_000).toISOString() })) };
  };
  const signer = new Signer("id", { call, now: () => now });
  await signer.part(1, [2]);
  now = 3_590_000;
  await signer.part(2, []);
  assert.deepEqual(calls, [[1, 2], [2]]);
});

test("a failure to sign is told to all who wait, and asked again", async () => {
  let failing = true;
  const call = async (_method, _url, { parts }) => {
    if (failing) throw new Error("no");
    return { items: parts.map((number) => ({ number, expiresAt: "2999-01-01T00:00:00Z" })) };
  };
  const signer = new Signer("id", { call });
  const waiting = [signer.part(1, [2]), signer.part(2, [])];
  for (const result of await Promise.allSettled(waiting)) assert.equal(result.status, "rejected");
  failing = false;
  assert.equal((await signer.part(1, [])).number, 1);
});

test("the store's 403 asks for a new URL; what cannot pass is not tried again", () => {
  assert.equal(new StoreError(403, "").needsNewUrl, true);
  for (const status of [0, 400, 403, 408, 429, 500, 503]) assert.equal(new StoreError(status, "").mayPass, true, status);
  for (const status of [404, 405, 411, 413]) assert.equal(new StoreError(status, "").mayPass, false, status);
});
