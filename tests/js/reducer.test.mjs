import assert from "node:assert/strict";
import { test } from "node:test";

import "./modules.mjs";

const { encodedUntil, farEnough, isFinal, overallProgress, qualitiesBegun, reduce, silentVideos } = await import("app/reducer");

const rendition = (quality, progress = 0, status = "ENCODING") => ({
  quality,
  kind: quality === "audio" ? "audio" : "video",
  width: null,
  height: null,
  progress,
  status,
});
const snapshot = (changes = {}) => ({
  type: "snapshot",
  videoId: "a",
  status: "RUNNING",
  stage: "ENCODING",
  position: null,
  eta: null,
  speed: null,
  durationSeconds: 60,
  playable: false,
  error: null,
  version: 5,
  renditions: [rendition("720p", 10), rendition("audio", 20)],
  ...changes,
});
const after = (...messages) => messages.reduce(reduce, new Map());

test("a snapshot is taken as it is", () => {
  const videos = after(snapshot());
  assert.equal(videos.get("a").status, "RUNNING");
  assert.equal("type" in videos.get("a"), false);
});

test("progress changes its quality and nothing else", () => {
  const change = { type: "progress", videoId: "a", quality: "720p", progress: 31, status: "ENCODING", version: 6 };
  const before = after(snapshot());
  const videos = reduce(before, change);
  assert.deepEqual(videos.get("a").renditions.map((each) => each.progress), [31, 20]);
  assert.equal(videos.get("a").version, 6);
  assert.equal(before.get("a").renditions[0].progress, 10, "the state before is left alone");
});

test("two qualities may move in one version", () => {
  const change = (quality) => ({ type: "progress", videoId: "a", quality, progress: 50, status: "ENCODING", version: 6 });
  const videos = after(snapshot(), change("720p"), change("audio"));
  assert.deepEqual(videos.get("a").renditions.map((each) => each.progress), [50, 50]);
});

test("a late message of any type changes nothing", () => {
  const videos = after(snapshot());
  for (const late of [
    snapshot({ version: 4, status: "QUEUED" }),
    { type: "status", videoId: "a", status: "QUEUED", version: 4 },
    { type: "progress", videoId: "a", quality: "720p", progress: 99, status: "READY", version: 4 },
  ]) {
    assert.equal(reduce(videos, late), videos, late.type);
  }
});

test("a change of a video without a snapshot is not guessed at", () => {
  assert.equal(after({ type: "status", videoId: "b", status: "RUNNING", version: 9 }).size, 0);
});

test("a quality nobody announced is shown all the same", () => {
  const videos = after(snapshot(), { type: "progress", videoId: "a", quality: "240p", progress: 3, status: "ENCODING", version: 7 });
  assert.equal(videos.get("a").renditions.at(-1).kind, "video");
});

test("status keeps the qualities", () => {
  const videos = after(snapshot(), { type: "status", videoId: "a", status: "COMPLETED", stage: null, version: 8, playable: true });
  assert.equal(videos.get("a").renditions.length, 2);
  assert.equal(videos.get("a").playable, true);
});

test("a deleted video stays deleted, whatever comes late", () => {
  const videos = after(snapshot(), { type: "deleted", videoId: "a" }, snapshot({ version: 99 }));
  assert.equal(videos.get("a").deleted, true);
  assert.equal(isFinal(videos.get("a")), true);
});

test("videos do not touch one another", () => {
  const videos = after(snapshot(), snapshot({ videoId: "b", version: 1 }));
  assert.equal(videos.get("a").version, 5);
  assert.equal(videos.get("b").version, 1);
});

test("a pong and what is not understood change nothing", () => {
  const videos = after(snapshot());
  assert.equal(reduce(videos, { type: "pong" }), videos);
});

test("the overall progress is that of the pictures", () => {
  assert.equal(overallProgress(snapshot({ renditions: [rendition("720p", 11), rendition("480p", 20), rendition("audio", 99)] })), 15);
  assert.equal(overallProgress(snapshot({ renditions: [rendition("audio", 42)] })), 42);
  assert.equal(overallProgress(snapshot({ renditions: [] })), 0);
  assert.equal(overallProgress(snapshot({ status: "COMPLETED", renditions: [] })), 100);
});

test("only unfinished videos become silent", () => {
  const videos = after(snapshot(), snapshot({ videoId: "b", status: "COMPLETED" }), snapshot({ videoId: "c" }));
  const heardAt = new Map([["a", 0], ["b", 0], ["c", 9000]]);
  assert.deepEqual(silentVideos(videos, heardAt, 10_000, 10_000), ["a"]);
});

test("a large picture counts for more than a small one", () => {
  const sized = (quality, width, height, progress) => ({ ...rendition(quality, progress), width, height });
  const renditions = [sized("720p", 1280, 720, 10), sized("360p", 640, 360, 60)];
  assert.equal(overallProgress(snapshot({ renditions })), 20);
});

test("a quality has begun when there are some seconds of it, or all of them", () => {
  const count = (durationSeconds, ...renditions) => qualitiesBegun({ durationSeconds, renditions });
  assert.equal(count(100, rendition("720p", 9), rendition("240p", 10), rendition("audio", 50)), 1);
  assert.equal(count(4, rendition("720p", 99), rendition("240p", 100, "READY")), 1);
  assert.equal(count(null, rendition("240p", 50)), 0);
});

test("a quality can be watched until a segment and a half before what is encoded, and to its end when it is ready", () => {
  const renditions = [rendition("720p", 10), rendition("360p", 2), rendition("240p", 100, "READY")];
  assert.deepEqual([...encodedUntil({ durationSeconds: 100, renditions }).values()], [4, 0, Infinity]);
});

test("the best quality that is encoded far enough is taken, and is not left and come to in turn", () => {
  const best = (now, current) => farEnough([60, 40, 30], { now, current });
  assert.deepEqual([best(10, 0), best(20, 0), best(20, 2), best(26, 2), best(38, 2)], [2, 1, 2, 1, 0]);
});

test("where no quality is encoded far enough it is the farthest, and the lowest of those", () => {
  assert.equal(farEnough([20, 12, 8], { now: 19, current: 0 }), 0);
  assert.equal(farEnough([8, 20, 20], { now: 19, current: 0 }), 1);
  assert.equal(farEnough([0, 0, 0], { now: 0, current: -1 }), 0);
});
