"""The command lines for the poster and the storyboard. Pure."""

import math
from dataclasses import dataclass
from pathlib import Path

import ffmpeg

from transcoding.worker import pictures
from transcoding.worker.commands import PLAYLIST, PROGRAM, WITH_PROGRESS, source_input
from transcoding.worker.ladder import MIN_SIDE, Rung, fit_inside
from transcoding.worker.source import SourceInfo
from transcoding.worker.spec import JobSpec

POSTER = "poster.jpg"
POSTER_WIDTH = 1280
POSTER_SHARE = 0.1  # far enough in to be past a black or title frame
STORYBOARD = "storyboard.jpg"
TILE_SIDE = 160
MOST_TILES = 100
JPEG_SIDE = 65500  # the format's own limit; a taller poster cannot be written


@dataclass(frozen=True, slots=True, kw_only=True)
class Storyboard:
    """A grid of `count` equal pictures, row by row, one for each interval_seconds of the video."""

    tile_width: int
    tile_height: int
    columns: int
    rows: int
    count: int
    interval_seconds: float


def poster_size(source: SourceInfo) -> tuple[int, int]:
    return fit_inside(source.width, source.height, box=(POSTER_WIDTH, JPEG_SIDE))


def poster_command(source_path: Path, *, source: SourceInfo, spec: JobSpec, seek_seconds: float) -> list[str]:
    """Build the command that writes one frame, upright and in SDR, as poster.jpg."""
    width, height = poster_size(source)
    file = source_input(source_path, source=source, spec=spec, seek_seconds=seek_seconds)
    stream = pictures.progressive(file[str(source.video_index)], source)
    stream = pictures.scaled(stream, source, width=width, height=height)
    return [*PROGRAM, *_jpeg(stream, POSTER)]


def plan_storyboard(rung: Rung, *, duration_seconds: float, segment_seconds: int) -> Storyboard:
    """Plan one tile for each segment, or for every second, third, … one so that there are 100 at most."""
    keyframes = max(1, math.ceil(round(duration_seconds / segment_seconds, 3)))
    step = math.ceil(keyframes / MOST_TILES)
    count = math.ceil(keyframes / step)
    columns = math.ceil(math.sqrt(count))
    width, height = fit_inside(rung.width, rung.height, box=(TILE_SIDE, TILE_SIDE))
    return Storyboard(
        tile_width=max(MIN_SIDE, width),
        tile_height=max(MIN_SIDE, height),
        columns=columns,
        rows=math.ceil(count / columns),
        count=count,
        interval_seconds=step * segment_seconds,
    )


def storyboard_command(quality: str, *, board: Storyboard) -> list[str]:
    """Build the command that tiles the keyframes of our own output in <quality>/ as storyboard.jpg.

    Its playlist there names the segments that each begin with a tile.
    """
    # This input is ours, so the playlist may be followed, but only to plain files.
    playlist = ffmpeg.input(
        f"file:{quality}/{PLAYLIST}",
        protocol_whitelist="file",
        format_whitelist="hls,mov,mp4,m4a,3gp,3g2,mj2",
        codec_whitelist="h264",
        skip_frame="nokey",
    )
    stream = playlist.filter("scale", board.tile_width, board.tile_height).filter(
        "tile", f"{board.columns}x{board.rows}", nb_frames=board.count
    )
    return [*WITH_PROGRESS, *_jpeg(stream, STORYBOARD)]


def _jpeg(stream: object, name: str) -> list[str]:
    # A JPEG has no tags: by its standard it is BT.601 in full range.
    stream = ffmpeg.filter(stream, "scale", in_color_matrix="bt709", out_color_matrix="bt601", out_range="pc")
    stream = ffmpeg.filter(stream, "format", "yuvj420p")
    output = ffmpeg.output(
        stream,
        name,
        **{
            "frames:v": 1,
            "q:v": 3,
            "f": "image2",
            "update": 1,
            "map_metadata": -1,
            "fps_mode": "passthrough",
        },
    )
    arguments: list[str] = ffmpeg.get_args(output)
    return arguments
