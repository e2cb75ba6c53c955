"""The import rules of docs/architecture.md, read from the source itself."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
APPS = ("vidsite", "uploads", "transcoding", "progress")

MAY_START_PROCESSES = {
    "transcoding/worker/ffmpeg.py",
    "transcoding/worker_process.py",
    "vidsite/local_ecs/container.py",
    "vidsite/supervisor.py",
}
MAY_TALK_TO_AWS = {
    "transcoding/worker/s3_storage.py",
    "uploads/stores/aws.py",
}


def sources() -> list[Path]:
    """Return every module of the product, but for migrations."""
    found = [path for app in APPS for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts]
    return sorted(path.relative_to(ROOT) for path in found)


def imported_by(path: Path) -> Iterator[str]:
    """Yield the dotted name of everything a module imports, wherever in it."""
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively: write the whole name"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def refused(path: Path) -> dict[str, str]:
    """Return what this module must not import, with the reason."""
    app, in_worker = path.parts[0], path.parts[:2] == ("transcoding", "worker")
    rules: dict[str, str] = {}
    if in_worker:
        outsiders = ("django", "celery", "channels", "vidsite", "uploads", "progress")
        rules |= dict.fromkeys(outsiders, "the transcoder is small and knows nothing of the site")
    if app != "vidsite":
        rules["vidsite"] = "settings come from django.conf"
    if app == "uploads":
        rules |= dict.fromkeys(("transcoding", "progress"), "imports run one way: progress, transcoding, uploads")
    if app == "transcoding":
        rules |= dict.fromkeys(("progress", "channels"), "a dead pusher must not touch a job")
    if path.name == "models.py" or path.parts[1:2] == ("models",):
        inner = ("services", "views", "consumers")
        rules |= dict.fromkeys((f"{app}.{name}" for name in inner), "a save() that works is the worst habit here")
        rules |= dict.fromkeys(("channels", "celery"), "a model is data")
    if path.name == "services.py":
        doors = ("views", "consumers", "admin", "api")
        rules |= dict.fromkeys((f"{app}.{name}" for name in doors), "a service is called by doors, never calls one")
        rules |= dict.fromkeys(("channels", "django.http"), "a service knows nothing of requests and sockets")
    if str(path) not in MAY_START_PROCESSES:
        rules["subprocess"] = f"only {', '.join(sorted(MAY_START_PROCESSES))} start processes"
    if str(path) not in MAY_TALK_TO_AWS:
        rules |= dict.fromkeys(("boto3", "botocore"), "only stores, launchers and the worker's storage talk to AWS")
    if path.parts[:2] != ("vidsite", "local_ecs"):
        rules["moto"] = "a site in production has no stand-in for AWS installed"
    rules["tests"] = "production code does not know its tests"
    return rules


@pytest.mark.parametrize("path", sources(), ids=str)
def test_it_imports_only_what_the_architecture_allows(path: Path) -> None:
    for name in imported_by(path):
        for banned, reason in refused(path).items():
            hit = name == banned or name.startswith(f"{banned}.")
            assert not hit, f"{path} must not import {name}: {reason}"


def test_the_worker_imports_nothing_of_ours_but_itself() -> None:
    for path in sources():
        if path.parts[:2] == ("transcoding", "worker"):
            ours = {name for name in imported_by(path) if name.split(".")[0] in APPS}
            assert all(name.startswith("transcoding.worker") for name in ours), f"{path} imports {ours}"


def test_the_transcoding_package_stays_empty_so_that_the_container_can_import_through_it() -> None:
    assert (ROOT / "transcoding" / "__init__.py").read_text() == ""


def test_there_are_exactly_two_domain_signals() -> None:
    signals = [path for path in sources() if "Signal()" in (ROOT / path).read_text()]
    assert [str(path) for path in signals] == ["transcoding/signals.py", "uploads/signals.py"]


def test_nothing_is_hung_on_post_save() -> None:
    for path in sources():
        assert "post_save" not in (ROOT / path).read_text(), f"{path} works in post_save: send a domain signal instead"


def test_what_runs_robustly_after_a_commit_has_a_name_for_the_log() -> None:
    """Django logs the __qualname__ of one that fails; a partial has none, and the request would end in a 500."""
    for path in sources():
        for node in ast.walk(ast.parse((ROOT / path).read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "on_commit":
                robust = any(keyword.arg == "robust" for keyword in node.keywords)
                assert not (robust and isinstance(node.args[0], ast.Call)), f"{path}:{node.lineno}: write a lambda"


@pytest.mark.parametrize("name", ["utils", "helpers", "common", "core"])
def test_there_is_no_module_for_everything(name: str) -> None:
    assert not [path for path in sources() if name in (path.stem, *path.parts[:-1])]


@pytest.mark.parametrize("path", sources(), ids=str)
def test_no_file_is_too_long(path: Path) -> None:
    lines = len((ROOT / path).read_text().splitlines())
    assert lines <= 300, f"{path} has {lines} lines: give it one job"


def test_every_exception_to_a_rule_gives_its_reason() -> None:
    exception = re.compile(r"# (?:noqa|type: ignore|pragma)\b")
    reasoned = re.compile(r"# (?:noqa: [A-Z0-9, ]+[A-Z0-9]|type: ignore\[[a-z, -]+\])(?: [—-]|  #) \S+")
    beside = (path.relative_to(ROOT) for folder in ("tests", "bench") for path in (ROOT / folder).rglob("*.py"))
    for path in sorted([*sources(), *beside]):
        for number, line in enumerate((ROOT / path).read_text().splitlines(), 1):
            if exception.search(line) and path.name != "test_architecture.py":
                assert reasoned.search(line), f"{path}:{number} breaks a rule without saying why"
