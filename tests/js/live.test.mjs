import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { install, pass } from "./clock.mjs";
import "./modules.mjs";

/** The browser's parts that the live client touches, driven by hand. */
class FakeSocket {
  static OPEN = 1;
  static all = [];
  readyState = 0;
  sent = [];

  constructor(url) {
    this.url = url;
    FakeSocket.all.push(this);
  }

  open() {
    this.readyState = FakeSocket.OPEN;
    this.onopen();
  }

  hear(message) {
    this.onmessage({ data: JSON.stringify(message) });
  }

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.readyState = 3;
  }

  drop(code = 1006) {
    this.readyState = 3;
    this.onclose({ code });
  }
}

const listeners = new Map();
Object.assign(globalThis, {
  WebSocket: FakeSocket,
  location: { protocol: "http:", host: "site" },
  addEventListener: (name, call) => listeners.set(name, call),
  document: { hidden: false, cookie: "", addEventListener: () => {} },
});
const { LiveClient } = await import("app/live");

const snapshot = { type: "snapshot", videoId: "a", status: "RUNNING", version: 1, renditions: [] };
const last = () => FakeSocket.all.at(-1);

globalThis.CustomEvent ??= class extends Event {
  // Node 18 has none of its own.
  constructor(type, { detail } = {}) {
    super(type);
    this.detail = detail;
  }
};

beforeEach(() => {
  FakeSocket.all.length = 0;
  install();
});

test("it tells what it hears, and connects again after a loss", async () => {
  const live = new LiveClient("/ws/videos/", { poll: async () => [] }).start();
  const changes = [];
  const connections = [];
  live.addEventListener("change", ({ detail }) => changes.push(detail.status));
  live.addEventListener("connection", ({ detail }) => connections.push(detail));
  assert.equal(last().url, "ws://site/ws/videos/");
  last().open();
  last().hear(snapshot);
  last().drop();
  await pass(31);
  assert.equal(FakeSocket.all.length, 2);
  last().open();
  last().hear({ ...snapshot, status: "COMPLETED", version: 2 });
  assert.deepEqual(changes, ["RUNNING", "COMPLETED"]);
  assert.deepEqual(connections, [true, false, true]);
});

test("it does not come back to a video that is not there", async () => {
  const live = new LiveClient("/ws/videos/a/").start();
  let gone = 0;
  live.addEventListener("gone", () => (gone += 1));
  last().open();
  last().drop(4404);
  await pass(60);
  assert.equal(gone, 1);
  assert.equal(FakeSocket.all.length, 1);
});

test("a socket that answers no ping is given up", async () => {
  new LiveClient("/ws/videos/", { poll: async () => [] }).start();
  const first = last();
  first.open();
  await pass(21);
  assert.deepEqual(first.sent, [{ type: "ping" }]);
  first.hear({ type: "pong" });
  await pass(15);
  assert.equal(FakeSocket.all.length, 1, "a pong keeps it");
  await pass(60);
  assert.ok(FakeSocket.all.length > 1, "silence does not");
});

test("a video that is silent for ten seconds is asked for, until its status is final", async () => {
  const asked = [];
  const poll = async (videoIds) => {
    asked.push(...videoIds);
    return [{ videoId: "a", snapshot: { ...snapshot, type: undefined, status: "COMPLETED", version: 9 } }];
  };
  const live = new LiveClient("/ws/videos/", { poll }).start();
  live.seed(snapshot);
  await pass(8);
  assert.deepEqual(asked, []);
  await pass(30);
  assert.deepEqual(asked, ["a"]);
  assert.equal(live.videos.get("a").status, "COMPLETED");
});

test("a silent video that is gone is told as deleted", async () => {
  const live = new LiveClient("/ws/videos/", { poll: async () => [{ videoId: "a", deleted: true }] }).start();
  live.seed(snapshot);
  await pass(15);
  assert.equal(live.videos.get("a").deleted, true);
});

test("the start of a machine is put on the clock of the page, which a late message does not turn back", async () => {
  const live = new LiveClient("/ws/videos/", { poll: async () => [] }).start();
  const starting = (version, ageSeconds) => ({ ...snapshot, status: "LAUNCHED", version, machine: { status: "PENDING", ageSeconds } });
  await pass(30);
  live.seed(starting(1, 12));
  assert.equal(live.videos.get("a").machine.since, 18_000);
  await pass(2);
  live.seed(starting(2, 13));
  assert.equal(live.videos.get("a").machine.since, 18_000);
  live.seed({ ...snapshot, version: 3, machine: null });
  live.seed(starting(4, 0));
  assert.equal(live.videos.get("a").machine.since, 32_000);
});
