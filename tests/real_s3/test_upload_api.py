"""The upload API with its bytes going to the real server, past the site."""

from typing import Any

import httpx
import pytest
from django.test import Client
from pytest_django.fixtures import DjangoCaptureOnCommitCallbacks

from tests.factories import start_upload
from tests.real_s3.conftest import Bucket
from tests.real_s3.sending import VIDEO, post, put, refusal
from tests.uploads.browsing import PART, THREE_PARTS, Answer, complete, part, sign
from transcoding.models import Job
from uploads.models import NoticedBy, Upload, UploadStatus, Video
from uploads.stores.base import SignedForm, SignedPut

FILM = b"f" * 1000

pytestmark = pytest.mark.usefixtures("bucket")


def send(browser: Client, web: httpx.Client, video_id: str, content: bytes, *numbers: int) -> list[int]:
    """Ask for the addresses of some parts and PUT them there; return how that was answered."""
    items: list[dict[str, Any]] = sign(browser, video_id, [*numbers]).json()["items"]
    return [put(web, signed(item), part(content, item["number"])).status_code for item in items]


def signed(item: dict[str, Any]) -> SignedPut:
    assert item["method"] == "PUT"
    return SignedPut(url=item["url"], headers=item["headers"])


def begin(browser: Client, web: httpx.Client, content: bytes, *numbers: int, **more: str) -> str:
    """Start an upload and send some of its parts; return the video's id."""
    video_id: str = start_upload(browser, size=len(content), **more).json()["videoId"]
    if numbers:
        assert set(send(browser, web, video_id, content, *numbers)) == {200}
    return video_id


def source(bucket: Bucket, video_id: str) -> bytes:
    return bucket.content(f"sources/{video_id}/source")


def facts(answer: Answer) -> tuple[int, str, list[int]]:
    body = answer.json()
    return answer.status_code, body["code"], body["missing"]


def test_a_file_of_three_parts_becomes_a_video_byte_for_byte(
    alices: Client, web: httpx.Client, bucket: Bucket
) -> None:
    video_id = begin(alices, web, THREE_PARTS, 2, 3, 1)
    answer = complete(alices, video_id)
    assert (answer.status_code, answer.json()) == (200, {"videoId": video_id, "status": "UPLOADED"})
    assert source(bucket, video_id) == THREE_PARTS
    assert bucket.open_uploads() == []


def test_what_the_server_says_of_the_source_is_kept(alices: Client, web: httpx.Client, bucket: Bucket) -> None:
    video_id = begin(alices, web, THREE_PARTS, 1, 2, 3)
    complete(alices, video_id)
    video, told = Video.objects.get(), bucket.s3.head_object(Bucket=bucket.name, Key=f"sources/{video_id}/source")
    assert (video.size_bytes, video.source_etag) == (told["ContentLength"], told["ETag"].strip('"'))
    assert (video.upload_status, video.noticed_by) == (UploadStatus.UPLOADED, NoticedBy.BROWSER)


