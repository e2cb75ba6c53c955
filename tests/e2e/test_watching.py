"""A person uploads through the page and watches, in a real Chromium."""

import re
import time
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from tests.e2e.conftest import Site, Tab

pytestmark = pytest.mark.e2e

LIVE_BARS = """() => {
  window.seen = {};
  new MutationObserver(() => {
    for (const row of document.querySelectorAll("[data-bars] [data-quality]")) {
      (window.seen[row.dataset.quality] ??= new Set()).add(row.querySelector("progress").value);
    }
  }).observe(document.body, {subtree: true, childList: true, attributes: true, characterData: true});
}"""


def until(page: Page, expression: str, *, seconds: float = 30) -> None:
    """Wait until an expression holds; Playwright's own wait_for_function needs eval, which the CSP forbids."""
    deadline = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, f"after {seconds} s it does not hold: {expression}"
        page.wait_for_timeout(100)


def seen_values(page: Page) -> dict[str, list[int]]:
    values = page.evaluate("Object.fromEntries(Object.entries(window.seen).map(([q, s]) => [q, [...s]]))")
    return {quality: list(found) for quality, found in values.items()}


def play(page: Page) -> None:
    until(page, "document.querySelector('hls-video')?.readyState >= 2")
    page.evaluate("(() => { const v = document.querySelector('hls-video'); v.muted = true; return v.play() })()")


def now(page: Page) -> float:
    return float(page.evaluate("document.querySelector('hls-video').currentTime"))


def choose_quality(page: Page, quality: str) -> None:
    """Choose in the player's own menu, as a person does: a quality by its name, or "auto"."""
    item = page.locator(f"media-rendition-menu [data-quality='{quality}']")
    for _ in range(5):
        try:
            _open_quality_menu(page, item)
            item.click(timeout=3000)
        except PlaywrightTimeout:  # it was still closing after the last choice
            continue
        return
    pytest.fail(f"the menu does not let {quality} be chosen")


def _open_quality_menu(page: Page, item: Locator) -> None:
    page.hover("media-controller", timeout=3000)
    if page.locator("media-settings-menu").is_hidden():
        page.click("media-settings-menu-button", timeout=3000)
    if not item.is_visible():
        page.click('media-settings-menu-item:has-text("Quality")', timeout=3000)


def errors_of(tab: Tab) -> list[str]:
    return [line for line in tab.said if line.startswith(("error", "pageerror"))]


def upload_in_page(tab: Tab, clip: Path) -> None:
    tab.open("/upload/")
    tab.page.set_input_files("[data-input]", clip)


def test_a_person_uploads_watches_while_it_is_encoded_and_after(people: Any, long_clip: Path) -> None:
    tab: Tab = people("watcher")
    page = tab.page
    upload_in_page(tab, long_clip)
    page.evaluate(LIVE_BARS)

    watch = page.locator("[data-queue] [data-watch]")
    watch.wait_for(state="visible", timeout=60_000)
    assert "COMPLETED" not in page.inner_text("[data-queue]").upper()
    # The sound is encoded before anybody could see its bar move.
    moving = "Object.entries(window.seen).every(([quality, values]) => quality === 'audio' || values.size >= 3)"
    until(page, moving, seconds=60)
    assert set(seen_values(page)) == {"720p", "480p", "360p", "240p", "audio"}

    watch.click()
    play(page)
    began = now(page)
    page.wait_for_timeout(3000)
    status = page.evaluate("fetch(`/api${location.pathname.replace(/.$/, '')}`).then((r) => r.json())")["snapshot"]
    assert status["status"] == "RUNNING", "the clip is too short to be watched while it is encoded"
    assert began < 5, "playback begins at the beginning, not at the edge of what is encoded"
    assert now(page) > began + 1.5

    until(page, "document.querySelector('[data-badge]').dataset.tone === 'good'", seconds=120)
    page.evaluate("(() => { const v = document.querySelector('hls-video'); v.currentTime = 2; return v.play() })()")
    until(page, "document.querySelector('hls-video').currentTime > 4")
    choose_quality(page, "240p")
    until(page, "document.querySelector('hls-video').videoHeight === 240", seconds=20)
    choose_quality(page, "720p")
    until(page, "document.querySelector('hls-video').videoHeight === 720", seconds=20)
    until(page, "Math.abs(document.querySelector('hls-video').duration - 60) < 0.2", seconds=20)
    page.evaluate("document.querySelector('hls-video').currentTime = 58")
    until(page, "document.querySelector('hls-video').ended", seconds=20)
    assert errors_of(tab) == []


def test_after_the_network_was_away_playback_goes_on_where_it_was(people: Any, long_clip: Path) -> None:
    tab: Tab = people("traveller")
    page = tab.page
    upload_in_page(tab, long_clip)
    watch = page.locator("[data-queue] [data-watch]")
    watch.wait_for(state="visible", timeout=60_000)
    watch.click()
    play(page)
    until(page, "document.querySelector('hls-video').currentTime > 3")
    for pattern in ("**/hls/**", "**/store/**"):
        page.route(pattern, lambda route: route.abort())
    until(page, "document.querySelector('hls-video').readyState === 0", seconds=60)
    page.wait_for_timeout(20_000)  # it is loaded anew after 15 seconds, in vain
    page.unroute_all()
    until(page, "document.querySelector('hls-video').currentTime > 3", seconds=30)
    until(page, "!document.querySelector('hls-video').paused", seconds=5)


