""".env.example and the settings tell the same story."""

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINE = re.compile(r"^#([A-Z0-9_]+)=(\S*)", re.MULTILINE)
# In the example this path is relative, and PORT stands for itself in two addresses.
PATHS = {"DATABASE_URL"}
# What programs are told by the system, by Django, and by the demo that starts the stand-in for ECS.
NO_SETTINGS = {"PATH", "DJANGO_SETTINGS_MODULE", "AWS_ENDPOINT_URL_ECS"}
EXAMPLES = dict(LINE.findall((ROOT / ".env.example").read_text()))


def names_read() -> set[str]:
    """Find every name that the wiring reads from the environment."""
    reads = re.compile(r'\b(?:env|Env\(\)|environ)\.[a-z_]+\(\s*"([A-Z0-9_]+)"')
    return {name for file in (ROOT / "vidsite").rglob("*.py") for name in reads.findall(file.read_text())}


def load_settings() -> dict[str, object]:
    values = runpy.run_path(str(ROOT / "vidsite" / "settings.py"))
    return {name: value for name, value in values.items() if name.isupper()}


def test_every_setting_is_in_the_example() -> None:
    assert names_read() - set(EXAMPLES) - NO_SETTINGS == set()


def test_the_example_names_no_setting_that_is_not_read() -> None:
    assert set(EXAMPLES) - names_read() == set()


def test_the_example_gives_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("environs.Env.read_env", lambda *args, **kwargs: True)
    monkeypatch.chdir(ROOT)
    for name in EXAMPLES:
        monkeypatch.delenv(name, raising=False)
    defaults = load_settings()
    for name, value in EXAMPLES.items():
        if name not in PATHS:
            monkeypatch.setenv(name, value)
    assert load_settings() == defaults
