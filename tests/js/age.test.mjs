import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { install, pass } from "./clock.mjs";
import "./modules.mjs";

/** As much of an element as showing a sentence needs. */
class FakeElement {
  attributes = new Map();
  children = [];
  isConnected = true;

  setAttribute(name, value) {
    this.attributes.set(name, value);
  }

  replaceChildren(...children) {
    this.children = children;
  }

  get textContent() {
    return this.children.map((child) => child.textContent ?? child).join("");
  }

  set textContent(text) {
    this.children = [text];
  }
}

globalThis.document = { createElement: () => new FakeElement() };
const { ageText, showSentence, sinceOf } = await import("app/age");

/** How many timers run, for the clock knows only what waits in it. */
let timers = 0;

beforeEach(() => {
  install();
  timers = 0;
  const { setInterval, clearInterval } = globalThis;
  globalThis.setInterval = (...timer) => ((timers += 1), setInterval(...timer));
  globalThis.clearInterval = (id) => ((timers -= id ? 1 : 0), clearInterval(id));
});

test("an age is in seconds, then in minutes, then in hours", () => {
  const cases = { 0: "0 s", 12.4: "12 s", 59.6: "1 min 0 s", 80: "1 min 20 s", 3599: "59 min 59 s", 3900: "1 h 5 min", "-3": "0 s" };
  for (const [seconds, text] of Object.entries(cases)) assert.equal(ageText(Number(seconds)), text, seconds);
});

test("an age counts on by itself", async () => {
  const line = new FakeElement();
  showSentence(line, "Starting a machine…", -12_000);
  assert.equal(line.textContent, "Starting a machine… 12 s");
  await pass(3);
  assert.equal(line.textContent, "Starting a machine… 15 s");
  showSentence(line, "Encoding.", null);
  assert.equal(line.textContent, "Encoding.");
});

test("a new sentence keeps the age", async () => {
  const line = new FakeElement();
  showSentence(line, "Waiting for a machine…", 0);
  await pass(2);
  showSentence(line, "Starting a machine…", 0);
  assert.equal(line.textContent, "Starting a machine… 2 s");
  showSentence(line, "", null);
});

test("no screen reader is told each second", () => {
  const line = new FakeElement();
  showSentence(line, "Starting a machine…", 0);
  assert.equal(line.children[1].attributes.get("role"), "timer");
  showSentence(line, "", null);
});

test("one timer counts every age, and rests while there is none", async () => {
  const lines = [new FakeElement(), new FakeElement(), new FakeElement()];
  for (const line of lines) showSentence(line, "Starting a machine…", 0);
  assert.equal(timers, 1);
  showSentence(lines[0], "Encoding.", null);
  assert.equal(timers, 1);
  for (const line of lines) line.isConnected = false; // their rows were dismissed
  await pass(2);
  assert.equal(timers, 0);
  showSentence(lines[0], "Encoding.", null);
  assert.equal(timers, 0);
});

test("a start begins where the first message puts it, however late the next one is", () => {
  assert.equal(sinceOf(12, 20_000), 8000);
  assert.equal(sinceOf(13, 21_900, 8000), 8000, "the part of a second that was cut off");
  assert.equal(sinceOf(14, 21_900, 8000), 7900, "the first message was long on its way");
  assert.equal(sinceOf(0, 60_000, 8000), 60_000, "another machine");
});
