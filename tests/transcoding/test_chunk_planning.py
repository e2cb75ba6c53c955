"""In which order the chunks of a video are encoded."""

from hypothesis import given
from hypothesis import strategies as st

from transcoding.chunk_planning import LEAD_SEGMENTS, LONGEST, Coverage, Film, PlannedChunk, Stretch, next_chunk
from transcoding.worker.chunks import START_SECONDS, Chunk, Pace
from transcoding.worker.ladder import Rung

RUNGS = tuple(Rung(quality=f"{h}p", width=h * 16 // 9, height=h, max_bitrate=1) for h in (1080, 720, 480, 360, 240))
QUALITIES = tuple(rung.quality for rung in RUNGS)
SEGMENT_SECONDS = 4


class Plan:
    """The chunks of one film, given out one after the other."""

    def __init__(self, segments: int, *, qualities: tuple[str, ...] = QUALITIES, in_one_piece: bool = False) -> None:
        self.film = Film(
            qualities=qualities, segments=segments, segment_seconds=SEGMENT_SECONDS, in_one_piece=in_one_piece
        )
        self.covered: dict[str, list[Stretch]] = {quality: [] for quality in qualities}

    def take(self, speed: float | None = None) -> PlannedChunk | None:
        covered = {quality: Coverage(stretches) for quality, stretches in self.covered.items()}
        chunk = next_chunk(self.film, covered, speed=speed)
        for quality in chunk.qualities if chunk else ():
            assert chunk
            self.covered[quality].append((chunk.first, chunk.first + chunk.count))
        return chunk


class Encoder:
    """Takes chunks at the speed of a machine, and remembers when which segment was there."""

    def __init__(self, plan: Plan, *, speed_of_upper: float, speed_of_lowest: float) -> None:
        self.done: list[Chunk] = []
        self.there: dict[tuple[str, int], float] = {}
        self.now = 0.0
        pace = Pace(RUNGS, segment_seconds=SEGMENT_SECONDS)
        while (planned := plan.take(pace.speed)) is not None:
            rungs = tuple(rung for rung in RUNGS if rung.quality in planned.qualities)
            chunk = Chunk(first=planned.first, count=planned.count, rungs=rungs)
            began = self.now
            self.now += START_SECONDS
            lowest = any(rung == RUNGS[-1] for rung in chunk.rungs)
            cost = (len(chunk.rungs) > lowest) / speed_of_upper + lowest / speed_of_lowest
            for n in range(chunk.first, chunk.end):
                self.now += SEGMENT_SECONDS * cost
                self.there |= {(rung.quality, n): self.now for rung in chunk.rungs}
            pace.took(chunk, self.now - began)
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


def every(chunks: list[PlannedChunk]) -> list[tuple[str, int]]:
    return [(q, n) for chunk in chunks for q in chunk.qualities for n in range(chunk.first, chunk.first + chunk.count)]


def taken_all(plan: Plan, speed: float | None) -> list[PlannedChunk]:
    return list(iter(lambda: plan.take(speed), None))


speeds = st.one_of(st.none(), st.floats(0.05, 20))


@given(segments=st.integers(1, 400), count=st.integers(1, 5), in_one_piece=st.booleans(), speed=speeds)
def test_every_segment_of_every_quality_is_given_once_and_in_order(
    segments: int, count: int, *, in_one_piece: bool, speed: float | None
) -> None:
    chunks = taken_all(Plan(segments, qualities=QUALITIES[:count], in_one_piece=in_one_piece), speed)
    for quality in QUALITIES[:count]:
        assert [n for name, n in every(chunks) if name == quality] == list(range(segments))


@given(data=st.data(), segments=st.integers(1, 60), speed=speeds)
def test_whatever_is_there_already_the_rest_is_given(data: st.DataObject, segments: int, speed: float | None) -> None:
    plan = Plan(segments)
    there = data.draw(st.sets(st.tuples(st.sampled_from(QUALITIES), st.integers(0, segments - 1)), max_size=80))
    for quality, n in there:
        plan.covered[quality].append((n, n + 1))
    given_out = every(taken_all(plan, speed))
    assert {*given_out, *there} == {(quality, n) for quality in QUALITIES for n in range(segments)}


def test_a_short_video_is_one_chunk() -> None:
    assert [c.count for c in Encoder(Plan(LEAD_SEGMENTS), speed_of_upper=1.3, speed_of_lowest=8).done] == [
        LEAD_SEGMENTS
    ]


def test_a_source_that_cannot_be_entered_in_its_middle_is_one_chunk() -> None:
    plan = Plan(500, in_one_piece=True)
    assert plan.take() == PlannedChunk(first=0, count=500, qualities=QUALITIES)


def test_the_lowest_quality_comes_first_alone() -> None:
    assert Plan(150).take() == PlannedChunk(first=0, count=LEAD_SEGMENTS, qualities=QUALITIES[-1:])


def test_where_the_encoder_keeps_up_the_rest_is_encoded_at_once() -> None:
    done = Encoder(Plan(150), speed_of_upper=3, speed_of_lowest=12).done
    together = [chunk for chunk in done if chunk.rungs == RUNGS]
    assert sum(chunk.count for chunk in together) == 150 - LEAD_SEGMENTS
    assert {chunk.count for chunk in together[:-1]} == {LONGEST}


def test_qualities_that_stopped_at_different_segments_go_on_together() -> None:
    plan = Plan(100, qualities=("720p", "480p", "240p"))
    plan.covered |= {"720p": [(0, 9)], "480p": [(0, 10)], "240p": [(0, 30)]}
    assert plan.take(3.0) == PlannedChunk(first=9, count=LONGEST, qualities=("720p", "480p"))


@given(speed=st.floats(0.3, 20), ratio=st.floats(4, 12), segments=st.integers(LEAD_SEGMENTS + 1, 1000))
def test_whoever_watches_the_lowest_quality_never_waits(speed: float, ratio: float, segments: int) -> None:
    encoder = Encoder(Plan(segments), speed_of_upper=speed, speed_of_lowest=max(4, speed * ratio))
    assert encoder.stalls("240p") == []
