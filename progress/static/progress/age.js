// How long something has been going on: numbers that count on by themselves, by the browser's own clock.

import { setText } from "app/page";

const shown = new Map(); // element → {sentence, since, age}
let timer = 0;

/**
 * The moment, on the clock of performance.now(), at which what is `seconds` old now began. An answer for the same
 * thing as `before` may be the later by the second that was cut off and the time on its way: it began when it began.
 */
export function sinceOf(seconds, now, before = null) {
  const since = now - seconds * 1000;
  return before !== null && Math.abs(since - before) < 3000 ? Math.min(since, before) : since;
}

/** 12 s, 1 min 20 s, 1 h 5 min. */
export function ageText(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor(whole / 60) % 60} min`;
}

/** Show a sentence in an element, with the age of what it tells of where that is known. */
export function showSentence(element, sentence, since) {
  if (since === null) {
    shown.delete(element);
    setText(element, sentence);
  } else {
    const known = shown.get(element);
    const age = known?.age ?? newAge();
    if (known?.sentence !== sentence) element.replaceChildren(`${sentence} `, age);
    shown.set(element, { sentence, since, age });
    setText(age, ageText((performance.now() - since) / 1000));
  }
  keepCounting();
}

function newAge() {
  const age = document.createElement("span");
  age.className = "age";
  age.setAttribute("role", "timer"); // read out when it is asked for, never by itself
  return age;
}

/** One timer counts them all, and only while there is one to count. */
function keepCounting() {
  if (shown.size && !timer) timer = setInterval(count, 1000);
  if (shown.size) return;
  clearInterval(timer);
  timer = 0;
}

function count() {
  for (const [element, { since, age }] of shown) {
    if (element.isConnected) setText(age, ageText((performance.now() - since) / 1000));
    else shown.delete(element);
  }
  keepCounting();
}
