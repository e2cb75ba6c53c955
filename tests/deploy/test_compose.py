"""The compose file: valid, and the processes of the operations page."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from tests.deploy.images import SITE
from tests.deploy.template import ROOT

FILE = ROOT / "deploy" / "compose.yaml"
EXAMPLE = ROOT / "deploy" / ".env.example"
SERVICES: dict[str, Any] = yaml.safe_load(FILE.read_text())["services"]
OURS = {name: one for name, one in SERVICES.items() if one["image"] == "vidsite-site"}
LASTING = {name: one for name, one in SERVICES.items() if name != "migrate"}
EACH_OF_OURS = pytest.mark.parametrize("name", sorted(OURS))


def variables() -> dict[str, str]:
    return dict(re.findall(r"^#?([A-Z][A-Z0-9_]*)=(\S*)", EXAMPLE.read_text(), re.MULTILINE))


def test_it_is_what_the_compose_specification_says() -> None:
    program = Path(sys.executable).with_name("check-jsonschema")
    command = [str(program), "--builtin-schema", "vendor.compose-spec", str(FILE)]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr


def test_it_runs_every_process_and_one_clock() -> None:
    assert set(SERVICES) == {
        "site", "transcode", "housekeeping", "beat", "events", "migrate", "database", "redis",
    }  # fmt: skip
    assert [name for name, one in SERVICES.items() if "beat" in one.get("command", [])] == ["beat"]


def test_both_queues_of_the_settings_have_a_worker() -> None:
    consumed = {
        one["command"][one["command"].index("-Q") + 1] for one in OURS.values() if "-Q" in one.get("command", [])
    }
    routes = settings.CELERY_TASK_ROUTES.values()
    assert consumed == {settings.CELERY_TASK_DEFAULT_QUEUE, *(route["queue"] for route in routes)}


@EACH_OF_OURS
def test_what_is_ours_writes_to_its_volumes_alone_and_gains_no_rights(name: str) -> None:
    service = OURS[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    made = re.findall(r'"\$VAR_DIR/(\w+)"', SITE.read_text())
    for volume in service["volumes"]:
        source, target = volume.split(":")
        assert target == f"/var/lib/vidsite/{source}"
        assert source in made, "a volume has the rights of the directory in the image: without one it is root's"


@EACH_OF_OURS
def test_nothing_of_ours_starts_before_the_database_is_up_to_date(name: str) -> None:
    waits = OURS[name]["depends_on"]
    assert waits["database"] == {"condition": "service_healthy"}
    assert name == "migrate" or waits["migrate"] == {"condition": "service_completed_successfully"}


def test_what_lasts_is_started_again_and_looked_after() -> None:
    assert {one["restart"] for one in LASTING.values()} == {"unless-stopped"}
    assert SERVICES["migrate"]["restart"] == "no"
    assert {name for name, one in LASTING.items() if "healthcheck" not in one} == {"events"}


def test_a_worker_that_is_stopped_hands_its_job_back() -> None:
    for name in ("transcode", "housekeeping"):
        assert OURS[name]["environment"]["REMAP_SIGTERM"] == "SIGQUIT"


def test_the_site_answers_to_the_name_by_which_transcoders_and_the_health_check_call_it() -> None:
    environment = OURS["site"]["environment"]
    hosts = environment["ALLOWED_HOSTS"].split(",")
    assert {"site", "127.0.0.1"} < set(hosts)
    assert environment["REPORT_URL"].endswith(":-http://site:8000}")
    assert "http://127.0.0.1:8000/healthz" in OURS["site"]["healthcheck"]["test"][-1]


def test_only_the_site_is_reached_from_outside_and_only_by_this_machine_unless_told_otherwise() -> None:
    assert {name: one["ports"] for name, one in SERVICES.items() if "ports" in one} == {
        "site": ["${PUBLISH:-127.0.0.1:8000}:8000"]
    }


def test_no_secret_stands_in_the_file_and_a_missing_one_is_named() -> None:
    text = FILE.read_text()
    for secret in ("SECRET_KEY", "POSTGRES_PASSWORD"):
        assert f"${{{secret}:?set {secret} in deploy/.env}}" in text
        assert variables()[secret] == ""


def test_everything_in_the_example_is_read_by_the_compose_file_or_by_the_site() -> None:
    by_compose = set(re.findall(r"\$\{([A-Z_]+)", FILE.read_text())) | {"COMPOSE_PROFILES"}
    by_amazon = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
    by_site = set(re.findall(r'env\.[a-z_]+\(\s*"([A-Z0-9_]+)"', (ROOT / "vidsite" / "settings.py").read_text()))
    assert set(variables()) - by_compose - by_amazon - by_site == set()
    assert by_compose - set(variables()) == set()


def test_every_image_that_is_not_ours_is_pinned_to_a_release() -> None:
    others = [one["image"] for one in SERVICES.values() if one["image"] != "vidsite-site"]
    assert all(re.fullmatch(r"[a-z]+:\d+\.\d+(\.\d+)?-bookworm", image) for image in others), others
