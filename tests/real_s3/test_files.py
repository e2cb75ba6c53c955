"""Django's own files on the real server, by django-storages over the settings of the videos."""

import httpx
import pytest
from django.core.exceptions import SuspiciousOperation
from django.core.files.base import ContentFile

from tests.real_s3.conftest import Bucket
from uploads.stores.files import S3Files


def test_a_file_is_kept_beside_the_videos_and_read_by_a_presigned_address(bucket: Bucket, web: httpx.Client) -> None:
    files = S3Files()
    name = files.save("captions/en.vtt", ContentFile(b"WEBVTT"))
    assert bucket.content("files/captions/en.vtt") == b"WEBVTT"
    answer = web.get(files.url(name))
    assert (answer.content, answer.headers["Content-Type"]) == (b"WEBVTT", "text/vtt")
    assert web.get(files.url(name).partition("?")[0]).status_code == 403


def test_a_second_file_of_a_name_does_not_take_the_place_of_the_first(bucket: Bucket) -> None:
    files = S3Files()
    names = [files.save("poster.jpg", ContentFile(content)) for content in (b"one", b"two")]
    contents = []
    for name in names:
        with files.open(name) as file:
            contents.append(file.read())
    assert contents == [b"one", b"two"]
    files.delete(names[0])
    assert not files.exists(names[0])


@pytest.mark.parametrize("name", ["../sources/a/source", "/etc/passwd"])
def test_a_name_cannot_lead_out_of_its_folder(bucket: Bucket, name: str) -> None:
    with pytest.raises(SuspiciousOperation):
        S3Files().save(name, ContentFile(b"x"))
    assert bucket.keys() == []
