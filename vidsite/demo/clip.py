"""The video that the demo uploads when it is given none: 30 seconds of moving picture and changing sound."""

from pathlib import Path

import ffmpeg

SECONDS = 30
# A tone that climbs, with a second one that beats against it on the other ear.
SOUND = "0.2*sin(2*PI*(220+8*t)*t)|0.2*sin(2*PI*(330+8*t)*t)*(0.6+0.4*sin(2*PI*t/2))"


def demo_clip(folder: Path) -> Path:
    """Give the clip, made now if it is not there."""
    path = folder / "clip.mp4"
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / "unfinished.mp4"
    picture = ffmpeg.input(f"testsrc2=size=1280x720:rate=30:duration={SECONDS}", f="lavfi").filter("hue", H="0.4*t")
    sound = ffmpeg.input(f"aevalsrc=exprs={SOUND}:sample_rate=48000:duration={SECONDS}", f="lavfi")
    encoding = {"vcodec": "libx264", "preset": "ultrafast", "crf": 23, "pix_fmt": "yuv420p", "acodec": "aac"}
    clip = ffmpeg.output(picture, sound, str(unfinished), **encoding, movflags="+faststart")
    clip.global_args("-nostdin").run(quiet=True, overwrite_output=True)
    return unfinished.rename(path)