def test_a_video_that_comes_to_nothing_while_it_is_watched_says_why(people: Any, half_clip: Path) -> None:
    tab: Tab = people("unlucky")
    page = tab.page
    upload_in_page(tab, half_clip)
    watch = page.locator("[data-queue] [data-watch]")
    watch.wait_for(state="visible", timeout=60_000)
    watch.click()
    play(page)
    until(page, "document.querySelector('[data-badge]').dataset.tone === 'bad'", seconds=90)
    page.locator("[data-stage-sentence]", has_text="seconds could be read").wait_for(state="visible", timeout=2000)
    assert page.locator("[data-player]").is_hidden()
    assert errors_of(tab) == []


def test_a_reload_in_mid_upload_sends_only_the_missing_parts(people: Any, heavy_clip: Path) -> None:
    tab: Tab = people("reloader")
    page = tab.page
    sent: list[int] = []
    done: list[int] = []

    def part_of(url: str) -> int:
        return int(re.findall(r"[?&]part(?:Number)?=(\d+)", url)[0])

    page.on("request", lambda r: sent.append(part_of(r.url)) if r.method == "PUT" else None)
    page.on("requestfinished", lambda r: done.append(part_of(r.url)) if r.method == "PUT" else None)
    devtools = tab.context.new_cdp_session(page)
    devtools.send("Network.enable")
    slow = {"offline": False, "latency": 5, "downloadThroughput": -1, "uploadThroughput": 8 * 1024 * 1024}
    devtools.send("Network.emulateNetworkConditions", slow)

    upload_in_page(tab, heavy_clip)
    while len(done) < 2:
        page.wait_for_timeout(50)
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    arrived = {part["number"] for part in _unfinished(page)["parts"]}
    assert arrived, "some parts had arrived before the reload"
    assert arrived < set(range(1, 7)), "and some had not"

    sent.clear()
    devtools.send("Network.emulateNetworkConditions", {**slow, "uploadThroughput": -1})
    page.set_input_files("[data-input]", heavy_clip)
    page.locator("[data-queue] [data-watch]").wait_for(state="visible", timeout=60_000)
    assert sorted(sent) == sorted(set(range(1, 7)) - arrived)
    assert errors_of(tab) == []


def _unfinished(page: Page) -> dict[str, Any]:
    # A part whose answer was under way when the page went is still being stored.
    page.wait_for_timeout(1500)
    items = page.evaluate("fetch('/api/uploads').then((r) => r.json())")["items"]
    assert len(items) == 1
    return dict(items[0])


def test_an_upload_that_was_discarded_elsewhere_leaves_the_library(people: Any) -> None:
    tab: Tab = people("forgetful")
    begun = tab.page.evaluate("""() => {
      window.api = (method, url, body) => fetch(url, {method, body, headers: {
        "Content-Type": "application/json", "X-CSRFToken": document.cookie.match(/csrftoken=([^;]+)/)[1]}});
      return api("POST", "/api/uploads", JSON.stringify({name: "a.mp4", size: 9})).then((answer) => answer.json());
    }""")
    library = tab.context.new_page()
    library.goto("/")
    library.locator(f"[data-video-id='{begun['videoId']}']").wait_for()
    tab.page.evaluate(f"api('DELETE', '/api/uploads/{begun['videoId']}')")
    until(library, "!document.querySelector('[data-videos] [data-video-id]')", seconds=20)


def test_another_user_gets_nothing(people: Any, short_clip: Path, site: Site) -> None:
    owner: Tab = people("owner")
    upload_in_page(owner, short_clip)
    link = owner.page.locator("[data-queue] [data-watch]")
    link.wait_for(state="visible", timeout=60_000)
    path = str(link.get_attribute("href"))
    stranger: Tab = people("stranger")
    api = f"/api{path.rstrip('/')}"
    doors = [
        path,
        f"{path}hls/multivariant.m3u8",
        f"{path}hls/360p.m3u8",
        f"{path}poster.jpg",
        f"{path}storyboard.vtt",
        api,
    ]
    for door in doors:
        theirs = owner.context.request.get(door)
        assert theirs.status == 200, f"{door}: {theirs.status}"
        assert stranger.context.request.get(door).status == 404, door
    code = stranger.page.evaluate(
        """(path) => new Promise((ok) => {
          new WebSocket(`ws://${location.host}/ws${path}`).onclose = (event) => ok(event.code);
        })""",
        path,
    )
    assert code == 4404
    assert stranger.context.request.get("/api/videos").json()["count"] == 0


def test_the_library_shows_states_live_and_a_deleted_video_leaves_it(
    people: Any, short_clip: Path, site: Site
) -> None:
    tab: Tab = people("librarian")
    upload_in_page(tab, short_clip)
    link = tab.page.locator("[data-queue] [data-watch]")
    link.wait_for(state="visible", timeout=60_000)
    video_id = str(link.get_attribute("href")).strip("/").split("/")[-1]
    library = tab.context.new_page()
    library.goto("/")
    until(library, "document.querySelector('[data-badge]')?.dataset.tone === 'good'", seconds=60)
    files = site.var_dir / "store" / "objects"
    assert [*files.glob(f"*/{video_id}/**/*")]
    tab.page.goto(str(link.get_attribute("href")))
    tab.page.click("[data-delete]")
    tab.page.click("dialog[open] button:has-text('Delete')")
    tab.page.wait_for_url("**/")
    until(library, "!document.querySelector('[data-videos] [data-badge]')", seconds=10)
    deadline = time.monotonic() + 10
    while [*files.glob(f"*/{video_id}/**/*")]:
        assert time.monotonic() < deadline, "the files are still there"
        time.sleep(0.1)
    assert errors_of(tab) == []
