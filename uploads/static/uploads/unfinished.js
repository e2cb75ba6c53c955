// The uploads that were left unfinished: each goes on with the same file, or is discarded.

import { request } from "app/api";
import { announce, confirm } from "app/page";
import { fileOf, forget, pickWithHandles, recall } from "app/uploads/handles";
import { sameFile } from "app/uploads/plan";

export class Unfinished {
  #uploads;

  /** `goOn(file, handle)` is called with the file that was found to be the right one. */
  constructor(uploads, { extensions, goOn }) {
    this.#uploads = new Map(uploads.map((upload) => [upload.videoId, upload]));
    this.section = document.querySelector("[data-unfinished-section]");
    this.extensions = extensions;
    this.goOn = goOn;
    for (const row of this.section.querySelectorAll("[data-video-id]")) {
      const upload = this.#uploads.get(row.dataset.videoId);
      row.querySelector("[data-continue]").onclick = () => this.#continue(upload, row);
      row.querySelector("[data-discard]").onclick = () => this.#discard(upload, row);
    }
  }

  get count() {
    return this.#uploads.size;
  }

  includes(file) {
    return [...this.#uploads.values()].some((upload) => sameFile(file, upload));
  }

  remove(videoId) {
    if (!this.#uploads.delete(videoId)) return;
    this.section.querySelector(`[data-video-id="${videoId}"]`)?.remove();
    this.section.hidden = !this.count;
  }

  async #continue(upload, row) {
    const kept = await recall(upload.videoId);
    const known = kept ?? upload; // as the browser wrote it: the site may have cleaned the name
    const file = await fileOf(kept?.handle);
    if (file && sameFile(file, known)) {
      this.goOn(file, kept.handle);
      return;
    }
    const picked = await this.#pick();
    if (!picked) return;
    if (sameFile(picked.file, known)) this.goOn(picked.file, picked.handle);
    else this.#say(row, difference(picked.file, known));
  }

  async #pick() {
    const picked = await pickWithHandles({ extensions: this.extensions, multiple: false });
    if (picked) return picked[0] ?? null;
    const input = document.createElement("input");
    input.type = "file";
    input.accept = this.extensions.join(",");
    return new Promise((resolve) => {
      input.onchange = () => resolve({ file: input.files[0], handle: null });
      input.oncancel = () => resolve(null);
      input.click();
    });
  }

  async #discard(upload, row) {
    const text = "The parts that have arrived are thrown away.";
    if (!(await confirm({ title: `Discard ${upload.name}?`, text, action: "Discard" }))) return;
    try {
      await request("DELETE", `/api/uploads/${upload.videoId}`);
    } catch (error) {
      if (error.status !== 404) {
        this.#say(row, error.message);
        return;
      }
    }
    forget(upload.videoId);
    this.remove(upload.videoId);
    announce(`${upload.name}: discarded.`);
  }

  #say(row, sentence) {
    row.dataset.tone = "bad";
    row.querySelector("[data-line]").textContent = sentence;
    announce(sentence);
  }
}

function difference(file, known) {
  if (file.name !== known.name) return `That was ${file.name}. Choose ${known.name} to continue.`;
  if (file.size !== known.size) return "That file has the same name but another size. Choose the one you began with.";
  return "That file was changed since the upload began. Discard this upload and send the file anew.";
}
