"""Objects as files under one directory."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from transcoding.worker.errors import PlatformError, SourceError
from transcoding.worker.storage import LocalStorage, disk_errors
from transcoding.worker.storage_spec import SourceObject


def go_on() -> None:
    pass


def stored_source(tmp_path: Path, *, mark: str | None) -> SourceObject:
    folder = tmp_path / "store" / "sources" / "video"
    folder.mkdir(parents=True)
    (folder / "source").write_bytes(b"content")
    if mark is not None:
        (folder / "source.etag").write_text(mark)
    return SourceObject(key="sources/video/source")


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "store")


def test_it_publishes_and_downloads(tmp_path: Path, storage: LocalStorage) -> None:
    (tmp_path / "a").write_bytes(b"content")
    storage.publish(tmp_path / "a", "x/y/z", check=go_on)
    storage.download(SourceObject(key="x/y/z"), tmp_path / "b", check=go_on)
    assert (tmp_path / "b").read_bytes() == b"content"
    assert storage.size(SourceObject(key="x/y/z"), check=go_on) == 7


def test_publishing_again_replaces_and_leaves_no_temporary_file(tmp_path: Path, storage: LocalStorage) -> None:
    (tmp_path / "a").write_bytes(b"content")
    storage.publish(tmp_path / "a", "x/y", check=go_on)
    storage.publish(tmp_path / "a", "x/y", check=go_on)
    assert [path.name for path in (tmp_path / "store" / "x").iterdir()] == ["y"]


def test_it_copies_where_there_are_no_links(
    tmp_path: Path, storage: LocalStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object, **_options: object) -> None:
        raise OSError("another file system")

    monkeypatch.setattr(os, "link", refuse)
    (tmp_path / "a").write_bytes(b"content")
    storage.publish(tmp_path / "a", "x", check=go_on)
    storage.download(SourceObject(key="x"), tmp_path / "b", check=go_on)
    assert (tmp_path / "b").read_bytes() == b"content"


@pytest.mark.parametrize("key", ["../outside", "/etc/passwd", "a/../../b", "", ".", "a\0b"])
def test_a_key_that_leaves_the_root_is_refused(tmp_path: Path, storage: LocalStorage, key: str) -> None:
    (tmp_path / "a").write_bytes(b"content")
    with pytest.raises(PlatformError) as refused:
        storage.publish(tmp_path / "a", key, check=go_on)
    assert refused.value.code == "platform.bad-key"


def test_a_missing_object_is_our_fault_and_not_the_users(tmp_path: Path, storage: LocalStorage) -> None:
    with pytest.raises(PlatformError) as missing:
        storage.download(SourceObject(key="sources/none"), tmp_path / "a", check=go_on)
    assert missing.value.code == "platform.source-missing"


def test_deleting_removes_empty_directories_but_nothing_else(tmp_path: Path, storage: LocalStorage) -> None:
    (tmp_path / "a").write_bytes(b"content")
    storage.publish(tmp_path / "a", "keep/this", check=go_on)
    storage.publish(tmp_path / "a", "keep/job/1/seg", check=go_on)
    storage.delete("keep/job/1/seg")
    storage.delete("keep/job/1/seg")
    assert [path.name for path in (tmp_path / "store" / "keep").iterdir()] == ["this"]


def test_a_source_with_another_mark_than_the_one_taken_was_replaced(tmp_path: Path, storage: LocalStorage) -> None:
    source = stored_source(tmp_path, mark="new")
    with pytest.raises(SourceError) as replaced:
        storage.download(replace(source, etag="old"), tmp_path / "a", check=go_on)
    assert replaced.value.code == "source.replaced"


@pytest.mark.parametrize(("mark", "taken"), [("new", "new"), ("new", ""), (None, "old")])
def test_a_source_is_read_when_nothing_says_that_it_was_replaced(
    tmp_path: Path, storage: LocalStorage, mark: str | None, taken: str
) -> None:
    source = stored_source(tmp_path, mark=mark)
    storage.download(replace(source, etag=taken), tmp_path / "a", check=go_on)
    assert (tmp_path / "a").read_bytes() == b"content"


def test_a_disk_that_fills_up_is_named_also_when_only_closing_the_file_shows_it() -> None:
    with (
        pytest.raises(PlatformError) as full,
        disk_errors("sources/video/source"),
        Path("/dev/full").open("wb") as file,
    ):
        file.write(b"content")
    assert full.value.code == "platform.disk-full"
