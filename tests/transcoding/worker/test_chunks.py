"""In which order the chunks of a video are encoded."""

from hypothesis import given
from hypothesis import strategies as st

from transcoding.worker.chunks import LEAD_SEGMENTS, LONGEST, START_SECONDS, Chunk, ChunkQueue
from transcoding.worker.ladder import Rung

RUNGS = tuple(Rung(quality=f"{h}p", width=h * 16 // 9, height=h, max_bitrate=1) for h in (1080, 720, 480, 360, 240))
SEGMENT_SECONDS = 4


def queue(segments: int, *, rungs: tuple[Rung, ...] = RUNGS, in_one_piece: bool = False) -> ChunkQueue:
    return ChunkQueue(rungs, segments=segments, segment_seconds=SEGMENT_SECONDS, in_one_piece=in_one_piece)


class Encoder:
    """Takes chunks at the speed of a machine, and remembers when which segment was there."""

    def __init__(self, chunks: ChunkQueue, *, speed_of_upper: float, speed_of_lowest: float) -> None:
        self.done: list[Chunk] = []
        self.there: dict[tuple[str, int], float] = {}
        self.now = 0.0
        while (chunk := chunks.take()) is not None:
            began = self.now
            self.now += START_SECONDS
            lowest = any(rung == RUNGS[-1] for rung in chunk.rungs)
            cost = (len(chunk.rungs) > lowest) / speed_of_upper + lowest / speed_of_lowest
            for n in range(chunk.first, chunk.end):
                self.now += SEGMENT_SECONDS * cost
                self.there |= {(rung.quality, n): self.now for rung in chunk.rungs}
            chunks.took(chunk, self.now - began)
            self.done.append(chunk)

    def stalls(self, quality: str) -> list[int]:
        """Return the segments that a player has to wait for that begins as soon as it can."""
        numbers = sorted(n for name, n in self.there if name == quality)
        playhead = self.there[quality, 0]
        waits = []
        for n in numbers:
            if self.there[quality, n] > playhead + 1e-9:
                waits.append(n)
                playhead = self.there[quality, n]
            playhead += SEGMENT_SECONDS
        return waits


@given(
    segments=st.integers(1, 400),
    rungs=st.integers(1, 5),
    in_one_piece=st.booleans(),
    speed=st.floats(0.05, 20),
)
def test_every_segment_of_every_quality_is_given_once_and_in_order(
    segments: int, rungs: int, *, in_one_piece: bool, speed: float
) -> None:
    chunks = queue(segments, rungs=RUNGS[:rungs], in_one_piece=in_one_piece)
    given_out: dict[str, list[int]] = {rung.quality: [] for rung in RUNGS[:rungs]}
    while (chunk := chunks.take()) is not None:
        for rung in chunk.rungs:
            given_out[rung.quality] += range(chunk.first, chunk.end)
        chunks.took(chunk, chunk.count * SEGMENT_SECONDS / speed)
    assert all(numbers == list(range(segments)) for numbers in given_out.values())


def test_a_short_video_is_one_chunk() -> None:
    assert [chunk.count for chunk in Encoder(queue(LEAD_SEGMENTS), speed_of_upper=1.3, speed_of_lowest=8).done] == [
        LEAD_SEGMENTS
    ]


def test_a_source_that_cannot_be_entered_in_its_middle_is_one_chunk() -> None:
    assert queue(500, in_one_piece=True).take() == Chunk(first=0, count=500, rungs=RUNGS)


def test_the_lowest_quality_comes_first_alone() -> None:
    chunk = queue(150).take()
    assert chunk == Chunk(first=0, count=LEAD_SEGMENTS, rungs=RUNGS[-1:])


def test_where_the_encoder_keeps_up_the_rest_is_encoded_at_once() -> None:
    done = Encoder(queue(150), speed_of_upper=3, speed_of_lowest=12).done
    together = [chunk for chunk in done if chunk.rungs == RUNGS]
    assert sum(chunk.count for chunk in together) == 150 - LEAD_SEGMENTS
    assert {chunk.count for chunk in together[:-1]} == {LONGEST}


@given(speed=st.floats(0.3, 20), ratio=st.floats(4, 12), segments=st.integers(LEAD_SEGMENTS + 1, 1000))
def test_whoever_watches_the_lowest_quality_never_waits(speed: float, ratio: float, segments: int) -> None:
    encoder = Encoder(queue(segments), speed_of_upper=speed, speed_of_lowest=max(4, speed * ratio))
    assert encoder.stalls("240p") == []


def test_where_the_source_ends_before_it_said_nothing_more_is_given() -> None:
    chunks = queue(150)
    chunk = chunks.take()
    assert chunk is not None
    chunks.took(chunk, 1.0)
    chunks.end_with(chunk)
    upper = chunks.take()
    assert upper is not None
    assert upper.end <= LEAD_SEGMENTS
