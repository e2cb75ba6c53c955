"""The transcoder is a process of its own that knows nothing of the site."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from pytest_django.fixtures import Settings

from tests.factories import launched, running, uploaded_video
from transcoding import attempts, worker_process
from transcoding.models import Attempt
from transcoding.tasks import transcode_video
from transcoding.tokens import attempt_of
from transcoding.worker.spec import JobSpec
from transcoding.worker.storage_spec import SourceObject
from uploads.models import Video

STAND_IN = """
import json, os, sys
told = json.load(sys.stdin)
with open("told.json", "w") as file:
    json.dump({"spec": told, "environment": dict(os.environ), "cwd": os.getcwd()}, file)
sys.exit(told.get("exit", 0))
"""


@pytest.fixture
def stand_in(tmp_path: Path, settings: Settings) -> Path:
    """A transcoder that writes down what it was told, and exits as it was told; returns the file."""
    program = tmp_path / "site" / "transcoding" / "worker"
    program.mkdir(parents=True)
    (program.parent / "__init__.py").touch()
    (program / "__init__.py").touch()
    (program / "__main__.py").write_text(STAND_IN)
    settings.BASE_DIR = tmp_path / "site"
    return tmp_path / "site" / "told.json"


def test_the_program_reads_its_specification_from_standard_input(stand_in: Path) -> None:
    spec = {"jobId": "1", "name": "ünïcode"}

    assert worker_process.run(json.dumps(spec)) == 0
    assert json.loads(stand_in.read_text())["spec"] == spec


def test_the_exit_status_is_handed_on(stand_in: Path) -> None:
    assert worker_process.run(json.dumps({"exit": 3})) == 3


def test_no_secret_of_the_site_is_in_its_environment(stand_in: Path) -> None:
    worker_process.run("{}")

    environment = json.loads(stand_in.read_text())["environment"]
    assert os.environ["SECRET_KEY"]
    assert set(environment) <= {"PATH", "LANG", "TMPDIR", "LC_CTYPE", "AWS_CA_BUNDLE"}


@pytest.fixture
def aws_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "AWS_UNKNOWN", "HOME"):
        monkeypatch.setenv(name, "x")


@pytest.mark.usefixtures("aws_environment")
@pytest.mark.parametrize(
    "storage", [{"kind": "local", "root": "/srv"}, {"kind": "s3", "credentials": {"accessKeyId": "id"}}]
)
def test_the_credentials_of_the_machine_are_for_nobody_who_has_others(stand_in: Path, storage: object) -> None:
    worker_process.run(json.dumps({"storage": storage}))

    environment = json.loads(stand_in.read_text())["environment"]
    assert set(environment) <= {"PATH", "LANG", "TMPDIR", "LC_CTYPE", "AWS_CA_BUNDLE"}


@pytest.mark.usefixtures("aws_environment")
def test_a_bucket_without_credentials_is_reached_with_those_of_the_machine(stand_in: Path) -> None:
    worker_process.run(json.dumps({"storage": {"kind": "s3", "credentials": None}}))

    environment = json.loads(stand_in.read_text())["environment"]
    assert {"AWS_ACCESS_KEY_ID", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "HOME"} <= set(environment)
    assert not {"AWS_UNKNOWN", "SECRET_KEY", "DATABASE_URL", "DJANGO_SETTINGS_MODULE"} & set(environment)


def test_a_program_that_dies_without_reading_is_noticed(stand_in: Path) -> None:
    (stand_in.parent / "transcoding" / "worker" / "__main__.py").write_text("import os; os.kill(os.getpid(), 9)")

    assert worker_process.run(json.dumps({"padding": "x" * 1_000_000})) == -signal.SIGKILL


@pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_PDEATHSIG is Linux's")
def test_the_program_is_stopped_when_the_process_that_started_it_is_killed(stand_in: Path, tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    (stand_in.parent / "transcoding" / "worker" / "__main__.py").write_text(
        f"import os, time\nopen({str(pid_file)!r}, 'w').write(str(os.getpid()))\ntime.sleep(60)"
    )
    parent = (
        "import django; django.setup()\n"
        "from django.conf import settings\n"
        "from transcoding import worker_process\n"
        f"settings.BASE_DIR = {str(stand_in.parent)!r}\n"
        "worker_process.run('{}')"
    )
    root = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "vidsite.settings"}
    with subprocess.Popen([sys.executable, "-c", parent], cwd=root, env=environment) as process:
        pid = _when(lambda: pid_file.exists() and pid_file.read_text())
        process.kill()
    _when(lambda: not _is_alive(int(pid)))


def _when(answer: object, seconds: float = 30) -> str:
    assert callable(answer)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if told := answer():
            return str(told)
        time.sleep(0.05)
    pytest.fail("it did not come about")


def _is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.mark.usefixtures("redis")
def test_a_transcoder_that_ends_without_a_word_is_lost(stand_in: Path, alice: User) -> None:
    attempt = launched(uploaded_video(alice))
    transcode_video(job_id=str(attempt.job_id), attempt=1)

    attempt.refresh_from_db()
    assert attempt.status == "LOST"
    assert "exit status 0" in attempt.end_reason


@pytest.mark.usefixtures("redis")
def test_an_attempt_that_another_has_claimed_starts_nothing(stand_in: Path, alice: User) -> None:
    attempt = running(uploaded_video(alice))
    transcode_video(job_id=str(attempt.job_id), attempt=1)

    assert not stand_in.exists()
    assert Attempt.objects.get(pk=attempt.pk).status == "RUNNING"


@pytest.mark.django_db
def test_a_message_about_a_job_that_is_gone_does_nothing(stand_in: Path) -> None:
    transcode_video(job_id=str(uuid4()), attempt=1)

    assert not stand_in.exists()


@pytest.mark.usefixtures("redis")
def test_the_specification_is_the_one_of_the_protocol(alice: User, settings: Settings) -> None:
    settings.LADDER = [360, 1080, 540, 360]
    settings.REPORT_URL = "http://site"
    attempt = running(uploaded_video(alice))
    spec = attempts.job_spec(attempt)

    assert [rung.quality for rung in spec.ladder] == ["1080p", "540p", "360p"]
    assert spec.report_url == f"http://site/api/jobs/{attempt.job_id}/reports"
    assert spec.output_prefix == f"renditions/{attempt.job.video_id}/{attempt.job_id}/"
    assert attempt_of(spec.token, attempt.job_id) == 1
    assert JobSpec.from_json(spec.to_json()) == spec


@pytest.mark.usefixtures("redis")
def test_the_specification_names_exactly_the_source_that_was_taken(alice: User) -> None:
    video = uploaded_video(alice)
    Video.objects.filter(pk=video.pk).update(source_etag="a-mark", source_version="a-version")
    source = attempts.job_spec(running(Video.objects.get(pk=video.pk))).source

    assert source == SourceObject(key=video.source_key, etag="a-mark", version="a-version")
