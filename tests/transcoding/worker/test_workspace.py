"""The private directory of one attempt."""

from pathlib import Path

import pytest

from transcoding.worker.errors import PlatformError
from transcoding.worker.workspace import require_space, workspace


def test_only_the_owner_may_enter_it(tmp_path: Path) -> None:
    with workspace(tmp_path) as space:
        assert space.output.parent.stat().st_mode & 0o777 == 0o700


def test_the_source_will_be_alone_in_its_directory(tmp_path: Path) -> None:
    with workspace(tmp_path) as space:
        assert list(space.source.parent.iterdir()) == []
        assert space.source.name == "source"


def test_it_is_gone_afterwards_whatever_happened(tmp_path: Path) -> None:
    with pytest.raises(KeyError), workspace(tmp_path / "work") as space:
        (space.output / "file").write_text("x")
        raise KeyError
    assert list((tmp_path / "work").glob("transcode-*")) == []


def test_it_removes_what_a_killed_transcoder_left_behind(tmp_path: Path) -> None:
    abandoned = tmp_path / "transcode-abandoned"
    abandoned.mkdir()
    (abandoned / "lock").touch()
    with workspace(tmp_path):
        assert not abandoned.exists()


def test_it_leaves_a_running_transcoder_alone(tmp_path: Path) -> None:
    with workspace(tmp_path) as first, workspace(tmp_path):
        assert first.output.exists()


def test_it_leaves_what_is_not_its_own_alone(tmp_path: Path) -> None:
    (tmp_path / "something-else").mkdir()
    with workspace(tmp_path):
        assert (tmp_path / "something-else").exists()


def test_a_file_that_does_not_fit_is_refused_before_it_is_fetched(tmp_path: Path) -> None:
    require_space(tmp_path, needed_bytes=0)
    with pytest.raises(PlatformError) as full:
        require_space(tmp_path, needed_bytes=2**60)
    assert full.value.code == "platform.disk-full"
