"""A person chooses among qualities, and more of them come, in a real Chromium."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.e2e.conftest import Tab
from tests.e2e.test_watching import choose_quality, errors_of, now, play, until, upload_in_page

pytestmark = pytest.mark.e2e

VIDEO = "document.querySelector('hls-video')"
CHOSEN = "media-rendition-menu [data-quality][aria-checked='true']"
JOURNAL = """() => {
  const video = document.querySelector("hls-video");
  window.journal = {emptied: 0, back: 0};
  let before = 0;
  video.addEventListener("emptied", () => (journal.emptied += 1));
  video.addEventListener("timeupdate", () => {
    if (video.currentTime < before) journal.back += 1;
    before = video.currentTime;
  });
}"""


def watch_early(tab: Tab, clip: Path) -> Page:
    """Upload a clip and open its page as soon as there is something to watch."""
    upload_in_page(tab, clip)
    watch = tab.page.locator("[data-queue] [data-watch]")
    watch.wait_for(state="visible", timeout=60_000)
    watch.click()
    return tab.page


def watch_ready(tab: Tab, clip: Path) -> Page:
    """Upload a clip and open its page anew when all of it is made."""
    page = watch_early(tab, clip)
    until(page, "document.querySelector('[data-badge]').textContent === 'Ready'", seconds=120)
    page.reload()
    return page


def height_is(page: Page, height: int) -> None:
    until(page, f"{VIDEO}.videoHeight === {height}", seconds=20)


def test_the_player_takes_up_the_qualities_that_come_after_the_first(people: Any, long_clip: Path) -> None:
    tab: Tab = people("early")
    page = watch_early(tab, long_clip)
    until(page, f"{VIDEO}?.api?.levels?.length >= 1", seconds=30)
    choose_quality(page, "240p")
    play(page)
    until(page, f"{VIDEO}.currentTime > 1")
    page.evaluate(JOURNAL)
    until(page, f"{VIDEO}.api.levels.length === 4", seconds=120)
    until(page, f"{VIDEO}.videoRenditions.length === 4", seconds=2)
    until(page, "document.querySelector('[data-badge]').textContent === 'Ready'", seconds=120)
    assert page.locator(CHOSEN).get_attribute("data-quality") == "240p"
    assert page.evaluate(f"{VIDEO}.videoHeight") == 240
    assert page.evaluate("[journal.emptied, journal.back]") == [0, 0], "nothing was loaded anew"
    page.evaluate(f"void ({VIDEO}.currentTime = 2, {VIDEO}.play())")  # the film may be near its end by now
    choose_quality(page, "720p")
    height_is(page, 720)
    assert errors_of(tab) == []


def test_a_quality_comes_though_the_network_seemed_slow(people: Any, long_clip: Path) -> None:
    tab: Tab = people("estimated")
    page = watch_ready(tab, long_clip)
    play(page)
    choose_quality(page, "240p")
    height_is(page, 240)
    until(page, f"{VIDEO}.buffered.length && {VIDEO}.buffered.end(0) > 59")
    # Measured on small segments while the machine was busy; at this rate 720p would take longer than the film.
    page.evaluate(f"{VIDEO}.api.bandwidthEstimate = 100_000")
    choose_quality(page, "720p")
    height_is(page, 720)
    assert errors_of(tab) == []


def test_what_was_chosen_stays_when_the_playlist_is_loaded_anew(people: Any, long_clip: Path) -> None:
    tab: Tab = people("renewer")
    page = watch_ready(tab, long_clip)
    play(page)
    page.evaluate(f"Object.assign({VIDEO}, {{playbackRate: 1.5, volume: 0.25}})")
    choose_quality(page, "360p")
    height_is(page, 360)
    page.evaluate(JOURNAL)
    place = now(page)
    failure = '{type: "networkError", details: "levelLoadError", fatal: true, error: new Error("expired")}'
    page.evaluate(f"void {VIDEO}.api.trigger('hlsError', {failure})")
    until(page, "window.journal.emptied > 0")
    until(page, f"{VIDEO}.api?.levels?.length === 4 && {VIDEO}.readyState >= 2", seconds=60)
    height_is(page, 360)
    assert page.locator(CHOSEN).get_attribute("data-quality") == "360p"
    assert page.evaluate(f"[{VIDEO}.playbackRate, {VIDEO}.volume, {VIDEO}.muted]") == [1.5, 0.25, True]
    assert now(page) >= place


def test_a_quality_that_is_not_made_so_far_is_waited_for_in_a_lower_one(people: Any, long_clip: Path) -> None:
    tab: Tab = people("ahead")
    page = watch_ready(tab, long_clip)
    play(page)
    height_is(page, 720)
    made = """async (seconds) => {
      const { offerQualities } = await import("app/player");
      offerQualities(4, {until: new Map([["720p", seconds], ["480p", seconds]]), complete: false});
    }"""
    note = page.locator("[data-player-note]")
    choose_quality(page, "720p")
    page.evaluate(made, 3)
    height_is(page, 360)
    assert note.inner_text() == "720p is not made this far yet. Until it is, you see 360p."
    assert page.locator(CHOSEN).get_attribute("data-quality") == "720p"
    page.evaluate(made, 3600)
    height_is(page, 720)
    assert note.is_hidden()
    assert errors_of(tab) == []


def test_the_items_of_the_quality_menu_are_told_apart(people: Any, long_clip: Path) -> None:
    tab: Tab = people("reader")
    page = watch_ready(tab, long_clip)
    play(page)
    height_is(page, 720)
    items = page.locator("media-rendition-menu [data-quality]")
    until(page, f"{VIDEO}.videoRenditions.length === 4")
    page.locator("media-rendition-menu [aria-label^='Auto (720p)']").wait_for(state="attached")
    names = items.evaluate_all("(all) => all.map((item) => [item.dataset.quality, item.ariaLabel])")
    assert names == [
        ["720p", "Always 720p"],
        ["480p", "Always 480p"],
        ["360p", "Always 360p"],
        ["240p", "Always 240p"],
        ["auto", "Auto (720p), as the network carries"],
    ]
