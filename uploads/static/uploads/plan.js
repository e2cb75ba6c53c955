// What to send, and what not to: pure functions over a file and the site's answer.

import { bytes, plural } from "app/format";

/** The byte range of part `number`, as [start, end). */
export function partRange(number, { partSize, size }) {
  return [(number - 1) * partSize, Math.min(number * partSize, size)];
}

/** The numbers of the parts the store does not hold in full, in order. */
export function missingParts(upload) {
  const held = new Map(upload.parts.map((part) => [part.number, part.size]));
  const missing = [];
  for (let number = 1; number <= upload.partCount; number += 1) {
    const [start, end] = partRange(number, upload);
    if (held.get(number) !== end - start) missing.push(number);
  }
  return missing;
}

export function heldBytes(upload) {
  const missing = missingParts(upload).reduce((sum, number) => {
    const [start, end] = partRange(number, upload);
    return sum + end - start;
  }, 0);
  return upload.size - missing;
}

/** Is `file` the one that was begun as `known`? Its lastModified is compared only where it was noted. */
export function sameFile(file, known) {
  return (
    file.name === known.name &&
    file.size === known.size &&
    (known.lastModified === undefined || file.lastModified === known.lastModified)
  );
}

/** Why the site will not take `file`, as a sentence, or null. `unfinished` counts the uploads that are open. */
export function refusal(file, limits, unfinished = 0) {
  const dot = file.name.lastIndexOf(".");
  const extension = dot > 0 ? file.name.slice(dot).toLowerCase() : "";
  if (!limits.extensions.some((known) => known.toLowerCase() === extension)) {
    const kind = extension ? `A ${extension} file` : "A file without an extension";
    return `${kind} is not a video this site takes. Choose one such as ${examples(limits.extensions)}.`;
  }
  if (file.size === 0) return "This file is empty.";
  if (file.size > limits.maxUploadBytes) {
    return `This file is ${bytes(file.size)}; the largest this site takes is ${bytes(limits.maxUploadBytes)}.`;
  }
  if (unfinished >= limits.maxUnfinishedUploads) {
    return `You have ${plural(unfinished, "unfinished upload")}, which is the most this site keeps. Finish or discard one first.`;
  }
  return null;
}

const COMMON = [".mp4", ".mov", ".mkv", ".webm", ".avi"];

function examples(extensions) {
  const common = COMMON.filter((extension) => extensions.includes(extension));
  return new Intl.ListFormat("en", { type: "disjunction" }).format(common.length ? common : extensions.slice(0, 5));
}
