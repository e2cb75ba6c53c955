// One row of the queue: a transfer's state in words and buttons, then the video's own live states.

import { showSentence } from "app/age";
import { showBars } from "app/bars";
import { bytes, wait } from "app/format";
import { fromTemplate } from "app/page";
import { describe } from "app/states";

/** `on` has the row's actions: pause, start, cancel, dismiss. */
export class Row {
  constructor(name, on = {}) {
    this.element = fromTemplate("upload-row");
    this.parts = {};
    for (const part of ["name", "watch", "pause", "resume", "retry", "cancel", "dismiss", "line", "bar", "bars"]) {
      this.parts[part] = this.element.querySelector(`[data-${part}]`);
    }
    const { parts } = this;
    parts.name.textContent = name;
    parts.bar.setAttribute("aria-label", `Progress of ${name}`);
    for (const part of ["watch", "pause", "resume", "retry", "cancel", "dismiss"]) {
      parts[part].setAttribute("aria-label", `${parts[part].textContent} ${name}`);
    }
    parts.pause.onclick = () => on.pause?.();
    parts.resume.onclick = () => on.start?.();
    parts.retry.onclick = () => on.start?.();
    parts.cancel.onclick = () => on.cancel?.();
    parts.dismiss.onclick = () => on.dismiss?.();
  }

  /** A file that was refused before its first byte. */
  showRefusal(sentence) {
    this.#show({ tone: "bad", line: sentence, buttons: ["dismiss"], bar: null });
  }

  showTransfer(transfer) {
    const { state, file, sent } = transfer;
    const ofTotal = `${bytes(sent)} of ${bytes(file.size)}`;
    const percent = file.size ? (sent / file.size) * 100 : 0;
    switch (state) {
      case "queued":
        return this.#show({ line: `Waiting for its turn · ${bytes(file.size)}`, buttons: ["pause", "cancel"], bar: percent });
      case "starting":
        return this.#show({ line: "Starting…", buttons: ["pause", "cancel"], bar: percent });
      case "sending":
        return this.#show({ line: sendingLine(transfer, ofTotal), buttons: ["pause", "cancel"], bar: percent });
      case "completing":
        return this.#show({ line: "All bytes are sent; checking them…", buttons: [], bar: 100 });
      case "paused":
        return this.#show({ line: `Paused · ${ofTotal}`, buttons: ["resume", "cancel"], bar: percent });
      case "signed-out":
        return this.#show({ line: `Sign in again to go on · ${ofTotal}`, buttons: ["retry", "cancel"], bar: percent });
      case "failed":
        return this.#show({ tone: "bad", line: transfer.error.message, buttons: ["retry", "cancel"], bar: percent });
      case "done":
        return this.#show({ tone: "busy", line: "Uploaded. Waiting for a transcoder…", buttons: [], bar: undefined });
      default:
        return undefined;
    }
  }

  /** The bytes are in: from here the row follows the video. */
  showVideo(snapshot) {
    const { label, tone, sentence, percent, final, since } = describe(snapshot);
    const line = since === null ? `${label} · ${sentence}` : sentence;
    const bar = percent ?? (tone === "busy" ? undefined : null);
    this.#show({ tone, line, since, buttons: final ? ["dismiss"] : [], bar });
    showBars(this.parts.bars, snapshot.status === "COMPLETED" ? [] : snapshot.renditions);
    this.parts.watch.href = `/videos/${snapshot.videoId}/`;
    this.parts.watch.hidden = !snapshot.playable;
  }

  /** `bar`: a percentage, undefined for "cannot be said", null for no bar at all. */
  #show({ tone = "", line, since = null, buttons, bar }) {
    const { parts, element } = this;
    element.dataset.tone = tone;
    showSentence(parts.line, line, since);
    const focused = document.activeElement;
    for (const name of ["pause", "resume", "retry", "cancel", "dismiss"]) parts[name].hidden = !buttons.includes(name);
    // A button that vanishes under the keyboard hands its focus to the one that took its place.
    if (element.contains(focused) && focused.hidden) parts[buttons[0]]?.focus();
    parts.bar.hidden = bar === null;
    if (bar === undefined) parts.bar.removeAttribute("value");
    else if (bar !== null) parts.bar.value = bar;
  }
}

function sendingLine(transfer, ofTotal) {
  if (!navigator.onLine) return `Offline, goes on by itself · ${ofTotal}`;
  if (transfer.troubled) return `The connection is poor, trying again… · ${ofTotal}`;
  const { perSecond } = transfer.rate;
  const eta = transfer.rate.eta(transfer.file.size - transfer.sent);
  const facts = [ofTotal];
  if (perSecond) facts.push(`${bytes(Math.round(perSecond))}/s`);
  if (eta !== null) facts.push(`${wait(eta)} left`);
  return facts.join(" · ");
}
