"""Where the frames of the output are cut."""

from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from transcoding.worker.timeline import Timeline, timeline_of

RATES = st.sampled_from([Fraction(30), Fraction(30000, 1001), Fraction(25), Fraction(24000, 1001), Fraction(1)]) | (
    st.fractions(min_value=1, max_value=60, max_denominator=1001)
)
TIMELINES = st.builds(
    Timeline, rate=RATES, frames=st.integers(1, 5_000), segment_seconds=st.sampled_from([1, 2, 4, 6])
)


@given(TIMELINES)
def test_the_segments_are_all_frames_once(timeline: Timeline) -> None:
    borders = [timeline.first_frame(n) for n in range(timeline.segments + 1)]
    assert borders[0] == 0
    assert borders[-1] == timeline.frames
    assert all(before < after for before, after in pairwise(borders))


@given(TIMELINES)
def test_each_segment_begins_with_the_first_frame_on_its_border_or_after(timeline: Timeline) -> None:
    for n in range(timeline.segments):
        first = timeline.first_frame(n)
        assert timeline.seconds(first) >= n * timeline.segment_seconds
        assert first == 0 or timeline.seconds(first - 1) < n * timeline.segment_seconds


def test_a_source_of_no_length_has_one_frame() -> None:
    assert timeline_of(0.0, rate=Fraction(25), segment_seconds=4).frames == 1


def test_the_frames_are_those_of_the_duration() -> None:
    timeline = timeline_of(29.996633, rate=Fraction(30000, 1001), segment_seconds=4)
    assert (timeline.frames, timeline.segments) == (899, 8)
    assert [timeline.first_frame(n) for n in range(4)] == [0, 120, 240, 360]
