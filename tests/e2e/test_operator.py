"""An operator watches what a video costs, and stops and starts jobs, in a real Chromium."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import ROOT, Site, Tab, run_site

pytestmark = pytest.mark.e2e

PROMOTE = "from django.contrib.auth.models import User; User.objects.update(is_staff=True, is_superuser=True)"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site whose CPU hours have a price."""
    yield from run_site(tmp_path_factory.mktemp("priced-site"), PRICE_CELERY_VCPU_HOUR="3.6")


@pytest.fixture
def tab(people: Any, site: Site) -> Tab:
    """A person who has become an operator."""
    tab: Tab = people("operator")
    environment = {"PATH": os.environ["PATH"], "VAR_DIR": str(site.var_dir)}
    subprocess.run([sys.executable, "manage.py", "shell", "-v0", "-c", PROMOTE], cwd=ROOT, env=environment, check=True)
    return tab


def upload(tab: Tab, clip: Path) -> str:
    """Upload a clip and return the address of its watch page."""
    tab.open("/upload/")
    tab.page.set_input_files("[data-input]", clip)
    watch = tab.page.locator("[data-queue] [data-watch]")
    watch.wait_for(state="visible", timeout=60_000)
    return str(watch.get_attribute("href"))


def test_the_cost_appears_when_the_video_is_complete(tab: Tab, long_clip: Path) -> None:
    page = tab.page
    page.goto(upload(tab, long_clip))
    expect(page.locator("[data-cost]")).to_be_hidden()
    expect(page.locator("[data-progress-panel] [data-badge]")).to_have_attribute("data-tone", "good", timeout=120_000)
    expect(page.locator("[data-cost]")).to_have_text(re.compile(r"^Transcoding cost 0\.\d{4} USD$"), timeout=10_000)
    assert [line for line in tab.said if line.startswith(("error", "pageerror"))] == []


def test_a_job_is_stopped_and_started_again_from_its_page(tab: Tab, long_clip: Path) -> None:
    page = tab.page
    upload(tab, long_clip)
    page.goto("/admin/transcoding/job/")
    page.click("#result_list tbody tr:first-child th a")
    for button, verb, status in (("Cancel…", "Cancel", "Cancelled"), ("Try again…", "Try again", "")):
        page.click(f"button:has-text('{button}')")
        expect(page.locator("#content h1")).to_have_text(f"{verb}?")
        expect(page.locator("#content td").last).to_contain_text("USD")
        page.click(f"#content input[type=submit][value='Yes, {verb.lower()}']")
        expect(page.locator(".messagelist .success")).to_be_visible()
        expect(page.locator(".field-status").first).to_contain_text(status)
    expect(page.locator(".field-number .readonly").first).to_have_text("2")
    page.click("button:has-text('Cancel…')")
    page.click("#content input[type=submit]")
    expect(page.locator(".field-status").first).to_contain_text("Cancelled")
