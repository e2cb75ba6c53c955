"""The store on local disk, without the site around it."""

from pathlib import Path

import pytest

from uploads.stores import NoSuchUpload, StoreError
from uploads.stores.local import LocalStore

KEY = "sources/a/source"


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    """A store of its own."""
    return LocalStore(tmp_path / "store")


def opened(store: LocalStore, *, part_size_bytes: int = 4) -> str:
    return store.create_upload(KEY, content_type="video/mp4", size_bytes=9, part_size_bytes=part_size_bytes)


def test_parts_lie_at_their_own_offset_whatever_their_order(store: LocalStore) -> None:
    upload_id = opened(store)
    for number, body in ((3, b"c"), (1, b"aaaa"), (2, b"bbbb")):
        store.put_part(KEY, upload_id, number, [body])
    store.complete_upload(KEY, upload_id, store.list_parts(KEY, upload_id))
    assert store.object_path(KEY).read_bytes() == b"aaaabbbbc"


def test_an_object_is_not_there_before_it_is_whole(store: LocalStore) -> None:
    upload_id = opened(store)
    store.put_part(KEY, upload_id, 1, [b"aaaa"])
    assert store.head(KEY) is None


def test_an_upload_is_of_one_key_alone(store: LocalStore) -> None:
    upload_id = opened(store)
    with pytest.raises(NoSuchUpload):
        store.put_part("sources/b/source", upload_id, 1, [b"aaaa"])
    assert store.list_parts("sources/b/source", upload_id) == []


@pytest.mark.parametrize("upload_id", ["", "..", "../objects", "0" * 32, "0" * 31 + "/"])
def test_an_upload_id_is_never_a_path(store: LocalStore, upload_id: str) -> None:
    with pytest.raises(NoSuchUpload):
        store.put_part(KEY, upload_id, 1, [b"aaaa"])


def test_giving_up_an_upload_twice_is_fine(store: LocalStore) -> None:
    upload_id = opened(store)
    store.abort_upload(KEY, upload_id)
    store.abort_upload(KEY, upload_id)
    assert [*store.uploads.iterdir()] == []


def test_completing_twice_says_that_the_upload_is_gone(store: LocalStore) -> None:
    upload_id = opened(store)
    store.put_part(KEY, upload_id, 1, [b"aaaa"])
    parts = store.list_parts(KEY, upload_id)
    store.complete_upload(KEY, upload_id, parts)
    with pytest.raises(NoSuchUpload):
        store.complete_upload(KEY, upload_id, parts)
    assert store.object_path(KEY).read_bytes() == b"aaaa"


def test_deleting_a_prefix_takes_nothing_beside_it(store: LocalStore) -> None:
    for key in ("renditions/a/1/seg", "renditions/a/2/seg", "renditions/ab/1/seg"):
        path = store.object_path(key)
        path.parent.mkdir(parents=True)
        path.write_bytes(b"x")
    store.delete_prefix("renditions/a/")
    assert [path.name for path in (store.objects / "renditions").iterdir()] == ["ab"]


def test_deleting_a_prefix_where_nothing_is_is_fine(store: LocalStore) -> None:
    store.delete_prefix("renditions/a/")


@pytest.mark.parametrize("prefix", ["renditions/a", ""])
def test_a_prefix_ends_in_a_slash(store: LocalStore, prefix: str) -> None:
    with pytest.raises(ValueError, match="not a prefix"):
        store.delete_prefix(prefix)


@pytest.mark.parametrize("prefix", ["/", "../", "renditions/../", "renditions/"])
def test_a_prefix_is_always_of_one_video(store: LocalStore, prefix: str) -> None:
    with pytest.raises(StoreError):
        store.delete_prefix(prefix)


def test_what_cannot_be_deleted_is_told(store: LocalStore, tmp_path: Path) -> None:
    (store.objects / "renditions").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (store.objects / "renditions" / "a").symlink_to(tmp_path / "elsewhere")  # rmtree refuses to follow it
    with pytest.raises(StoreError):
        store.delete_prefix("renditions/a/")
    assert (tmp_path / "elsewhere").exists()


def test_an_object_that_a_transcoder_wrote_has_an_etag_too(store: LocalStore) -> None:
    path = store.object_path("renditions/a/seg")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"x")
    before = store.head("renditions/a/seg")
    path.write_bytes(b"xy")
    after = store.head("renditions/a/seg")
    assert before
    assert after
    assert before.etag != after.etag


def test_a_transcoder_is_told_where_the_objects_lie(store: LocalStore) -> None:
    assert store.worker_access() == {"kind": "local", "root": str(store.objects)}
