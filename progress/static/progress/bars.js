// One bar per quality, updated in place.

import { setText } from "app/page";
import { renditionLabel } from "app/states";

/** Show `renditions` in `list` (a <ul>); rows are kept and only their values change. */
export function showBars(list, renditions) {
  const rows = new Map([...list.children].map((row) => [row.dataset.quality, row]));
  for (const rendition of renditions) {
    const row = rows.get(rendition.quality) ?? list.appendChild(newRow(rendition));
    rows.delete(rendition.quality);
    row.dataset.status = rendition.status;
    const [name, bar, value] = row.children;
    setText(name, qualityName(rendition));
    bar.value = rendition.progress;
    bar.textContent = `${rendition.progress}%`;
    setText(value, rendition.status === "ENCODING" ? `${rendition.progress}%` : renditionLabel(rendition));
  }
  for (const row of rows.values()) row.remove();
  list.hidden = !renditions.length;
}

function newRow(rendition) {
  const row = document.createElement("li");
  row.dataset.quality = rendition.quality;
  const name = document.createElement("span");
  name.className = "bar-name";
  const bar = document.createElement("progress");
  bar.max = 100;
  bar.setAttribute("aria-label", `Progress of ${qualityName(rendition)}`);
  const value = document.createElement("span");
  value.className = "bar-value";
  row.append(name, bar, value);
  return row;
}

const qualityName = ({ quality, kind }) => (kind === "audio" ? "Sound" : quality);
