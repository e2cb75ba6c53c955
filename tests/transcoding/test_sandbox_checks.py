"""What `check --deploy` says of the host."""

import pytest

from transcoding import sandbox_checks
from transcoding.worker.walls import network_is_out_of_reach


def test_a_host_that_forbids_the_wall_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox_checks, "network_is_out_of_reach", lambda: False)
    (warning,) = sandbox_checks.ffmpeg_has_no_network(None)
    assert warning.id == "transcoding.W003"
    assert "namespaces" in str(warning.hint)


def test_the_check_looks_at_this_host() -> None:
    assert bool(sandbox_checks.ffmpeg_has_no_network(None)) is not network_is_out_of_reach()
