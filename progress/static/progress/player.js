// The player: made ready once, when the first qualities can be played. Later ones are added to it as they come.

import { Hls } from "hls-video-element";
import { announce, setText } from "app/page";
import { farEnough } from "app/reducer";

const box = document.querySelector("[data-player]");
const video = box?.querySelector("hls-video");
const RELOAD_EVERY = 15_000;
const native = !Hls.isSupported();
const LOOK_UP_EVERY = 5000;
const IMPATIENT_AFTER = 5000; // hls.js alone brings a quality at the end of the segment that is playing: four seconds
let reloadedAt = -Infinity;
let reloadTimer = 0;
let lookUpTimer = 0;
let impatience = 0;
let reader = null; // the hls.js that looks up the playlist: one at a time
let offeredTo = ""; // for which qualities the playlist was looked up last
let place = { currentTime: 0, paused: true, playbackRate: 1 }; // where playback was when something was loaded last
let encoded = new Map(); // quality → until which second there is something of it
let chosen = ""; // the quality chosen by hand; empty: the player chooses
let countAtFirst = null; // how many qualities had begun when the player was shown
let listening = false;
let note = null;

/** Show the player and let it load. Does nothing when it is shown. */
export function showPlayer({ posterUrl }) {
  if (!box.hidden) return;
  video.config = {
    // While the video is still being encoded its playlist only grows: to hls.js that is a live stream. It must
    // nevertheless begin at its beginning and have a length.
    startPosition: 0,
    liveDurationInfinity: false,
  };
  setPoster(posterUrl);
  video.src = video.dataset.src;
  box.hidden = false;
  listen();
  follow();
}

/** Put the player away, until it is shown again: what it played is there no longer. */
export function hidePlayer() {
  if (box.hidden) return;
  for (const timer of [reloadTimer, lookUpTimer, impatience]) clearTimeout(timer);
  stopReader();
  video.removeEventListener("loadeddata", goOn);
  video.pause();
  video.removeAttribute("src");
  if (native) {
    video.nativeEl.removeAttribute("src"); // which the element leaves there
    video.nativeEl.load();
  }
  chosen = offeredTo = "";
  countAtFirst = null;
  say("");
  box.hidden = true;
}

/**
 * Take up qualities that came after the playlist was loaded, and keep to those of which there is enough.
 *
 * `until` is the map of quality → seconds encoded, `count` how many of them have begun.
 */
export function offerQualities(count, { until, complete }) {
  encoded = until;
  countAtFirst ??= count;
  if (box.hidden) return;
  const listed = video.api?.levels?.length;
  // Where hls.js does not run, the browser's own player is given the whole list when that disturbs nobody.
  if (native && complete && untouched() && count > countAtFirst) {
    countAtFirst = count;
    reload();
  }
  if (!listed) return;
  keepQuality();
  const offer = `${count} ${complete}`;
  if (listed >= count || offer === offeredTo) return; // a browser that cannot play a quality never lists it
  offeredTo = offer;
  lookUpQualities(count, { complete });
}

export function setPoster(posterUrl) {
  const poster = box.querySelector("media-poster-image");
  if (posterUrl && poster.getAttribute("src") !== posterUrl) poster.setAttribute("src", posterUrl);
}

/** The pictures over the time range. Does nothing the second time. */
export function showStoryboard(storyboardUrl) {
  if (video.querySelector("track")) return;
  const track = document.createElement("track");
  track.kind = "metadata";
  track.label = "thumbnails";
  track.default = true;
  track.src = storyboardUrl;
  video.append(track);
}

// Qualities. One is known by its name, the last part of its playlist's address: its index changes with the list.

const nameOf = (url) => new URL(url, location.href).pathname.split("/").pop().replace(/\.m3u8$/, "");
const levels = () => video.api?.levels ?? [];
const untouched = () => video.paused && !video.currentTime;
const indexOf = (name) => levels().findIndex((level) => nameOf(level.uri) === name);

