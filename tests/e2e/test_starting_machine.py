"""A person sees a machine being started for their video, in a real Chromium, on a site that launches on ECS."""

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.conftest import Site, Tab, run_site
from tests.transcoding.ecs.cluster import Cluster, running_cluster

pytestmark = pytest.mark.e2e

SECRET = "known-to-EventBridge-alone"
ON_ECS = {
    "LAUNCHER": "ecs", "ECS_CLUSTER": "films", "ECS_TASK_DEFINITION": "transcoder:7", "ECS_SUBNETS": "subnet-1",
    "ECS_SECURITY_GROUPS": "sg-1", "ECS_REGION": "eu-central-1", "ECS_EVENT_SECRETS": SECRET,
    "ECS_FALLBACK_SECONDS": "600", "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing",
}  # fmt: skip
FULL = {"reason": "RESOURCE:CPU"}
AGES = """() => {
  window.ages = [];
  const note = () => {
    const age = document.querySelector("[role=timer]")?.textContent;
    if (age && age !== window.ages.at(-1)) window.ages.push(age);
  };
  note();
  new MutationObserver(note).observe(document.body, {subtree: true, childList: true, characterData: true});
}"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """The cluster whose tasks the tests move on."""
    with running_cluster() as server:
        yield server


@pytest.fixture(scope="module")
def site(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site that launches on that cluster."""
    endpoint = f"http://127.0.0.1:{cluster.server_port}"
    yield from run_site(tmp_path_factory.mktemp("ecs-site"), AWS_ENDPOINT_URL_ECS=endpoint, **ON_ECS)


@pytest.fixture
def moves(site: Site, cluster: Cluster) -> Any:
    """Return a function that moves the newest task on, and tells the site as EventBridge does."""

    def move(status: str) -> None:
        task = next(reversed(cluster.tasks.values()))
        task |= {"lastStatus": status, "version": task["version"] + 1}
        event = {"source": "aws.ecs", "detail-type": "ECS Task State Change", "detail": task}
        answer = httpx.post(f"{site.url}/hooks/ecs/", json=event, headers={"X-Api-Key": SECRET}, trust_env=False)
        # A poll may have come first.
        assert answer.json() in ({"taken": 1}, {"repeated": 1})

    return move


@pytest.fixture
def tab(people: Any, cluster: Cluster, short_clip: Path) -> Tab:
    """A person whose upload is complete while the cluster has no room."""
    cluster.forget()
    cluster.failures = [FULL]
    tab: Tab = people("starter")
    tab.open("/upload/")
    tab.page.set_input_files("[data-input]", short_clip)
    expect(tab.page.locator("[data-queue] [data-line]")).to_contain_text("Waiting for a machine…", timeout=30_000)
    return tab


def make_room(cluster: Cluster) -> None:
    """Let the cluster start the task for which the site asks again."""
    cluster.failures = []
    deadline = time.monotonic() + 90
    while not cluster.tasks:
        assert time.monotonic() < deadline, "the site asked for no task"
        time.sleep(0.1)


def shows(page: Page, where: str, sentence: str) -> None:
    """Wait until a line shows a sentence and an age."""
    expect(page.locator(where)).to_have_text(re.compile(rf"^{re.escape(sentence)} (\d+ min )?\d+ s$"), timeout=30_000)


def seconds(age: str) -> int:
    """Return an age in seconds: "1 min 20 s" is 80."""
    minutes, _, rest = age.rpartition(" min ")
    return 60 * int(minutes or 0) + int(rest.removesuffix(" s"))


def test_every_page_shows_where_the_start_of_a_machine_is(tab: Tab, cluster: Cluster, moves: Any) -> None:
    library, watch = tab.context.new_page(), tab.context.new_page()
    library.goto("/")
    watch.goto(str(library.locator("[data-videos] [data-title]").get_attribute("href")))
    lines = [
        (tab.page, "[data-queue] [data-line]"),
        (library, "[data-videos] [data-sentence]"),
        (watch, "[data-stage-sentence]"),
        (watch, "[data-progress-panel] [data-sentence]"),
    ]
    for page, where in lines:
        shows(page, where, "Waiting for a machine…")
    assert "RESOURCE:CPU" not in watch.content()
    make_room(cluster)
    for page, where in lines:
        shows(page, where, "Starting a machine…")
    moves("PENDING")
    moves("RUNNING")
    for page, where in lines:
        shows(page, where, "The machine is starting its work…")
    for page in (library, watch):
        expect(page.locator("[data-badge]").first).to_have_text("Starting")


def test_a_video_that_the_library_finds_beside_another_new_one_has_an_age(tab: Tab, short_clip: Path) -> None:
    library, found = tab.context.new_page(), "00000000-0000-4000-8000-000000000000"

    def add(route: Route) -> None:
        answer = route.fetch()
        page = answer.json()
        video = page["items"][0]
        page["items"].insert(0, {**video, "videoId": found, "snapshot": {**video["snapshot"], "videoId": found}})
        route.fulfill(response=answer, json=page)

    library.goto("/")
    shows(library, "[data-videos] [data-sentence]", "Waiting for a machine…")
    library.route("**/api/videos?*", add)
    library.evaluate(AGES)
    tab.page.set_input_files("[data-input]", short_clip)
    shows(library, f"[data-video-id='{found}'] [data-sentence]", "Waiting for a machine…")
    assert [age for age in library.evaluate("window.ages") if "NaN" in age] == []


def test_the_age_counts_on_by_itself_and_never_back(tab: Tab) -> None:
    page = tab.page
    page.evaluate(AGES)
    expect(page.locator("[role=timer]")).to_have_text(re.compile(r"^(1[2-9]|[2-9]\d) s$"), timeout=60_000)
    ages = [seconds(age) for age in page.evaluate("window.ages")]
    assert ages == sorted(ages)
    assert len(ages) >= 5


def test_no_screen_reader_is_told_each_second(tab: Tab) -> None:
    watch = tab.context.new_page()
    watch.goto("/")
    watch.locator("[data-videos] [data-title]").click()
    shows(watch, "[data-stage-sentence]", "Waiting for a machine…")
    live = "[aria-live]:not([aria-live=off]), [role=status], [role=alert], [role=log], output"
    for page in (tab.page, watch):
        inside = f"[...document.querySelectorAll({live!r})].some((region) => region.querySelector('[role=timer]'))"
        assert page.evaluate(inside) is False