def test_exactly_one_job_is_made_however_often_it_is_completed(alices: Client, web: httpx.Client) -> None:
    video_id = begin(alices, web, THREE_PARTS, 1, 2, 3)
    answers = [complete(alices, video_id) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert [str(job.video_id) for job in Job.objects.all()] == [video_id]


def test_missing_parts_are_named_by_the_server_and_not_by_the_browser(alices: Client, web: httpx.Client) -> None:
    video_id = begin(alices, web, THREE_PARTS, 2)
    assert facts(complete(alices, video_id)) == (409, "upload.incomplete", [1, 3])
    assert not Job.objects.exists()


def test_parts_that_were_missing_are_sent_and_the_upload_is_whole(
    alices: Client, web: httpx.Client, bucket: Bucket
) -> None:
    video_id = begin(alices, web, THREE_PARTS, 2)
    complete(alices, video_id)
    send(alices, web, video_id, THREE_PARTS, 1, 3)
    assert complete(alices, video_id).status_code == 200
    assert source(bucket, video_id) == THREE_PARTS


def test_another_device_goes_on_where_the_first_stopped(alices: Client, web: httpx.Client, bucket: Bucket) -> None:
    begin(alices, web, THREE_PARTS, 1, 3)
    other_device = Client()
    other_device.login(username="alice", password="wonderland-7")
    again = start_upload(other_device, size=len(THREE_PARTS))
    found = again.json()
    assert again.status_code == 200
    assert found["parts"] == [{"number": 1, "size": PART}, {"number": 3, "size": 4}]
    send(other_device, web, found["videoId"], THREE_PARTS, 2)
    assert complete(other_device, found["videoId"]).status_code == 200
    assert source(bucket, found["videoId"]) == THREE_PARTS


def test_a_part_may_be_sent_again(alices: Client, web: httpx.Client, bucket: Bucket) -> None:
    video_id = begin(alices, web, THREE_PARTS, 1, 2, 3)
    send(alices, web, video_id, THREE_PARTS, 3, 2)
    complete(alices, video_id)
    assert source(bucket, video_id) == THREE_PARTS


@pytest.mark.parametrize("size", [1, 1000, PART], ids=["a byte", "small", "just one part"])
def test_a_small_file_is_one_put(alices: Client, web: httpx.Client, bucket: Bucket, size: int) -> None:
    video_id = begin(alices, web, b"s" * size, 1)
    assert bucket.open_uploads() == []
    assert complete(alices, video_id).status_code == 200
    assert source(bucket, video_id) == b"s" * size
    assert bucket.s3.head_object(Bucket=bucket.name, Key=f"sources/{video_id}/source")["ContentType"] == VIDEO


def test_a_small_file_that_did_not_arrive_is_one_missing_part(alices: Client, web: httpx.Client) -> None:
    video_id = begin(alices, web, FILM)
    assert facts(complete(alices, video_id)) == (409, "upload.incomplete", [1])


def test_a_file_whose_type_the_browser_does_not_know_arrives(
    alices: Client, web: httpx.Client, bucket: Bucket
) -> None:
    video_id = begin(alices, web, FILM, 1, name="film.mkv", type="")
    assert complete(alices, video_id).status_code == 200
    assert source(bucket, video_id) == FILM


def test_a_file_may_be_sent_by_a_form(alices: Client, web: httpx.Client, bucket: Bucket) -> None:
    video_id = begin(alices, web, FILM)
    form = alices.post(f"/api/uploads/{video_id}/form").json()
    assert post(web, SignedForm(url=form["url"], fields=form["fields"]), FILM).status_code == 201
    assert complete(alices, video_id).status_code == 200
    assert source(bucket, video_id) == FILM


def test_parts_of_a_file_that_came_by_a_form_after_all_are_freed(
    alices: Client,
    web: httpx.Client,
    bucket: Bucket,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    video_id = begin(alices, web, THREE_PARTS, 1)
    form = alices.post(f"/api/uploads/{video_id}/form").json()
    assert post(web, SignedForm(url=form["url"], fields=form["fields"]), THREE_PARTS).status_code == 201
    with django_capture_on_commit_callbacks(execute=True):
        assert complete(alices, video_id).status_code == 200
    assert bucket.open_uploads() == []
    assert source(bucket, video_id) == THREE_PARTS


def test_the_address_of_a_part_is_refused_for_another_users_upload(
    alices: Client, bobs: Client, web: httpx.Client
) -> None:
    alices_id, bobs_id = (begin(browser, web, THREE_PARTS) for browser in (alices, bobs))
    (item,) = sign(bobs, bobs_id, [3]).json()["items"]
    aimed = SignedPut(url=item["url"].replace(bobs_id, alices_id), headers=item["headers"])
    assert refusal(put(web, aimed, part(THREE_PARTS, 3))) == (403, "SignatureDoesNotMatch")
    assert alices.get(f"/api/uploads/{alices_id}").json()["parts"] == []


def test_a_source_cannot_be_swapped_after_it_was_taken(alices: Client, web: httpx.Client, bucket: Bucket) -> None:
    video_id = begin(alices, web, FILM)
    (item,) = sign(alices, video_id, [1]).json()["items"]
    put(web, signed(item), FILM)
    complete(alices, video_id)
    assert put(web, signed(item), b"e" * len(FILM)).status_code == 412
    assert source(bucket, video_id) == FILM


def test_giving_up_frees_the_parts(alices: Client, web: httpx.Client, bucket: Bucket) -> None:
    video_id = begin(alices, web, THREE_PARTS, 1, 3)
    assert alices.delete(f"/api/uploads/{video_id}").status_code == 204
    assert bucket.open_uploads() == []
    assert not Upload.objects.exists()


def test_a_part_that_comes_after_giving_up_is_refused(alices: Client, web: httpx.Client, bucket: Bucket) -> None:
    video_id = begin(alices, web, THREE_PARTS)
    (item,) = sign(alices, video_id, [3]).json()["items"]
    alices.delete(f"/api/uploads/{video_id}")
    assert put(web, signed(item), part(THREE_PARTS, 3)).status_code == 404
    assert bucket.open_uploads() == []
