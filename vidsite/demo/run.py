"""The demo from the upload to the verdict."""

import time
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from vidsite.demo.client import DemoError, SiteClient
from vidsite.demo.display import Display
from vidsite.demo.follow import messages
from vidsite.demo.playback import problems_of_playback
from vidsite.demo.state import VideoState
from vidsite.demo.timeline import Timeline, note


@dataclass
class Result:
    """What the demo saw."""

    video_id: str = ""
    state: VideoState = field(default_factory=VideoState)
    timeline: Timeline = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Say whether every quality is ready and plays back."""
        renditions = self.state.renditions.values()
        ready = bool(renditions) and all(one.status == "READY" for one in renditions)
        return self.state.status == "COMPLETED" and ready and not self.problems


async def run_demo(url: str, user: tuple[str, str], video: Path, display: Display, work_dir: Path) -> Result:
    """Sign in, upload, follow, play back."""
    result = Result()
    async with SiteClient(url) as site:
        try:
            with display:
                await _upload_and_follow(site, user, video, display, result)
        except (DemoError, httpx.HTTPError) as error:
            result.problems.append(str(error) or repr(error))
            return result
        if result.state.status == "COMPLETED":
            qualities, seconds = list(result.state.renditions), result.state.durationSeconds or 0.0
            result.problems += await problems_of_playback(site, result.video_id, qualities, seconds, work_dir)
    return result


async def _upload_and_follow(
    site: SiteClient, user: tuple[str, str], video: Path, display: Display, result: Result
) -> None:
    size, arrived = video.stat().st_size, 0

    def sent(count: int) -> None:
        nonlocal arrived
        arrived += count
        display.sent(arrived * 100 // max(size, 1))

    await site.sign_in(*user)
    result.video_id = await site.upload(video, sent)
    began = time.monotonic()
    async with aclosing(messages(site, result.video_id)) as news:
        async for message in news:
            if message["type"] == "deleted":
                raise DemoError("The video was deleted.")
            if not result.state.apply(message):
                continue
            display.update(result.state)
            note(result.timeline, result.state, began=began)
            if result.state.final:
                return
