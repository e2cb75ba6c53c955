"""What is transcoded: a moving picture with grain and sound, at the bitrate of a camera."""

import subprocess
from pathlib import Path

LOOP_SECONDS = 30


def make_clip(folder: Path, *, seconds: int, size: str = "1920x1080") -> Path:
    """Make a film of 30 frames a second that is the same half minute again and again; keep it for the next run."""
    clip = folder / f"clip-{size}-{seconds}.mp4"
    if clip.exists():
        return clip
    folder.mkdir(parents=True, exist_ok=True)
    loop, unfinished = folder / f"loop-{size}.mp4", folder / "unfinished.mp4"
    if not loop.exists():
        # A fractal that is zoomed into has edges and flat places; alone, it would be harder than any film.
        picture = (
            f"mandelbrot=size={size}:rate=30:start_scale=2.5:end_scale=0.3:maxiter=300,"
            f"gblur=sigma=2,noise=alls=4:allf=t,format=yuv420p"
        )
        sound = f"aevalsrc=0.2*sin(2*PI*(220+8*t)*t)|0.2*sin(2*PI*330*t):s=48000:d={LOOP_SECONDS}"
        _ffmpeg(
            "-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound, "-t", LOOP_SECONDS, "-c:v", "libx264",
            "-preset", "veryfast", "-crf", 21, "-bf", 3, "-g", 250, "-c:a", "aac", unfinished,
        )  # fmt: skip
        unfinished.rename(loop)
    _ffmpeg("-stream_loop", -1, "-i", loop, "-t", seconds, "-c", "copy", "-movflags", "+faststart", unfinished)
    return unfinished.rename(clip)


def _ffmpeg(*arguments: object) -> None:
    subprocess.run(["ffmpeg", "-nostdin", "-y", "-v", "error", *map(str, arguments)], check=True)