/**
 * Read the multivariant playlist beside the one that plays, and give its hls.js the levels it lacks: its buffer and its
 * MediaSource stay. It counts fragments by the index of their level, so that levels can only be added above the
 * others; else everything is loaded anew, while that disturbs nobody.
 */
function lookUpQualities(count, { complete }) {
  clearTimeout(lookUpTimer);
  stopReader();
  reader = new Hls({ autoStartLoad: false });
  const { api } = video;
  const done = (again) => {
    clearTimeout(lookUpTimer);
    if (again) lookUpTimer = setTimeout(() => video.api && lookUpQualities(count, { complete }), LOOK_UP_EVERY);
    else lookUpTimer = setTimeout(stopReader); // not from inside its own event
  };
  reader.once(Hls.Events.MANIFEST_PARSED, (_event, { levels: found }) => {
    done(found.length < count && !complete); // some are not in the playlist yet
    if (video.api !== api || !levels().length) return; // it is being loaded anew
    const added = found.filter((level) => indexOf(nameOf(level.uri)) === -1);
    const top = levels().at(-1).height;
    if (!added.length) return;
    if (added.every(({ height }) => height >= top)) {
      api.trigger(Hls.Events.LEVELS_UPDATED, { levels: [...levels(), ...added] });
    } else if (complete || untouched()) {
      reload();
    }
  });
  reader.on(Hls.Events.ERROR, (_event, { fatal }) => {
    if (fatal) done(true);
  });
  reader.loadSource(video.src);
}

/** A reader that is destroyed calls nobody any more, so that no look-up goes on beside the next one. */
function stopReader() {
  reader?.destroy();
  reader = null;
}

/** Make the menu's list that of hls.js: the element fills it once, when a playlist is loaded. */
function fillMenu() {
  const track = [...video.videoTracks].find((each) => each.selected);
  const listed = [...video.videoRenditions];
  const kept = listed.findIndex((rendition, index) => rendition.src !== levels()[index]?.uri);
  const from = kept === -1 ? listed.length : kept;
  for (const rendition of listed.slice(from)) track?.removeRendition(rendition);
  for (const [index, { uri, width, height, videoCodec, bitrate }] of levels().entries()) {
    if (track && index >= from) track.addRendition(uri, width, height, videoCodec, bitrate).id = `${index}`;
  }
  keepQuality();
}

/** Somebody has chosen in the menu. */
function choose({ detail }) {
  const level = detail === "auto" ? null : levels()[[...video.videoRenditions].findIndex(({ id }) => id === detail)];
  chosen = level ? nameOf(level.uri) : "";
  clearTimeout(impatience);
  if (chosen) impatience = setTimeout(hurry, IMPATIENT_AFTER);
  queueMicrotask(keepQuality); // after the menu's own change
}

/** See that the menu shows what was chosen, and that hls.js plays it, or the best below it that there is enough of. */
function keepQuality() {
  const { api, videoRenditions } = video;
  if (!levels().length) return;
  const wanted = chosen ? indexOf(chosen) : -1;
  // The element itself chooses the level to which hls.js fell back after a failure: that is nobody's choice.
  if (videoRenditions.selectedIndex !== wanted) videoRenditions.selectedIndex = wanted;
  const until = levels().map((each) => encoded.get(nameOf(each.uri)) ?? Infinity);
  const top = wanted === -1 ? until.length - 1 : wanted;
  const enough = farEnough(until.slice(0, top + 1), { now: video.currentTime, current: api.loadLevel });
  api.autoLevelCapping = enough === until.length - 1 ? -1 : enough;
  const level = wanted === -1 ? -1 : enough;
  if (api.manualLevel !== level) {
    if (level === -1) api.loadLevel = level;
    else api.nextLevel = level;
  }
  if (level === wanted) say("");
  else say(`${chosen} is not made this far yet. Until it is, you see ${nameOf(levels()[level].uri)}.`);
}

