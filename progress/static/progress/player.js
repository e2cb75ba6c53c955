// The player: made ready once, when the first qualities can be played.

import "hls-video-element";

const box = document.querySelector("[data-player]");
const video = box?.querySelector("hls-video");
const RELOAD_EVERY = 15_000;
const MOST_TURNS = 500;
let reloadedAt = -Infinity;
let reloadTimer = 0;
let offeredTo = ""; // for which qualities the playlist was loaded once more
let place = { currentTime: 0, paused: true }; // where playback was when something was loaded last

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
  reloadOnFailure();
}

/** Put the player away, until it is shown again: what it played is there no longer. */
export function hidePlayer() {
  if (box.hidden) return;
  clearTimeout(reloadTimer);
  video.removeAttribute("src");
  box.hidden = true;
}

/**
 * Load the playlist again when it lists fewer qualities than there are by now. As long as the rest is being encoded only
 * where nobody has begun to watch, for the picture is gone for a moment.
 */
export function offerQualities(count, { complete }) {
  const listed = video.api?.levels?.length;
  const untouched = video.paused && !video.currentTime;
  if (box.hidden || !listed || listed >= count || !(complete || untouched)) return;
  const offer = `${count} ${complete}`;
  if (offer === offeredTo) return; // a browser that cannot play a quality never lists it
  offeredTo = offer;
  reload();
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

export function stop() {
  video?.pause();
}

/**
 * The signed addresses in a playlist end after some hours, and a network may be away for longer than hls.js tries:
 * a page left open loads the playlist anew and stays where it was.
 */
async function reloadOnFailure() {
  // It is made a moment after src is set, and may fail at once; where hls.js does not run it is never made.
  for (let turn = 0; !video.api; turn += 1) {
    if (turn === MOST_TURNS) return;
    await new Promise((resolve) => setTimeout(resolve));
  }
  video.api.on("hlsError", (_event, { fatal, type }) => {
    if (!fatal || type !== "networkError") return;
    clearTimeout(reloadTimer);
    reloadTimer = setTimeout(reload, Math.max(1000, reloadedAt + RELOAD_EVERY - performance.now()));
  });
}

function reload() {
  reloadedAt = performance.now();
  // A reload that finds nothing starts from zero: the place is that of the last one that did.
  if (video.readyState) place = { currentTime: video.currentTime, paused: video.paused };
  video.config = { ...video.config, startPosition: place.currentTime };
  video.addEventListener("loadeddata", goOn, { once: true }); // sooner, attaching the source would pause it again
  video.load();
  reloadOnFailure();
}

function goOn() {
  if (!place.paused) video.play().catch(() => {}); // a browser that wants a click first shows its play button
}
