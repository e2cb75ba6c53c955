"""Every sample file comes out as its index says. They lie beside the repository; without them, nothing is tested."""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.transcoding.worker.site import Site
from tests.transcoding.worker.tools import (
    MEDIA,
    ffprobe,
    interlaced_frames,
    joined,
    keyframe_times,
    likeness,
    make_spec,
    published,
    run_worker,
    store_source,
    stream,
    zero_crossings,
)

pytestmark = pytest.mark.media

Row = dict[str, str]

REJECTED_WITH = {
    "media__sample_audio_only.mp4": "source.no-video-stream",
    "moviepy__with-attached-pic.mp3": "source.no-video-stream",
    "g_ffconcat_sibling_file.mp4": "source.unsupported-container",
    "g_text_renamed.mp4": "source.unreadable",
    "g_png_bomb_16000x16000.mov": "source.too-large-picture",
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Outcome:
    """What one sample became: the final report, or the error, and where its files are."""

    root: Path
    document: dict[str, Any]
    segments: dict[str, list[float]]
    error: dict[str, str] | None

    @property
    def videos(self) -> list[dict[str, Any]]:
        return [each for each in self.document["renditions"] if each["kind"] == "video"]

    @cache  # noqa: B019 - as many as there are samples, and they live as long as the session
    def file(self, quality: str) -> Path:
        return joined(published(self.root) / quality, self.root / f"{quality}.mp4")

    @cache  # noqa: B019 - as above
    def stream(self, quality: str) -> dict[str, Any]:
        return stream(self.file(quality))


Transcode = Callable[[Row], Outcome]


def rows(expected: str) -> list[Any]:
    index = MEDIA / "index.tsv"
    with index.open(newline="") as lines:
        found = [row for row in csv.DictReader(lines, delimiter="\t") if row["expected"] == expected]
    return [pytest.param(row, id=row["file"]) for row in found]


@pytest.fixture(scope="session")
def outcome_of(tmp_path_factory: pytest.TempPathFactory) -> Transcode:
    """Transcode each sample once, for all the tests that look at it."""

    @cache
    def run(name: str) -> Outcome:
        root = tmp_path_factory.mktemp("sample")
        store_source(root, MEDIA / name)
        with Site().running() as site:
            run_worker(make_spec(root, url=site.url), seconds=300)
        segments = {
            each["quality"]: [told["duration"] for _, told in sorted(site.segments(each["quality"]).items())]
            for each in site.last["renditions"]
        }
        return Outcome(root=root, document=site.last, segments=segments, error=site.last["error"])

    return lambda row: run(row["file"])


every_good_row = pytest.mark.parametrize("row", rows("transcodes"))
every_bad_row = pytest.mark.parametrize("row", rows("rejected"))


@every_good_row
def test_it_transcodes(row: Row, outcome_of: Transcode) -> None:
    outcome = outcome_of(row)
    assert outcome.error is None
    assert {(each["status"], each["progress"]) for each in outcome.document["renditions"]} == {("READY", 100)}


@every_good_row
def test_the_top_rung_has_the_size_the_source_is_shown_at(row: Row, outcome_of: Transcode) -> None:
    outcome = outcome_of(row)
    width, height = map(int, row["display_size"].split("x"))
    assert (outcome.document["source"]["width"], outcome.document["source"]["height"]) == (width, height)
    top = outcome.stream(outcome.videos[0]["quality"])
    assert abs(top["width"] - width) <= width % 2
    assert abs(top["height"] - height) <= height % 2


@every_good_row
def test_every_rung_has_the_size_that_is_reported_in_square_pixels(row: Row, outcome_of: Transcode) -> None:
    outcome = outcome_of(row)
    for rendition in outcome.videos:
        found = outcome.stream(rendition["quality"])
        assert (found["width"], found["height"]) == (rendition["width"], rendition["height"])
        assert found["sample_aspect_ratio"] == "1:1"


@every_good_row
def test_every_rung_is_as_long_as_the_video(row: Row, outcome_of: Transcode) -> None:
    outcome = outcome_of(row)
    for rendition in outcome.videos:
        assert sum(outcome.segments[rendition["quality"]]) == pytest.approx(float(row["seconds"]), abs=0.1)


@every_good_row
def test_there_is_sound_exactly_when_the_source_has_it(row: Row, outcome_of: Transcode) -> None:
    outcome = outcome_of(row)
    found = [each for each in outcome.document["renditions"] if each["kind"] == "audio"]
    assert [each["codecs"] for each in found] == (["mp4a.40.2"] if row["audio"] == "yes" else [])
    for rendition in found:
        sound = outcome.stream(rendition["quality"])
        assert (sound["codec_name"], sound["sample_rate"], sound["channels"]) == ("aac", "48000", 2)
        assert sum(outcome.segments["audio"]) == pytest.approx(float(row["seconds"]), abs=0.15)


@every_good_row
def test_the_picture_is_upright_progressive_eight_bit_sdr(row: Row, outcome_of: Transcode) -> None:
    outcome = outcome_of(row)
    found = outcome.stream(outcome.videos[0]["quality"])
    assert "side_data_list" not in found
    assert "rotate" not in found.get("tags", {})
    assert (found["pix_fmt"], found["color_range"]) == ("yuv420p", "tv")
    assert found.get("field_order", "progressive") == "progressive"
    assert {found["color_space"], found["color_primaries"], found["color_transfer"]} == {"bt709"}


@every_good_row
def test_the_picture_has_the_proportions_of_the_source(row: Row, outcome_of: Transcode) -> None:
    outcome = outcome_of(row)
    width, height = map(int, row["display_size"].split("x"))
    for rendition in outcome.videos:
        found = outcome.stream(rendition["quality"])
        # Sides are even, so each is off by one pixel at most.
        assert abs(found["width"] * height - found["height"] * width) <= width + height


@every_good_row
def test_frames_follow_each_other_at_equal_distances(row: Row, outcome_of: Transcode) -> None:
    outcome = outcome_of(row)
    for rendition in outcome.videos:
        entries = ("-select_streams", "v", "-show_entries", "packet=pts,duration")
        packets = ffprobe(outcome.file(rendition["quality"]), *entries)["packets"]
        times = sorted(int(packet["pts"]) for packet in packets)
        assert {after - before for before, after in pairwise(times)} == {int(packets[0]["duration"])}


@every_good_row
def test_every_segment_begins_with_a_keyframe_and_there_are_no_others(row: Row, outcome_of: Transcode) -> None:
    outcome = outcome_of(row)
    for rendition in outcome.videos:
        durations = outcome.segments[rendition["quality"]]
        borders = [sum(durations[:n]) for n in range(len(durations))]
        assert keyframe_times(outcome.file(rendition["quality"])) == pytest.approx(borders, abs=0.002)


@every_good_row
def test_the_borders_of_all_rungs_are_the_same(row: Row, outcome_of: Transcode) -> None:
    outcome = outcome_of(row)
    assert len({tuple(outcome.segments[each["quality"]]) for each in outcome.videos}) == 1


@every_good_row
def test_a_segment_lasts_four_seconds_but_for_the_last(row: Row, outcome_of: Transcode) -> None:
    outcome = outcome_of(row)
    frame = 1 / outcome.videos[0]["frameRate"]
    for n, end in enumerate(outcome.segments[outcome.videos[0]["quality"]][:-1]):
        assert abs(end - 4) <= frame, f"segment {n} lasts {end} s"


@every_good_row
def test_the_frame_rate_is_constant_and_that_of_the_source(row: Row, outcome_of: Transcode) -> None:
    outcome = outcome_of(row)
    found = outcome.stream(outcome.videos[0]["quality"])
    assert float(Fraction(found["r_frame_rate"])) == pytest.approx(outcome.document["source"]["frameRate"], rel=0.001)


@every_good_row
def test_there_is_a_poster_and_a_storyboard(row: Row, outcome_of: Transcode) -> None:
    outcome = outcome_of(row)
    files = published(outcome.root)
    poster, board = outcome.document["poster"], outcome.document["storyboard"]
    found = stream(files / "poster.jpg")
    assert (found["codec_name"], found["width"], found["height"]) == ("mjpeg", poster["width"], poster["height"])
    found = stream(files / "storyboard.jpg")
    assert (found["width"], found["height"]) == (
        board["tileWidth"] * board["columns"],
        board["tileHeight"] * board["rows"],
    )
    assert max(board["tileWidth"], board["tileHeight"]) == 160


@every_bad_row
def test_it_is_refused_with_its_own_code_and_one_sentence(row: Row, outcome_of: Transcode) -> None:
    error = outcome_of(row).error
    assert error is not None
    assert error["code"] == REJECTED_WITH[row["file"]]
    assert error["message"].endswith(".")
    assert error["message"].count(". ") == 0


@every_bad_row
def test_what_is_refused_leaves_nothing_behind(row: Row, outcome_of: Transcode) -> None:
    root = outcome_of(row).root
    assert list((root / "work").glob("transcode-*")) == []
    assert not (root / "store" / "renditions").exists()


def test_the_mirrored_and_turned_sample_looks_like_its_upright_twin(outcome_of: Transcode) -> None:
    turned = outcome_of({"file": "media__sample_rotate_and_reflect.mp4"})
    upright = outcome_of({"file": "media__sample_portrait.mp4"})
    assert likeness(published(turned.root) / "poster.jpg", published(upright.root) / "poster.jpg") > 0.9


def test_the_second_of_two_languages_is_chosen_because_it_is_the_default(outcome_of: Transcode) -> None:
    source = MEDIA / "g_two_audio_languages.mkv"
    outcome = outcome_of({"file": source.name})
    first, second = zero_crossings(source, 0), zero_crossings(source, 1)
    found = zero_crossings(outcome.file("audio"), 0)
    assert abs(found - second) < abs(found - first) / 2


def test_the_interlaced_sample_is_deinterlaced(outcome_of: Transcode) -> None:
    outcome = outcome_of({"file": "g_interlaced_mpeg2_pal.ts"})
    assert interlaced_frames(MEDIA / "g_interlaced_mpeg2_pal.ts") > 40
    assert interlaced_frames(outcome.file("720p")) == 0
