"""Django's own files in the local store."""

from django.core.files.base import ContentFile

from tests.uploads.browsing import fetch, local_store
from uploads.stores.files import LocalFiles


def test_a_file_lies_beside_the_videos_and_is_read_by_a_signed_address() -> None:
    files = LocalFiles()
    name = files.save("captions/en.vtt", ContentFile(b"WEBVTT"))
    assert local_store().object_path("files/captions/en.vtt").read_bytes() == b"WEBVTT"
    answer = fetch(files.url(name))
    assert (answer.status_code, answer.body, answer["Content-Type"]) == (200, b"WEBVTT", "text/vtt")
    assert fetch(files.url(name).partition("?")[0]).status_code == 403
