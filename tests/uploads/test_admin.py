"""What an operator sees of videos, arrivals and events."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from tests.factories import uploaded_video
from tests.uploads.browsing import begin, fetch
from uploads.models import Arrival, EventTally, Video
from uploads.stores import StoreError, get_store

pytestmark = pytest.mark.usefixtures("redis")


@pytest.fixture
def admins(admin: User) -> Client:
    """A browser in which the operator is signed in."""
    browser = Client()
    browser.force_login(admin)
    return browser


@pytest.fixture
def video(alice: User) -> Video:
    """A video whose source has arrived."""
    return uploaded_video(alice, name="Ferien <1>.mp4", content=b"film")


def download(browser: Client, video: Video) -> Any:
    return browser.get(f"/admin/uploads/video/{video.pk}/source/")


@pytest.mark.parametrize(
    "path", ["video/", "video/?noticed_by__exact=browser&q=Ferien", "arrival/", "arrival/?q=abc", "eventtally/"]
)
def test_the_lists_render(admins: Client, video: Video, path: str) -> None:
    EventTally.objects.create(day=timezone.now().date(), transport="sns", outcome="taken", count=3)
    assert admins.get(f"/admin/uploads/{path}").status_code == 200


def test_the_page_of_a_video_shows_who_told_of_it_and_what_arrived(admins: Client, video: Video) -> None:
    page = admins.get(f"/admin/uploads/video/{video.pk}/change/").content.decode()
    assert "the uploader&#x27;s own call" in page
    assert Arrival.objects.get().version in page
    assert f"/admin/uploads/video/{video.pk}/source/" in page


def test_the_list_shows_why_a_video_was_rejected(admins: Client, video: Video) -> None:
    Video.objects.update(rejection="source.too-large")
    assert "source.too-large" in admins.get("/admin/uploads/video/").content.decode()


def test_an_operator_downloads_a_source_by_a_link_that_is_good_for_a_while(admins: Client, video: Video) -> None:
    answer = download(admins, video)
    assert answer.status_code == 302
    assert fetch(answer["Location"]).body == b"film"


def test_the_link_names_the_file_and_ends_after_ten_minutes(
    admins: Client, video: Video, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, asked = get_store(), []
    sign_get = store.sign_get

    def note(key: str, **facts: Any) -> str:
        asked.append((key, facts))
        return sign_get(key, **facts)

    monkeypatch.setattr(store, "sign_get", note)
    download(admins, video)
    ((key, facts),) = asked
    assert (key, facts["download_name"]) == (video.source_key, "Ferien <1>.mp4")
    assert facts["expires_at"] - facts["starts_at"] == timedelta(minutes=10)


def test_a_store_that_gives_no_link_is_told(admins: Client, video: Video, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> str:
        raise StoreError("no credentials")

    monkeypatch.setattr(get_store(), "sign_get", fail)
    answer = admins.get(f"/admin/uploads/video/{video.pk}/source/", follow=True)
    assert "The store gives no link to this source: no credentials." in answer.content.decode()


def test_a_video_that_has_not_arrived_has_no_link(alices: Client, admins: Client) -> None:
    begin(alices, b"film", parts=[])
    waiting = Video.objects.get()
    assert "Download source" not in admins.get(f"/admin/uploads/video/{waiting.pk}/change/").content.decode()
    assert download(admins, waiting).status_code == 404


def test_who_may_view_videos_may_download_and_no_other_staff(bob: User, bobs: Client, video: Video) -> None:
    User.objects.filter(pk=bob.pk).update(is_staff=True)
    assert download(bobs, video).status_code == 403
    bob.user_permissions.add(Permission.objects.get(codename="view_video"))
    assert download(bobs, video).status_code == 302


def test_who_is_no_staff_is_asked_to_sign_in_as_such(alices: Client, video: Video) -> None:
    answer = download(alices, video)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/admin/login/")


@pytest.mark.parametrize("model", ["video", "arrival", "eventtally"])
def test_nothing_is_made_changed_or_deleted_by_hand(admins: Client, video: Video, model: str) -> None:
    EventTally.objects.create(day=timezone.now().date(), transport="sns", outcome="taken")
    pk = {"video": video.pk, "arrival": Arrival.objects.get().pk, "eventtally": EventTally.objects.get().pk}[model]
    page = f"/admin/uploads/{model}/{pk}"
    assert admins.get(f"/admin/uploads/{model}/add/").status_code == 403
    assert admins.get(f"{page}/delete/").status_code == 403
    assert admins.post(f"{page}/change/", {}).status_code == 403
    assert 'name="_save"' not in admins.get(f"{page}/change/").content.decode()
