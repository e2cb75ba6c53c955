"""POST /api/uploads: what is taken, what is refused before its first byte, and what a second call gives."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.fixtures import Settings

from tests.factories import start_upload
from tests.uploads.browsing import Answer, begin, complete, local_store
from uploads.models import Video


def refusal(answer: Answer) -> tuple[int, str, str]:
    """Return status, code and message of an error."""
    body = answer.json()
    assert set(body) == {"code", "message"}
    return answer.status_code, body["code"], body["message"]


def test_it_opens_an_upload_and_says_how_the_file_is_cut(alices: Client) -> None:
    answer = start_upload(alices, size=52_428_800)
    assert answer.status_code == 201
    body = answer.json()
    assert body["name"] == "film.mp4"
    assert (body["size"], body["partSize"], body["partCount"], body["parts"]) == (52_428_800, 8_388_608, 7, [])
    assert body["createdAt"] < body["expiresAt"]


def test_it_makes_a_private_waiting_video_of_the_one_who_asks(alices: Client, alice: User) -> None:
    start_upload(alices, name="my film.mp4")
    video = Video.objects.get()
    assert (video.owner, video.visibility, video.upload_status) == (alice, "private", "WAITING")
    assert (video.title, video.file_name) == ("my film", "my film.mp4")


def test_it_gives_the_same_upload_back_for_the_same_file(alices: Client) -> None:
    first, second = start_upload(alices), start_upload(alices)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()


def test_it_says_which_parts_have_arrived_when_it_gives_an_upload_back(alices: Client) -> None:
    begin(alices, b"film", parts=[1])
    assert start_upload(alices, size=4).json()["parts"] == [{"number": 1, "size": 4}]


@pytest.mark.parametrize("other", [{"name": "other.mp4"}, {"size": 1001}, {"lastModified": 2}])
def test_another_name_size_or_time_is_another_file(alices: Client, other: dict[str, Any]) -> None:
    assert start_upload(alices).json()["videoId"] != start_upload(alices, **other).json()["videoId"]


def test_another_user_with_the_same_file_gets_an_upload_of_their_own(alices: Client, bobs: Client) -> None:
    first, second = start_upload(alices), start_upload(bobs)
    assert second.status_code == 201
    assert first.json()["videoId"] != second.json()["videoId"]


def test_the_same_file_once_more_after_it_was_completed_is_a_new_upload(alices: Client) -> None:
    video_id = begin(alices, b"film", parts=[1])
    complete(alices, video_id)
    again = start_upload(alices, size=4)
    assert again.status_code == 201
    assert again.json()["videoId"] != video_id


def test_the_same_file_once_more_after_its_video_was_deleted_is_a_new_upload(alices: Client) -> None:
    video_id = start_upload(alices).json()["videoId"]
    assert alices.delete(f"/api/videos/{video_id}").status_code == 204
    assert start_upload(alices).status_code == 201


def test_it_refuses_an_empty_file_before_the_first_byte(alices: Client) -> None:
    assert refusal(start_upload(alices, size=0)) == (
        422,
        "upload.empty",
        "“film.mp4” is empty. Choose another file.",
    )
    assert not Video.objects.exists()


def test_it_refuses_a_file_that_is_too_large_and_says_what_the_limit_is(alices: Client, settings: Settings) -> None:
    settings.MAX_UPLOAD_BYTES = 20 * 1024**3
    assert refusal(start_upload(alices, size=31 * 1024**3)) == (
        422,
        "upload.too-large",
        "This file is 31 GB; the largest this site takes is 20 GB.",
    )


def test_it_takes_a_file_of_exactly_the_limit(alices: Client, settings: Settings) -> None:
    settings.MAX_UPLOAD_BYTES = 1000
    assert start_upload(alices, size=1000).status_code == 201
    assert start_upload(alices, size=1001).status_code == 422


@pytest.mark.parametrize(
    ("name", "kind"),
    [("notes.txt", "text/plain"), ("film.exe", ""), ("film", "video/mp4"), ("film.mp4", "text/html"), (".mp4", "")],
)
def test_it_refuses_what_is_no_video_and_says_what_to_choose(alices: Client, name: str, kind: str) -> None:
    assert refusal(start_upload(alices, name=name, type=kind)) == (
        422,
        "upload.wrong-type",
        f"“{name}” is not a video this site takes. Choose a file such as .mp4, .mov, .mkv, .webm or .avi.",
    )


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("film.MP4", "video/mp4"),
        ("film.mkv", ""),
        ("film.mkv", "application/octet-stream"),
        ("film.webm", "video/webm;codecs=vp9"),
        # what a browser on Linux calls these
        ("film.ts", "text/vnd.trolltech.linguist"),
        ("film.asf", "application/vnd.ms-asf"),
        ("film.mxf", "application/mxf"),
        ("film.ogv", "application/ogg"),
    ],
)
def test_it_takes_a_video_by_whatever_type_the_browser_calls_it(alices: Client, name: str, kind: str) -> None:
    assert start_upload(alices, name=name, type=kind).status_code == 201


@pytest.mark.parametrize("kind", ["video/mp4\0", "video/\ud800", "video/" + "x" * 200, "video/<script>"])
def test_a_type_no_database_could_hold_never_reaches_one(alices: Client, kind: str) -> None:
    answer = start_upload(alices, type=kind)
    assert answer.status_code in {201, 422}
    stored = [video.content_type for video in Video.objects.all()]
    assert all("\0" not in each and each.encode() and len(each) <= 100 for each in stored)


def test_it_refuses_one_more_upload_than_a_user_may_have_open(alices: Client, settings: Settings) -> None:
    settings.MAX_UNFINISHED_UPLOADS = 2
    start_upload(alices, name="1.mp4")
    start_upload(alices, name="2.mp4")
    assert refusal(start_upload(alices, name="3.mp4")) == (
        429,
        "upload.too-many",
        "You have 2 unfinished uploads. Finish or discard one first.",
    )


def test_a_user_at_the_limit_still_gets_an_open_upload_back(alices: Client, settings: Settings) -> None:
    settings.MAX_UNFINISHED_UPLOADS = 1
    start_upload(alices)
    assert start_upload(alices).status_code == 200


def test_one_users_unfinished_uploads_do_not_count_for_another(
    alices: Client, bobs: Client, settings: Settings
) -> None:
    settings.MAX_UNFINISHED_UPLOADS, settings.MAX_UNFINISHED_BYTES = 1, 1000
    start_upload(alices, size=1000)
    assert start_upload(bobs, size=1000).status_code == 201


def test_it_refuses_more_unfinished_bytes_than_a_user_may_have_open(alices: Client, settings: Settings) -> None:
    settings.MAX_UNFINISHED_BYTES = 3000
    start_upload(alices, name="1.mp4", size=2000)
    assert refusal(start_upload(alices, name="2.mp4", size=1536)) == (
        429,
        "upload.no-room",
        "This file is 1.5 KB, and your unfinished uploads leave room for 1000 bytes. Finish or discard one first.",
    )


def test_discarding_an_upload_makes_room_for_another(alices: Client, settings: Settings) -> None:
    settings.MAX_UNFINISHED_UPLOADS = 1
    video_id = start_upload(alices, name="1.mp4").json()["videoId"]
    alices.delete(f"/api/uploads/{video_id}")
    assert start_upload(alices, name="2.mp4").status_code == 201


def test_a_refused_upload_leaves_nothing_in_the_store(alices: Client, settings: Settings) -> None:
    settings.MAX_UNFINISHED_UPLOADS = 1
    start_upload(alices, name="1.mp4")
    start_upload(alices, name="2.mp4")
    assert len(list(local_store().uploads.iterdir())) == 1


def test_a_file_last_changed_before_1970_can_be_uploaded(alices: Client) -> None:
    assert start_upload(alices, lastModified=-2_082_844_800_000).status_code == 201


@pytest.mark.parametrize(
    "wrong",
    [{"size": -1}, {"size": "many"}, {"size": 1.5}, {"size": 2**60}, {"name": "x" * 2000}, {"name": None},
     {"lastModified": 2**60}, {"type": "x" * 300}],
)  # fmt: skip
def test_it_refuses_a_body_it_does_not_understand(alices: Client, wrong: dict[str, Any]) -> None:
    status, code, message = refusal(start_upload(alices, **wrong))
    assert (status, code) == (422, "invalid")
    assert message.startswith(f"The request is not understood: {next(iter(wrong))}")


@pytest.mark.parametrize(
    "name",
    ["-f.mp4", "a%03d.mp4", "x:y.mp4", "$(id).mp4", "`id`.mp4", "new\nline.mp4", "tab\there.mp4",
     "evil\u202e4pm.mp4", "🎬🎞️.mp4", "<script>alert(1)</script>.mp4", "a b'\"c.mp4", "../../etc/passwd.mp4",
     "/etc/passwd.mp4", "C:\\films\\one.mp4", "x" * 251 + ".mp4", "é" * 125 + ".mp4", "..mp4", "a..mp4"],
)  # fmt: skip
def test_an_odd_name_is_data_and_never_a_path(alices: Client, name: str) -> None:
    answer = start_upload(alices, name=name)
    assert answer.status_code == 201
    video_id = answer.json()["videoId"]
    assert answer.json()["name"] == name
    assert Video.objects.get().source_key == f"sources/{video_id}/source"
    below = [path.relative_to(local_store().uploads.parent) for path in local_store().uploads.rglob("*")]
    assert {path.parts[2] for path in below if len(path.parts) > 2} == {"data", "parts", "upload.json"}


def test_a_nul_in_a_name_is_left_out(alices: Client) -> None:
    assert start_upload(alices, name="fi\0lm.mp4").json()["name"] == "film.mp4"


def test_a_lone_surrogate_in_a_name_is_refused_or_replaced(alices: Client) -> None:
    answer = start_upload(alices, name="\ud800.mp4")
    assert answer.status_code in {201, 422}
    if answer.status_code == 201:
        assert answer.json()["name"] == "?.mp4"


@pytest.mark.parametrize("name", ["", "   ", "\0", "\n"])
def test_a_file_without_a_name_is_refused(alices: Client, name: str) -> None:
    assert refusal(start_upload(alices, name=name)) == (422, "upload.no-name", "The file has no name.")


def test_a_name_longer_than_any_file_system_knows_is_shortened_before_its_suffix(alices: Client) -> None:
    name = start_upload(alices, name="x" * 600 + ".mp4").json()["name"]
    assert name == "x" * 251 + ".mp4"


def test_the_list_holds_my_unfinished_uploads_newest_first(alices: Client, bobs: Client) -> None:
    start_upload(bobs)
    ids = [start_upload(alices, name=f"{n}.mp4").json()["videoId"] for n in range(3)]
    items = alices.get("/api/uploads").json()["items"]
    assert [item["videoId"] for item in items] == ids[::-1]


def test_the_list_and_the_upload_itself_agree(alices: Client) -> None:
    video_id = start_upload(alices).json()["videoId"]
    assert alices.get("/api/uploads").json()["items"] == [alices.get(f"/api/uploads/{video_id}").json()]
