"""The system checks: what is wrong is said before anything starts, with what to do."""

from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from vidsite import checks


def test_the_settings_of_the_tests_pass_every_check() -> None:
    found = [
        *checks.secret_key_is_set(None),
        *checks.choices_are_known(None),
        *checks.ffmpeg_is_installed(None),
        *checks.preset_is_known(None),
        *checks.numbers_make_sense(None),
    ]
    assert found == []


def test_a_missing_secret_key_is_named_with_what_to_do(settings: Settings) -> None:
    settings.SECRET_KEY = ""
    (error,) = checks.secret_key_is_set(None)
    assert (error.id, error.msg) == ("vidsite.E001", "SECRET_KEY is not set.")
    assert "manage.py up" in str(error.hint)


@pytest.mark.parametrize("name", ["STORE", "LAUNCHER"])
def test_a_choice_nobody_knows_is_named_with_those_there_are(settings: Settings, name: str) -> None:
    setattr(settings, name, "tape")
    (error,) = checks.choices_are_known(None)
    assert (error.id, error.msg) == ("vidsite.E002", f"{name}='tape' is not known.")
    assert str(error.hint).startswith(f"Set {name} to one of: ")


def test_a_missing_ffmpeg_is_named_with_how_to_install_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert [(error.id, error.msg) for error in checks.ffmpeg_is_installed(None)] == [
        ("vidsite.E003", "ffmpeg is not installed."),
        ("vidsite.E003", "ffprobe is not installed."),
    ]


@pytest.mark.parametrize(
    "name",
    ["MAX_UPLOAD_BYTES", "MAX_UNFINISHED_UPLOADS", "MAX_UNFINISHED_BYTES", "JOB_LEASE_SECONDS", "JOB_MAX_ATTEMPTS",
     "SEGMENT_SECONDS", "UPLOAD_EXPIRY_SECONDS", "PART_URL_SECONDS", "PLAYBACK_URL_SECONDS", "MAX_DURATION_SECONDS",
     "MAX_PIXELS", "NO_PROGRESS_SECONDS", "WALL_CLOCK_SECONDS", "REPORT_TOKEN_SECONDS", "TRANSCODE_WORKERS"],
)  # fmt: skip
@pytest.mark.parametrize("value", [0, -1])
def test_a_number_that_must_be_above_zero_is_named(settings: Settings, name: str, value: int) -> None:
    setattr(settings, name, value)
    assert [(error.id, error.msg) for error in checks.numbers_make_sense(None)] == [
        ("vidsite.E004", f"{name} is {value}.")
    ]


@pytest.mark.parametrize("ladder", [[], [0], [1080, 1], [-720]])
def test_a_ladder_without_a_usable_height_is_named(settings: Settings, ladder: list[int]) -> None:
    settings.LADDER = ladder
    assert [error.id for error in checks.numbers_make_sense(None)] == ["vidsite.E005"]


def test_fewer_threads_than_none_are_named(settings: Settings) -> None:
    settings.FFMPEG_THREADS = -1
    assert [(error.id, error.msg) for error in checks.numbers_make_sense(None)] == [
        ("vidsite.E007", "FFMPEG_THREADS is -1.")
    ]


def test_a_preset_x264_does_not_have_is_named(settings: Settings) -> None:
    settings.X264_PRESET = "ludicrous"
    (error,) = checks.preset_is_known(None)
    assert (error.id, error.msg) == ("vidsite.E006", "X264_PRESET='ludicrous' is not known.")
