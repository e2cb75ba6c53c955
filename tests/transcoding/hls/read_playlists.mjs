// Reads a JSON list of playlists from standard input and answers what hls-parser makes of each, as strictly as it can.
import { readFileSync } from "node:fs";
import HLS from "hls-parser";

HLS.setOptions({ strictMode: true });

function read(text) {
  let playlist;
  try {
    playlist = HLS.parse(text);
  } catch (error) {
    return { error: String(error) };
  }
  if (playlist.isMasterPlaylist) {
    return { version: playlist.version, independent: playlist.independentSegments, variants: playlist.variants };
  }
  return {
    version: playlist.version,
    independent: playlist.independentSegments,
    target: playlist.targetDuration,
    durations: playlist.segments.map((segment) => segment.duration),
    uris: playlist.segments.map((segment) => segment.uri),
    init: playlist.segments[0]?.map?.uri,
    ended: playlist.endlist,
  };
}

process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(read)));
