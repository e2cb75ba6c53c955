// What is known of each video, as a pure function of the messages heard. Nothing here touches the page.

export const FINAL = new Set(["COMPLETED", "FAILED", "CANCELLED", "EXPIRED"]);

export const isFinal = (snapshot) => Boolean(snapshot.deleted) || FINAL.has(snapshot.status);

/**
 * Answer the map of videoId → snapshot after `message`; the same map when the message changed nothing.
 *
 * A message with a lower version than one already seen is late, and is ignored. An equal version is let in:
 * several qualities may move in one change of a video.
 */
export function reduce(videos, message) {
  const known = videos.get(message.videoId);
  if (known?.deleted) return videos;
  switch (message.type) {
    case "snapshot": {
      if (known && message.version < known.version) return videos;
      const { type: _type, ...snapshot } = message;
      return replace(videos, snapshot);
    }
    case "status": {
      if (!known || message.version < known.version) return videos;
      const { type: _type, ...changes } = message;
      return replace(videos, { ...known, ...changes });
    }
    case "progress":
      if (!known || message.version < known.version) return videos;
      return replace(videos, withProgress(known, message));
    case "deleted":
      return known ? replace(videos, { ...known, deleted: true }) : videos;
    default:
      return videos;
  }
}

function replace(videos, snapshot) {
  return new Map(videos).set(snapshot.videoId, snapshot);
}

function withProgress(snapshot, { quality, progress, status, version }) {
  const renditions = snapshot.renditions.some((rendition) => rendition.quality === quality)
    ? snapshot.renditions.map((rendition) =>
        rendition.quality === quality ? { ...rendition, progress, status } : rendition,
      )
    : [...snapshot.renditions, newRendition(quality, progress, status)];
  return { ...snapshot, renditions, version };
}

function newRendition(quality, progress, status) {
  const kind = quality === "audio" ? "audio" : "video";
  return { quality, kind, width: null, height: null, progress, status };
}

/**
 * One whole percentage for the video: of its pictures, each counted by its pixels as the work is, or of its sound when it
 * has no picture.
 */
export function overallProgress({ status, renditions }) {
  if (status === "COMPLETED") return 100;
  const pictures = renditions.filter((rendition) => rendition.kind === "video");
  const counted = pictures.length ? pictures : renditions;
  const weight = ({ width, height }) => width * height || 1;
  const total = (value) => counted.reduce((sum, rendition) => sum + value(rendition), 0);
  if (!counted.length) return 0;
  return Math.floor(total((each) => each.progress * weight(each)) / total(weight));
}

const BEGUN_SECONDS = 10; // two segments and a half: the first is stored by then

/** How many qualities there is something to watch of. */
export function qualitiesBegun({ renditions, durationSeconds }) {
  const begun = ({ kind, status, progress }) =>
    kind === "video" && (status === "READY" || (progress / 100) * (durationSeconds ?? 0) >= BEGUN_SECONDS);
  return renditions.filter(begun).length;
}

const STORING_SECONDS = 6; // what is encoded and not stored yet: a segment and a half

/** Until which second there is something to watch of each quality, as a map by its name. */
export function encodedUntil({ renditions, durationSeconds }) {
  const until = ({ status, progress }) =>
    status === "READY" ? Infinity : Math.max(0, (progress / 100) * (durationSeconds ?? 0) - STORING_SECONDS);
  return new Map(renditions.map((rendition) => [rendition.quality, until(rendition)]));
}

const STAY_SECONDS = 5;
const COME_SECONDS = 12; // more, lest a quality is left and come to in turn

/**
 * The index of the best quality that is encoded beyond `now`, or of the lowest of those that are encoded farthest.
 *
 * `until` are the seconds encoded of each, worst first; `current` is the one that is loaded, or -1.
 */
export function farEnough(until, { now, current }) {
  const enough = (seconds, index) => seconds >= now + (index <= current ? STAY_SECONDS : COME_SECONDS);
  const found = until.findLastIndex(enough);
  return found === -1 ? until.indexOf(Math.max(...until)) : found;
}

/** Which videos have been silent for too long, and should be asked for. */
export function silentVideos(videos, heardAt, now, silence) {
  return [...videos.values()]
    .filter((snapshot) => !isFinal(snapshot) && now - (heardAt.get(snapshot.videoId) ?? 0) >= silence)
    .map((snapshot) => snapshot.videoId);
}
