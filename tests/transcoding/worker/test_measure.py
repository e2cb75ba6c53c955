"""How long streams are, from the times of their packets."""

from transcoding.worker.measure import ExtentReader


def test_it_measures_the_chosen_stream_and_the_whole_file() -> None:
    reader = ExtentReader(1)
    reader.feed(b"stream_index=0|pts_time=0.0|duration_time=9.0\nstream_index=1|pts_time=2.0|dura")
    reader.feed(b"tion_time=0.5\nstream_index=1|pts_time=1.5|duration_time=0.5\n")
    extent = reader.extent
    assert (extent.packets, extent.video_start, extent.video_end, extent.file_end) == (2, 1.5, 2.5, 9.0)


def test_it_takes_the_decoding_time_where_there_is_no_other() -> None:
    reader = ExtentReader(0)
    reader.feed(b"stream_index=0|pts_time=N/A|dts_time=3.0|duration_time=0.5\n")
    assert reader.extent.video_end == 3.5


def test_packets_without_any_time_are_passed_over() -> None:
    reader = ExtentReader(0)
    reader.feed(b"stream_index=0|pts_time=N/A|dts_time=N/A\n\nnonsense\nstream_index=0|pts_time=nan\n")
    assert reader.extent.packets == 0


def test_what_an_edit_list_cuts_away_does_not_count() -> None:
    reader = ExtentReader(0)
    reader.feed(b"stream_index=0|pts_time=0.0|duration_time=0.5|flags=K_\n")
    reader.feed(b"stream_index=0|pts_time=0.5|duration_time=0.5|flags=_D\n")
    assert reader.extent.video_end == 0.5
