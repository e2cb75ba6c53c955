"""Telling fields from frames where the header does not."""

from transcoding.worker.interlacing import Fields, verdict


def found(**frames: int) -> bytes:
    return b"".join(f"lavfi.idet.multiple.current_frame={kind}\n".encode() * count for kind, count in frames.items())


def test_one_frame_that_is_marked_is_enough() -> None:
    assert verdict(b"frame:0\nmarked=1\n" + found(progressive=29)) == Fields(interlaced=True)


def test_frames_that_are_all_combed_are_not_believed_to_be_progressive() -> None:
    assert verdict(found(bff=28, undetermined=2)) == Fields(interlaced=True, unmarked="bff")


def test_a_few_combed_frames_are_no_proof() -> None:
    assert verdict(found(tff=7)) == verdict(found(tff=20, progressive=10)) == Fields(interlaced=False)


def test_nothing_is_no_proof() -> None:
    assert verdict(b"") == Fields(interlaced=False)