/**
 * hls.js replaces what is buffered from where it believes to have loaded the other quality by then. On the estimate of
 * a network that was slow while the machine was busy, this can be after the end of the film: then the chosen quality
 * never comes. Drop everything behind the segment that plays.
 */
function hurry() {
  const { api, currentTime, paused } = video;
  const level = api?.manualLevel ?? -1;
  if (level === -1 || api.currentLevel === level) return;
  impatience = setTimeout(hurry, IMPATIENT_AFTER);
  const { fragments } = levels()[level]?.details ?? {};
  const playing = fragments?.find(({ end }) => end > currentTime + 1.5);
  if (paused || !playing || api.nextLevel === level) return;
  // A second into the next segment: hls.js then loads that one again, and what joins is covered twice.
  api.trigger(Hls.Events.BUFFER_FLUSHING, { startOffset: playing.end + 1, endOffset: Infinity, type: "video" });
}

/** Give each item of the menu a name of its own: "Auto (720p)" and "720p" are hard to tell apart by their text. */
function nameItems(menu) {
  for (const item of menu.shadowRoot.querySelectorAll("media-chrome-menu-item")) {
    const level = levels()[item.value];
    item.dataset.quality = level ? nameOf(level.uri) : "auto";
    item.ariaLabel = level ? `Always ${item.text}` : `${item.text}, as the network carries`;
  }
}

function say(sentence) {
  if (!sentence && !note) return;
  if (!note) {
    note = document.createElement("p");
    note.className = "player-note small";
    note.dataset.playerNote = "";
    box.after(note);
  }
  if (sentence && note.textContent !== sentence) announce(sentence);
  setText(note, sentence);
  note.hidden = !sentence;
}

// What goes on

/** Once: listen to the element, which stays the same whatever it loads. */
function listen() {
  if (listening) return;
  listening = true;
  box.addEventListener("mediarenditionrequest", choose);
  video.videoRenditions.addEventListener("change", () => queueMicrotask(keepQuality));
  video.addEventListener("seeking", keepQuality);
  if (native) video.addEventListener("error", reloadSoon);
  const menu = box.querySelector("media-rendition-menu");
  customElements.whenDefined("media-rendition-menu").then(() => {
    nameItems(menu);
    new MutationObserver(() => nameItems(menu)).observe(menu.shadowRoot, { childList: true, subtree: true });
  });
}

/**
 * Listen to the hls.js of what is being loaded; each load has its own, made a moment after it begins.
 *
 * The signed addresses in a playlist end after some hours, and a network may be away for longer than hls.js tries:
 * a page left open loads the playlist anew and stays where it was.
 */
async function follow() {
  if (native) return;
  // The element needs one microtask. A timer may come too late: in a hidden tab it waits for a second and more.
  for (let turn = 0; !video.api && turn < 10; turn += 1) await null;
  const { api } = video;
  if (!api) return; // it has nothing to load
  api.on(Hls.Events.MANIFEST_PARSED, fillMenu);
  api.on(Hls.Events.LEVELS_UPDATED, fillMenu);
  api.on(Hls.Events.ERROR, (_event, { fatal, type }) => {
    if (fatal && type === Hls.ErrorTypes.NETWORK_ERROR) reloadSoon();
  });
}

function reloadSoon() {
  clearTimeout(reloadTimer);
  reloadTimer = setTimeout(reload, Math.max(1000, reloadedAt + RELOAD_EVERY - performance.now()));
}

function reload() {
  reloadedAt = performance.now();
  // A reload that finds nothing starts from zero: the place is that of the last one that did.
  const { readyState, currentTime, paused, playbackRate } = video;
  if (readyState) place = { currentTime, paused, playbackRate };
  video.config = { ...video.config, startPosition: place.currentTime };
  video.addEventListener("loadeddata", goOn, { once: true }); // sooner, attaching the source would pause it again
  video.load();
  follow();
}

function goOn() {
  if (native) video.currentTime = place.currentTime;
  video.playbackRate = place.playbackRate;
  if (!place.paused) video.play().catch(() => {}); // a browser that wants a click first shows its play button
}
