"""What a person does in the browser, with the videos on a real S3 server that tells the site of every object."""

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import (  # noqa: F401 — fixtures
    Site,
    Tab,
    chromium,
    heavy_clip,
    long_clip,
    people,
    script,
    short_clip,
)
from tests.e2e.script import Script
from tests.e2e.test_protocol_page import (  # noqa: F401 — likewise
    test_curl_alone_uploads_a_video_by_following_the_page,
)
from tests.e2e.test_watching import (  # noqa: F401 — run here once more, on S3
    errors_of,
    play,
    test_a_person_uploads_watches_while_it_is_encoded_and_after,
    test_a_reload_in_mid_upload_sends_only_the_missing_parts,
    until,
    upload_in_page,
)
from tests.real_s3.ceph import Ceph
from tests.real_s3.sites import s3_settings, site_on_s3

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def settings_of_site(ceph: Ceph) -> dict[str, str]:
    """What makes it a site on S3."""
    return s3_settings(ceph)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, settings_of_site: dict[str, str]) -> Iterator[Site]:
    """One site for this file of tests."""
    with site_on_s3(tmp_path_factory.mktemp("site"), settings_of_site) as running:
        yield running


def rows(site: Site, query: str, *values: str) -> list[Any]:
    """Ask the site's database."""
    with sqlite3.connect(site.var_dir / "vidsite.sqlite3") as database:
        return database.execute(query, values).fetchall()


def test_no_byte_of_a_video_passes_through_the_site(
    people: Any,  # noqa: F811 — the fixture
    site: Site,
    short_clip: Path,  # noqa: F811 — the fixture
    ceph: Ceph,
) -> None:
    tab: Tab = people("onlooker")
    puts: list[str] = []
    segments: list[str] = []
    tab.page.on("request", lambda r: puts.append(r.url) if r.method == "PUT" else None)
    tab.page.on("request", lambda r: segments.append(r.url) if ".m4s" in r.url or ".jpg" in r.url else None)
    upload_in_page(tab, short_clip)
    watch = tab.page.locator("[data-queue] [data-watch]")
    watch.wait_for(state="visible", timeout=60_000)
    watch.click()
    play(tab.page)
    until(tab.page, "document.querySelector('hls-video').currentTime > 1")
    pictures = f"{site.url}/videos/"  # where posters are, which redirect
    assert puts
    assert segments
    assert [url for url in [*puts, *segments] if not url.startswith((ceph.endpoint, pictures))] == []
    assert errors_of(tab) == []


def test_a_video_whose_browser_never_says_complete_is_begun_by_the_stores_own_event(
    script: Script,  # noqa: F811 — the fixture
    site: Site,
    short_clip: Path,  # noqa: F811 — the fixture
) -> None:
    video_id = script.send(short_clip)
    began = time.monotonic()
    snapshot = script.wait(video_id, until=lambda s: s["status"] != "WAITING")
    assert time.monotonic() - began < 30, "the sweep would have found it after a minute"
    assert script.wait(video_id)["status"] == "COMPLETED", snapshot
    key = video_id.replace("-", "")
    assert rows(site, "select noticed_by from uploads_video where id = ?", key) == [("event",)]
    assert rows(site, "select count(*) from transcoding_job where video_id = ?", key) == [(1,)]


def test_the_gateways_messages_are_tallied_by_what_they_came_to(
    script: Script,  # noqa: F811 — the fixture
    site: Site,
    short_clip: Path,  # noqa: F811 — the fixture
) -> None:
    script.wait(script.upload(short_clip))
    taken = rows(site, "select sum(count) from uploads_eventtally where outcome = 'taken'")
    assert taken[0][0] >= 1


def test_an_upload_succeeds_where_the_browser_may_not_read_etags(
    people: Any,  # noqa: F811 — the fixture
    heavy_clip: Path,  # noqa: F811 — the fixture
    ceph: Ceph,
    settings_of_site: dict[str, str],
) -> None:
    s3, bucket = ceph.s3(), settings_of_site["S3_BUCKET"]
    (rule,) = s3.get_bucket_cors(Bucket=bucket)["CORSRules"]
    hidden: Any = {name: value for name, value in rule.items() if name != "ExposeHeaders"}
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [hidden]})
    tab: Tab = people("behind-a-wrong-rule")
    upload_in_page(tab, heavy_clip)
    tab.page.locator("[data-queue] [data-watch]").wait_for(state="visible", timeout=60_000)
    assert errors_of(tab) == []
