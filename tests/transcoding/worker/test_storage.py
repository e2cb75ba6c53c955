"""Objects as files under one directory."""

import os
from pathlib import Path

import pytest

from transcoding.worker.errors import PlatformError
from transcoding.worker.spec import StorageSpec
from transcoding.worker.storage import LocalStorage, open_storage


def go_on() -> None:
    pass


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "store")


def test_it_publishes_and_downloads(tmp_path: Path, storage: LocalStorage) -> None:
    (tmp_path / "a").write_bytes(b"content")
    storage.publish(tmp_path / "a", "x/y/z")
    storage.download("x/y/z", tmp_path / "b", check=go_on)
    assert (tmp_path / "b").read_bytes() == b"content"
    assert storage.size("x/y/z") == 7


def test_publishing_again_replaces_and_leaves_no_temporary_file(tmp_path: Path, storage: LocalStorage) -> None:
    (tmp_path / "a").write_bytes(b"content")
    storage.publish(tmp_path / "a", "x/y")
    storage.publish(tmp_path / "a", "x/y")
    assert [path.name for path in (tmp_path / "store" / "x").iterdir()] == ["y"]


def test_it_copies_where_there_are_no_links(
    tmp_path: Path, storage: LocalStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object, **_options: object) -> None:
        raise OSError("another file system")

    monkeypatch.setattr(os, "link", refuse)
    (tmp_path / "a").write_bytes(b"content")
    storage.publish(tmp_path / "a", "x")
    storage.download("x", tmp_path / "b", check=go_on)
    assert (tmp_path / "b").read_bytes() == b"content"


@pytest.mark.parametrize("key", ["../outside", "/etc/passwd", "a/../../b", "", ".", "a\0b"])
def test_a_key_that_leaves_the_root_is_refused(tmp_path: Path, storage: LocalStorage, key: str) -> None:
    (tmp_path / "a").write_bytes(b"content")
    with pytest.raises(PlatformError) as refused:
        storage.publish(tmp_path / "a", key)
    assert refused.value.code == "platform.bad-key"


def test_a_missing_object_is_our_fault_and_not_the_users(tmp_path: Path, storage: LocalStorage) -> None:
    with pytest.raises(PlatformError) as missing:
        storage.download("sources/none", tmp_path / "a", check=go_on)
    assert missing.value.code == "platform.source-missing"


def test_deleting_removes_empty_directories_but_nothing_else(tmp_path: Path, storage: LocalStorage) -> None:
    (tmp_path / "a").write_bytes(b"content")
    storage.publish(tmp_path / "a", "keep/this")
    storage.publish(tmp_path / "a", "keep/job/1/seg")
    storage.delete("keep/job/1/seg")
    storage.delete("keep/job/1/seg")
    assert [path.name for path in (tmp_path / "store" / "keep").iterdir()] == ["this"]


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(PlatformError) as refused:
        open_storage(StorageSpec(kind="tape", root="/srv"))
    assert refused.value.code == "platform.unknown-storage"
