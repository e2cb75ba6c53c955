"""A program: uploads a file by the browser's protocol, in a process of its own, as the AWS CLI is one.

python -m bench.real_s3.browser SITE FILE; on standard input are the cookies of a session, as a JSON object. It prints
the video's id and the seconds from its first request to the last answer.
"""

import asyncio
import json
import sys
import time
from pathlib import Path

from vidsite.demo.client import SiteClient


async def upload(url: str, cookies: dict[str, str], path: Path) -> tuple[str, float]:
    """Return the id of the video, and how long it took once there was a session."""
    async with SiteClient(url) as site:
        site.http.cookies.update(cookies)
        began = time.monotonic()
        video_id = await site.upload(path, lambda _: None)
        return video_id, time.monotonic() - began


def main() -> None:
    url, path = sys.argv[1:]
    video_id, seconds = asyncio.run(upload(url, json.load(sys.stdin), Path(path)))
    print(json.dumps({"videoId": video_id, "seconds": seconds}))


if __name__ == "__main__":
    main()
