// The library: every card follows its video over one socket.

import { showSentence } from "app/age";
import { request } from "app/api";
import { clock, day } from "app/format";
import { LiveClient, pollEach, showConnection } from "app/live";
import { announce, confirm, fromTemplate, pageData, setText } from "app/page";
import { describe } from "app/states";

const list = document.querySelector("[data-videos]");
const pageNumber = Number(document.querySelector("[data-page]").value);
const perPage = Number(document.querySelector("[data-per-page]").value);
const videos = new Map(); // videoId → {video, card}
const live = new LiveClient("/ws/videos/", { poll: readPage });

function bind(video, card) {
  videos.set(video.videoId, { video, card });
  card.querySelector("[data-delete]").onclick = () => remove(video, card);
}

function onChange(snapshot) {
  const known = videos.get(snapshot.videoId);
  if (!known) {
    if (!snapshot.deleted) lookForNew(snapshot.videoId);
    return;
  }
  if (snapshot.deleted) {
    drop(snapshot.videoId);
    return;
  }
  const moved = known.snapshot?.status !== snapshot.status || known.snapshot?.playable !== snapshot.playable;
  const first = known.snapshot === undefined;
  known.snapshot = snapshot;
  draw(known);
  if (first || !moved) return;
  const { final, label } = describe(snapshot);
  if (final) announce(`${known.video.title}: ${label.toLowerCase()}.`);
  if (!known.video.posterUrl && snapshot.playable) refreshFacts(snapshot.videoId);
}

function draw({ video, card, snapshot }) {
  const { label, tone, sentence, percent, final, since } = describe(snapshot);
  const badge = card.querySelector("[data-badge]");
  card.dataset.tone = tone;
  badge.dataset.tone = tone;
  setText(badge, percent !== null && !final ? `${label} ${percent}%` : label);
  setText(card.querySelector("[data-facts]"), [capital(video.visibility), day(video.createdAt)].join(" · "));
  const line = card.querySelector("[data-sentence]");
  line.hidden = snapshot.status === "COMPLETED";
  showSentence(line, sentence, since);
  const bar = card.querySelector("[data-bar]");
  bar.hidden = final || tone !== "busy";
  if (percent === null) bar.removeAttribute("value");
  else bar.value = percent;
  const length = card.querySelector("[data-length]");
  length.hidden = !snapshot.durationSeconds;
  setText(length, snapshot.durationSeconds ? clock(snapshot.durationSeconds) : "");
}

const capital = (word) => word.charAt(0).toUpperCase() + word.slice(1);

function showPoster({ video, card }) {
  const box = card.querySelector("[data-poster]");
  if (!video.posterUrl || box.querySelector("img")) return;
  const image = document.createElement("img");
  image.alt = "";
  image.src = video.posterUrl;
  box.querySelector("svg").after(image);
}

async function refreshFacts(videoId) {
  try {
    take(await request("GET", `/api/videos/${videoId}`));
  } catch {
    // A card without its poster is still a card.
  }
}

function take(video) {
  const known = videos.get(video.videoId);
  if (!known) return;
  known.video = { ...known.video, ...video };
  showPoster(known);
}

/** Ask for the silent videos in one call: this page's slice of the list. What is not in it has moved on, or is gone. */
async function readPage(silent) {
  const offset = (pageNumber - 1) * perPage;
  const { items } = await request("GET", `/api/videos?limit=${perPage}&offset=${offset}`);
  items.forEach(take);
  const missing = silent.filter((videoId) => videos.has(videoId) && !items.some((item) => item.videoId === videoId));
  return [...items.filter((video) => videos.has(video.videoId)), ...(await pollEach(missing))];
}

// A video that was begun elsewhere, in another tab or by a script, appears by itself on the first page. Those of
// the other pages are heard of too, once, when the socket opens.
const heardOf = new Set();
let looking = 0;

function lookForNew(videoId) {
  if (pageNumber !== 1 || heardOf.has(videoId)) return;
  heardOf.add(videoId);
  clearTimeout(looking);
  looking = setTimeout(addNew, 500);
}

async function addNew() {
  const newest = Math.max(0, ...[...videos.values()].map(({ video }) => Date.parse(video.createdAt)));
  let items;
  try {
    ({ items } = await request("GET", `/api/videos?limit=${perPage}&offset=0`));
  } catch {
    heardOf.clear();
    return;
  }
  for (const video of items.reverse()) {
    if (videos.has(video.videoId) || Date.parse(video.createdAt) < newest) continue;
    const card = fromTemplate("card");
    card.dataset.videoId = video.videoId;
    const link = card.querySelector("[data-title]");
    link.textContent = video.title;
    link.href = video.watchUrl;
    card.querySelector("[data-delete]").setAttribute("aria-label", `Delete ${video.title}`);
    card.querySelector("[data-bar]").setAttribute("aria-label", `Transcoding of ${video.title}`);
    bind(video, card);
    showPoster(videos.get(video.videoId));
    list.prepend(card);
    const heard = live.videos.get(video.videoId);
    if (heard) onChange(heard);
    else live.seed(video.snapshot);
  }
  showEmpty();
}

async function remove(video, card) {
  const text = "The video and every file of it are removed. This cannot be undone.";
  if (!(await confirm({ title: `Delete “${video.title}”?`, text, action: "Delete" }))) return;
  const button = card.querySelector("[data-delete]");
  button.disabled = true;
  try {
    await request("DELETE", `/api/videos/${video.videoId}`);
  } catch (error) {
    if (error.status !== 404) {
      button.disabled = false;
      const line = card.querySelector("[data-sentence]");
      line.hidden = false;
      showSentence(line, error.message, null);
      announce(error.message);
      return;
    }
  }
  drop(video.videoId);
}

function drop(videoId) {
  const known = videos.get(videoId);
  if (!known) return;
  heardOf.add(videoId); // a late message must not bring it back
  videos.delete(videoId);
  known.card.remove();
  announce(`${known.video.title}: deleted.`);
  showEmpty();
}

function showEmpty() {
  const empty = videos.size === 0;
  list.hidden = empty;
  document.querySelector("[data-empty]").hidden = !empty;
  document.querySelector("[data-upload-link]").hidden = empty;
}

for (const video of pageData("videos")) {
  bind(video, list.querySelector(`[data-video-id="${video.videoId}"]`));
}
live.addEventListener("change", ({ detail }) => onChange(detail));
for (const { video } of videos.values()) live.seed(video.snapshot);
live.start();
showConnection(live);
