"""Exports in folders and files."""

from __future__ import annotations

import gzip
import os
from typing import TYPE_CHECKING

import pytest

from ops.errors import OpsError
from ops.exports.source import CHUNK_BYTES, ObjectError, open_source
from tests.support.exports import write_files

if TYPE_CHECKING:
    from pathlib import Path


def keys(folder: Path) -> list[str]:
    return [entry.key for entry in open_source(str(folder)).entries()]


def problems(folder: Path) -> dict[str, str | None]:
    return {entry.key: entry.problem for entry in open_source(str(folder)).entries()}


def test_files_are_listed_by_their_path_in_order(tmp_path: Path) -> None:
    write_files(tmp_path, {"b/2": b"22", "a": b"1", "b/c/3": b"333", ".hidden": b""})
    found = list(open_source(str(tmp_path)).entries())
    assert [(entry.key, entry.size) for entry in found] == [
        (".hidden", 0),
        ("a", 1),
        ("b/2", 2),
        ("b/c/3", 3),
    ]
    assert [entry.problem for entry in found] == [None] * 4


def test_the_time_of_the_last_change_is_listed(tmp_path: Path) -> None:
    write_files(tmp_path, {"a": b"1"})
    os.utime(tmp_path / "a", (5, 1_600_000_000))
    (entry,) = open_source(str(tmp_path)).entries()
    assert entry.modified == 1_600_000_000


def test_a_file_is_read_in_pieces(tmp_path: Path) -> None:
    content = b"x" * (2 * CHUNK_BYTES + 5)
    write_files(tmp_path, {"b/2": content})
    found = list(open_source(str(tmp_path)).chunks("b/2"))
    assert b"".join(found) == content
    assert max(map(len, found)) <= CHUNK_BYTES


def test_a_file_that_was_compressed_by_hand_is_read(tmp_path: Path) -> None:
    write_files(tmp_path, {"a.ion.gz": gzip.compress(b"content")})
    assert b"".join(open_source(str(tmp_path)).chunks("a.ion.gz")) == b"content"


def test_one_file_is_a_source(tmp_path: Path) -> None:
    write_files(tmp_path, {"a": b"1", "b": b"2"})
    source = open_source(str(tmp_path / "b"))
    assert [entry.key for entry in source.entries()] == ["b"]
    assert b"".join(source.chunks("b")) == b"2"


def test_a_manifest_alone_is_no_source(tmp_path: Path) -> None:
    write_files(tmp_path, {"x.completed.manifest": b"{}"})
    with pytest.raises(OpsError, match="is a manifest, which has no data: give the folder"):
        open_source(str(tmp_path / "x.completed.manifest"))


def test_links_are_followed(tmp_path: Path) -> None:
    write_files(tmp_path, {"disk/one": b"1", "disk/two": b"2"})
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "linked").symlink_to(tmp_path / "disk")
    (folder / "file").symlink_to(tmp_path / "disk" / "one")
    assert keys(folder) == ["file", "linked/one", "linked/two"]


def test_a_link_back_is_told_and_not_followed(tmp_path: Path) -> None:
    write_files(tmp_path, {"b/one": b"1"})
    (tmp_path / "b" / "up").symlink_to(tmp_path)
    assert problems(tmp_path) == {
        "b/one": None,
        "b/up/": "a link back to a folder that it is in",
    }


def test_links_that_lead_nowhere_are_told(tmp_path: Path) -> None:
    (tmp_path / "gone").symlink_to(tmp_path / "missing")
    (tmp_path / "self").symlink_to(tmp_path / "self")
    found = problems(tmp_path)
    assert found["gone"] == "a link that leads nowhere"
    assert found["self"] is not None


def test_a_pipe_is_told_and_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert problems(tmp_path) == {"pipe": "a pipe"}
    with pytest.raises(ObjectError, match="pipe is a pipe, not a file"):
        list(open_source(str(tmp_path)).chunks("pipe"))
    with pytest.raises(OpsError, match="is a pipe: expected a folder"):
        open_source(str(tmp_path / "pipe"))


def test_a_file_that_vanished_is_an_error_of_that_file(tmp_path: Path) -> None:
    write_files(tmp_path, {"a": b"1"})
    with pytest.raises(ObjectError, match="b has gone") as caught:
        list(open_source(str(tmp_path)).chunks("b"))
    assert caught.value.key == "b"


def test_what_may_not_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # given a file and a folder that refuse; permissions do not bind root, who may run the tests
    write_files(tmp_path, {"closed/one": b"1", "open/two": b"2"})
    scandir = os.scandir

    def refuse(path: Path) -> object:
        if path.name == "closed":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr("os.scandir", refuse)
    # then the others are listed
    assert problems(tmp_path) == {
        "closed/": "the folder cannot be listed: Permission denied",
        "open/two": None,
    }


def test_a_file_that_may_not_be_read_is_an_error_of_that_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_files(tmp_path, {"a": b"1"})

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.open", refuse)
    with pytest.raises(ObjectError, match="a cannot be read: Permission denied"):
        list(open_source(str(tmp_path)).chunks("a"))


def test_names_that_are_not_utf_8_are_read(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff.ion")).write_bytes(b"1")
    (key,) = keys(tmp_path)
    assert b"".join(open_source(str(tmp_path)).chunks(key)) == b"1"
