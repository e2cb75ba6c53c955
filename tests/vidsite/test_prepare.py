"""What is made before the site starts."""

import stat
from pathlib import Path

import pytest

from vidsite.prepare import keep_secret, only_site_in, prepare_var_dir
from vidsite.supervisor import SupervisorError


def test_a_secret_is_kept_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    assert keep_secret(path, "first") == "first"
    assert keep_secret(path, "second") == "first"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_empty_secret_file_is_filled(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.touch()
    assert keep_secret(path, "new") == "new"
    assert path.read_text() == "new\n"


def test_a_second_site_on_the_same_state_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    with only_site_in(tmp_path), pytest.raises(SupervisorError, match="A site already runs on"):
        only_site_in(tmp_path).__enter__()
    with only_site_in(tmp_path):
        pass


def test_the_state_of_a_site_is_for_its_own_user_alone(tmp_path: Path) -> None:
    prepare_var_dir(tmp_path / "var")
    assert (tmp_path / "var").stat().st_mode & 0o777 == 0o700
