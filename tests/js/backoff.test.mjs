import assert from "node:assert/strict";
import { test } from "node:test";

import "./modules.mjs";

const { fullJitter, reconnectDelay, sleep } = await import("app/backoff");
const { ApiError } = await import("app/api");

test("full jitter is spread over the whole exponential step, up to its cap", () => {
  const settings = { base: 100, cap: 1000 };
  assert.equal(fullJitter(0, { ...settings, random: () => 0 }), 0);
  assert.equal(fullJitter(2, { ...settings, random: () => 1 }), 400);
  assert.equal(fullJitter(30, { ...settings, random: () => 1 }), 1000);
});

test("the live client waits 1 to 30 seconds", () => {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    for (const chance of [0, 0.5, 1]) {
      const delay = reconnectDelay(attempt, () => chance);
      assert.ok(delay >= 1000 && delay <= 30_000, `${attempt}: ${delay}`);
    }
  }
});

test("an aborted sleep ends at once", async () => {
  const controller = new AbortController();
  const sleeping = sleep(60_000, controller.signal);
  controller.abort();
  await assert.rejects(sleeping, { name: "AbortError" });
});

test("a signed-out answer is kept apart from a refusal and from a passing fault", () => {
  assert.equal(new ApiError(401, "not-signed-in", "").needsSignIn, true);
  assert.equal(new ApiError(403, "http-403", "").needsSignIn, true);
  assert.equal(new ApiError(403, "upload.quota", "").needsSignIn, false);
  assert.equal(new ApiError(403, "http-403", "").mayPass, false);
  for (const status of [0, 408, 429, 500, 503]) assert.equal(new ApiError(status, "", "").mayPass, true);
});
