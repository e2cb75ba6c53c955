"""Parts: their URLs, their order, sending one twice, and what the store says about them."""

from collections.abc import Iterator

import pytest
from django.test import Client

from tests.factories import put, start_upload
from tests.uploads.browsing import PART, THREE_PARTS, begin, complete, local_store, part_url, send, sign, source_of


def test_it_signs_each_part_with_its_own_length(alices: Client) -> None:
    video_id = start_upload(alices, size=2 * PART + 4).json()["videoId"]
    items = sign(alices, video_id, [3, 1]).json()["items"]
    assert [(item["number"], item["size"], item["method"]) for item in items] == [(3, 4, "PUT"), (1, PART, "PUT")]
    assert all(item["url"].startswith(f"http://testserver/store/sources/{video_id}/source?") for item in items)


def test_a_part_asked_for_twice_in_one_call_is_signed_once(alices: Client) -> None:
    video_id = start_upload(alices).json()["videoId"]
    assert len(sign(alices, video_id, [1, 1]).json()["items"]) == 1


@pytest.mark.parametrize("numbers", [[], [0], [-1], [2], [1, 2], [10**30], [1] * 101])
def test_it_refuses_parts_that_the_file_does_not_have(alices: Client, numbers: list[int]) -> None:
    video_id = start_upload(alices).json()["videoId"]
    answer = sign(alices, video_id, numbers)
    assert answer.status_code == 422
    assert answer.json() == {
        "code": "upload.wrong-parts",
        "message": "Ask for 1 to 100 parts between 1 and 1.",
    }


def test_the_store_answers_a_part_with_its_etag(alices: Client) -> None:
    video_id = start_upload(alices, size=4).json()["videoId"]
    answer = send(alices, video_id, 1, b"film")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["ETag"] == '"bdbd6db1d8cc09a957e86180fda9442a"'


def test_parts_may_come_in_any_order(alices: Client) -> None:
    video_id = begin(alices, THREE_PARTS, parts=[3, 1, 2])
    assert complete(alices, video_id).status_code == 200
    assert source_of(video_id) == THREE_PARTS


def test_a_part_sent_twice_counts_once(alices: Client) -> None:
    video_id = begin(alices, b"film", parts=[1, 1])
    assert alices.get(f"/api/uploads/{video_id}").json()["parts"] == [{"number": 1, "size": 4}]
    assert complete(alices, video_id).status_code == 200
    assert source_of(video_id) == b"film"


def test_a_part_sent_again_replaces_what_was_there(alices: Client) -> None:
    video_id = begin(alices, b"film", parts=[1])
    send(alices, video_id, 1, b"reel")
    complete(alices, video_id)
    assert source_of(video_id) == b"reel"


def test_an_upload_shows_the_parts_that_have_arrived(alices: Client) -> None:
    video_id = begin(alices, THREE_PARTS, parts=[3, 1])
    parts = alices.get(f"/api/uploads/{video_id}").json()["parts"]
    assert parts == [{"number": 1, "size": PART}, {"number": 3, "size": 4}]


def test_a_part_being_sent_again_is_not_held_until_it_has_arrived(alices: Client) -> None:
    video_id = begin(alices, b"film", parts=[1])
    store, seen = local_store(), []
    upload_id = next(store.uploads.iterdir()).name

    def slowly() -> Iterator[bytes]:
        yield b"re"
        seen.append(alices.get(f"/api/uploads/{video_id}").json()["parts"])
        yield b"el"

    store.put_part(f"sources/{video_id}/source", upload_id, 1, slowly())
    assert seen == [[]]
    assert alices.get(f"/api/uploads/{video_id}").json()["parts"] == [{"number": 1, "size": 4}]


def test_a_full_disk_is_told_in_json_and_the_part_is_not_held(alices: Client) -> None:
    video_id = start_upload(alices, size=4).json()["videoId"]
    data = next(local_store().uploads.iterdir()) / "data"
    data.unlink()
    data.symlink_to("/dev/full")  # every write to it fails as on a full disk
    answer = send(alices, video_id, 1, b"film")
    assert answer.status_code == 503
    assert answer.json() == {
        "code": "store.failed",
        "message": "The storage could not take this. Try again in a moment.",
    }
    assert alices.get(f"/api/uploads/{video_id}").json()["parts"] == []


def test_a_part_for_an_upload_that_was_given_up_is_refused(alices: Client) -> None:
    video_id = start_upload(alices, size=4).json()["videoId"]
    url = part_url(alices, video_id)
    alices.delete(f"/api/uploads/{video_id}")
    answer = put(alices, url, b"film")
    assert answer.status_code == 404
    assert answer.json() == {"code": "store.no-upload", "message": "This upload is finished or was given up."}
