// Small things every page needs: speaking, asking, copying.

/** Say something in the page's one polite live region. */
export function announce(sentence) {
  const region = document.querySelector("[data-announce]");
  // The same sentence twice is not read twice unless the text changes in between.
  region.textContent = region.textContent === sentence ? `${sentence}\u00a0` : sentence;
}

/** Ask in the page's <dialog>; answers true when the person confirms. */
export function confirm({ title, text, action }) {
  const dialog = document.querySelector("dialog[data-confirm]");
  dialog.querySelector("[data-title]").textContent = title;
  dialog.querySelector("[data-text]").textContent = text;
  dialog.querySelector("[data-action]").textContent = action;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

/** Copy text and say so on the button; where the clipboard is closed to us, select it for the person. */
export async function copy(text, button) {
  const before = button.dataset.label ?? (button.dataset.label = button.textContent);
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
    announce("Link copied.");
  } catch {
    window.prompt("Copy this link:", text);
  }
  setTimeout(() => (button.textContent = before), 2000);
}

/** The content of a json_script element. */
export function pageData(id) {
  return JSON.parse(document.getElementById(id).textContent);
}

/** A fresh copy of a <template>'s one element. */
export function fromTemplate(id) {
  return document.getElementById(id).content.firstElementChild.cloneNode(true);
}

/** Set text only when it differs, so that a selection or a screen reader is not disturbed by every message. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
