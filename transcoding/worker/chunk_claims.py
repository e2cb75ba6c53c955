"""Claim chunks from the site (docs/protocol.md, 7): no two transcoders of a film get the same one."""

import json
import time
from collections.abc import Callable, Mapping, Sequence

import httpx

from transcoding.worker.background import watched
from transcoding.worker.chunks import Chunk
from transcoding.worker.errors import PlatformError, Stopped
from transcoding.worker.fields import Fields, SpecError
from transcoding.worker.ladder import Rung
from transcoding.worker.patience import Patience
from transcoding.worker.site import OK, STOPPING, ask, stop_reason
from transcoding.worker.spec import JobSpec

PATIENCE_SECONDS = 3600.0
"""As long as the last report is tried: what was encoded until then is not lost to a site that is away."""
WAIT_SECONDS = 2.0
LOOK_SECONDS = 0.1

Stretch = tuple[int, int]
"""Segments from the first number up to, and without, the second."""


class ChunkClaims:
    """Asks for one chunk after the other; each request says all the site needs to plan the next."""

    def __init__(
        self, spec: JobSpec, rungs: Sequence[Rung], *, segments: int, in_one_piece: bool, check: Callable[[], None]
    ) -> None:
        """`in_one_piece`: the source cannot be entered in its middle. `check` may raise to end a wait."""
        self._spec = spec
        self._rungs = {rung.quality: rung for rung in rungs}
        self._in_one_piece = in_one_piece
        self._check = check
        self._number = 0
        self.segments = segments
        self.made: Mapping[str, Sequence[Stretch]] = {}
        """What other transcoders had made when the last chunk was claimed, by quality."""

    def take(self, *, speed: float | None) -> Chunk | None:
        """Return the next chunk, once there is one; None when all are made. `speed` is as in Pace.

        Raises Stopped when this attempt is not wanted any more, and PlatformError when the site does not answer.
        """
        self._number += 1
        while True:
            chunk, wait = self._read(self._ask(speed))
            if chunk is not None or not wait:
                return chunk
            self._pause(WAIT_SECONDS)

    def end_at(self, segment: int) -> None:
        """Learn that the source has nothing more from this segment on."""
        self.segments = max(1, min(self.segments, segment))

    def _ask(self, speed: float | None) -> bytes:
        claim = {
            "number": self._number,
            "qualities": list(self._rungs),
            "segments": self.segments,
            "inOnePiece": self._in_one_piece,
            "speed": speed,
        }

        def post(check: Callable[[], None]) -> httpx.Response:
            patience = Patience(PATIENCE_SECONDS, check=check)
            url, token = self._spec.chunks_url, self._spec.token
            return ask(url, token=token, patience=patience, failure_code="platform.no-chunk", body=claim)

        answer = watched(post, check=self._check)
        if answer.status_code in STOPPING:
            raise Stopped(stop_reason(answer.status_code, answer.content))
        if answer.status_code != OK:
            raise _refused(f"status {answer.status_code}")
        return answer.content

    def _read(self, content: bytes) -> tuple[Chunk | None, bool]:
        try:
            document = json.loads(content)
            self.made = {
                quality: [(int(first), int(end)) for first, end in stretches]
                for quality, stretches in document["made"].items()
            }
            if document["chunk"] is None:
                return None, bool(document["wait"])
            fields = Fields(document, "").part("chunk")
            rungs = tuple(self._rungs[quality] for quality in document["chunk"]["qualities"])
            first, count = fields.whole("first", minimum=0), fields.whole("count", minimum=1)
        except (ValueError, KeyError, TypeError, AttributeError, SpecError) as error:
            raise _refused(f"{type(error).__name__} in its answer") from error
        return Chunk(first=first, count=count, rungs=rungs), False

    def _pause(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self._check()
            time.sleep(LOOK_SECONDS)


def _refused(why: str) -> PlatformError:
    return PlatformError("platform.no-chunk", f"The site did not give a chunk: {why}.")
