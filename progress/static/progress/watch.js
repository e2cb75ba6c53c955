// The watch page: the video's states while it is made, and the player as soon as there is something to play.

import { showSentence } from "app/age";
import { request } from "app/api";
import { showBars } from "app/bars";
import { bytes, clock, day, money } from "app/format";
import { LiveClient, showConnection } from "app/live";
import { announce, confirm, copy, pageData, setText } from "app/page";
import { hidePlayer, offerQualities, setPoster, showPlayer, showStoryboard } from "app/player";
import { encodedUntil, qualitiesBegun } from "app/reducer";
import { describe } from "app/states";

const find = (name) => document.querySelector(`[data-${name}]`);
let video = pageData("video");
let snapshot = null;
const apiUrl = `/api/videos/${video.videoId}`;
const live = new LiveClient(`/ws/videos/${video.videoId}/`);

live.addEventListener("change", ({ detail }) => onChange(detail));
live.addEventListener("gone", showGone);
live.seed(video.snapshot);
live.start();
showConnection(live);

function onChange(next) {
  const before = snapshot;
  snapshot = next;
  if (next.deleted) {
    showGone();
    return;
  }
  draw();
  if (next.playable) {
    find("stage").hidden = true;
    showPlayer(video);
    offerQualities(qualitiesBegun(next), { until: encodedUntil(next), complete: next.status === "COMPLETED" });
    if (before && !before.playable) announce("The video can be watched now.");
  } else if (describe(next).final) {
    hidePlayer(); // it was playable while it was being made, and then came to nothing
    find("stage").hidden = false;
  }
  const finished = next.status === "COMPLETED";
  if (video.storyboardUrl) showStoryboard(video.storyboardUrl);
  if (before && before.status !== next.status && describe(next).final) announce(describe(next).sentence);
  const moved = !before || ["status", "stage", "playable"].some((fact) => before[fact] !== next[fact]);
  const lacks = !video.posterUrl || (finished && (!video.storyboardUrl || (before && find("cost"))));
  if (moved && next.playable && lacks) refreshFacts();
}

function draw() {
  const { label, tone, sentence, percent, final, since } = describe(snapshot);
  for (const badge of document.querySelectorAll("[data-badge]")) {
    badge.dataset.tone = tone;
    setText(badge, percent !== null && !final ? `${label} ${percent}%` : label);
  }
  showSentence(find("stage-sentence"), sentence, since);
  const stageBar = find("stage-bar");
  stageBar.hidden = final || tone !== "busy";
  if (percent === null) stageBar.removeAttribute("value");
  else stageBar.value = percent;
  drawFacts();
  if (!find("progress-panel")) return;
  const line = find("sentence");
  line.className = tone === "bad" ? "error-text small" : "quiet small";
  showSentence(line, sentence, since);
  showBars(find("bars"), snapshot.renditions);
  drawCost();
}

/** For operators: only their page has a place for it. */
function drawCost() {
  const line = find("cost");
  if (!line) return;
  line.hidden = snapshot.status !== "COMPLETED" || !video.cost;
  if (video.cost) setText(line, `Transcoding cost ${money(video.cost)}`);
}

function drawFacts() {
  const facts = [day(video.createdAt)];
  if (snapshot?.durationSeconds) facts.unshift(clock(snapshot.durationSeconds));
  if (video.mine) facts.push(`${bytes(video.size)} source`);
  setText(find("facts"), facts.join(" · "));
}

/** Facts that no message carries: the poster comes after the first segments, storyboard and cost at the end. */
async function refreshFacts() {
  try {
    video = { ...video, ...(await request("GET", apiUrl)) };
    setPoster(video.posterUrl);
    if (video.storyboardUrl) showStoryboard(video.storyboardUrl);
    drawCost();
  } catch {
    // The player shows the first picture instead.
  }
}

function showGone() {
  hidePlayer();
  const stage = find("stage");
  const notice = document.createElement("div");
  notice.className = "sentence";
  const heading = document.createElement("h1");
  heading.textContent = "This video is gone";
  const text = document.createElement("p");
  text.className = "quiet";
  text.textContent = "It was deleted, or is no longer shared with you.";
  const link = document.createElement("a");
  link.className = "button primary";
  link.href = find("library").value;
  link.textContent = "Go to the library";
  notice.append(heading, text, link);
  stage.closest(".watch").replaceWith(notice);
  announce(heading.textContent);
}

// What the owner may do

if (video.mine) {
  const form = find("details");
  const saved = find("saved");
  const say = (sentence, failed = false) => {
    saved.className = failed ? "error-text small" : "quiet small";
    saved.textContent = sentence;
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const changes = Object.fromEntries(new FormData(form));
    const button = form.querySelector("button");
    button.disabled = true;
    say("Saving…");
    try {
      video = { ...video, ...(await request("PATCH", apiUrl, changes)) };
      form.elements.title.value = video.title;
      setText(find("title"), video.title);
      document.title = `${video.title} · vidsite`;
      say("Saved.");
    } catch (error) {
      say(error.message, true);
    } finally {
      button.disabled = false;
    }
  });

  find("copy").addEventListener("click", ({ target }) => copy(new URL(video.watchUrl, location.href).href, target));

  find("delete").addEventListener("click", async () => {
    const text = "The video and every file of it are removed. This cannot be undone.";
    if (!(await confirm({ title: `Delete “${video.title}”?`, text, action: "Delete" }))) return;
    try {
      await request("DELETE", apiUrl);
    } catch (error) {
      if (error.status !== 404) {
        say(error.message, true);
        return;
      }
    }
    location.assign(find("library").value);
  });
}
