"""Reads exports from a folder or a file."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from journal.exports.object_name import manifest_name
from ops.errors import OpsError
from ops.exports.source import CHUNK_BYTES, Entry, ObjectError, uncompressed
from ops.terminal_text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

_KINDS = (
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def open_folder(location: str) -> Folder:
    """Open a folder, or one file.

    Raises
    ------
    OpsError
        If there is no such folder or file, or it may not be read.
    """
    if not location:
        raise OpsError("no location: expected a folder, a file or s3://bucket/prefix")
    path = Path(location)
    shown = printable(location)
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise OpsError(
            f"{shown} does not exist: expected a folder, a file or s3://bucket/prefix"
        ) from None
    except (OSError, ValueError) as error:
        raise OpsError(f"{shown} cannot be read: {_reason(error)}") from None
    if stat.S_ISDIR(mode):
        return Folder(location, path)
    if not stat.S_ISREG(mode):
        raise OpsError(f"{shown} is {_kind(mode)}: expected a folder, a file or s3://bucket/prefix")
    if manifest_name(path.name) is not None:
        raise OpsError(
            f"{shown} is a manifest, which has no data: give the folder that holds it and the data"
        )
    return Folder(location, path.parent, only=path.name)


class Folder:
    """The files of a folder and of the folders below it.

    Links are followed, because exports may be kept on other disks; a link back to a folder that it
    is in is not.

    Parameters
    ----------
    location
        As the user wrote it.
    path
        The folder.
    only
        Name of the one file that is read; None for all.
    """

    def __init__(self, location: str, path: Path, only: str | None = None) -> None:
        self.location = location
        self._path = path
        self._only = only

    def entries(self) -> Iterator[Entry]:
        """Return all files, in the order of their paths."""
        if self._only is not None:
            yield _entry(self._only, self._path / self._only)
            return
        found: list[Entry] = []
        # The folders above a folder, by device and number, so that a link back to one is noticed.
        waiting: list[tuple[str, frozenset[tuple[int, int]]]] = [("", frozenset())]
        while waiting:
            folder, above = waiting.pop()
            try:
                found += self._files(folder, above, waiting)
            except OSError as error:
                if not folder:
                    raise OpsError(
                        f"{printable(self.location)} cannot be listed: {_reason(error)}"
                    ) from None
                found.append(Entry(folder, 0, 0, f"the folder cannot be listed: {_reason(error)}"))
        yield from sorted(found)

    def _files(
        self,
        folder: str,
        above: frozenset[tuple[int, int]],
        waiting: list[tuple[str, frozenset[tuple[int, int]]]],
    ) -> Iterator[Entry]:
        path = self._path / folder
        place = path.stat()
        identity = (place.st_dev, place.st_ino)
        if identity in above:
            yield Entry(folder, 0, 0, "a link back to a folder that it is in")
            return
        with os.scandir(path) as found:
            for each in found:
                key = folder + each.name
                if _is_folder(each):
                    waiting.append((f"{key}/", above | {identity}))
                else:
                    yield _entry(key, path / each.name)

    def chunks(self, key: str, etag: str = "") -> Iterator[bytes]:  # noqa: ARG002 (files have none)
        """Return the content of a file, without gzip."""
        return uncompressed(self._stored(key))

    def encryption(self, key: str) -> str | None:  # noqa: ARG002 (the same as of a bucket)
        """Return None: a folder does not tell."""
        return None

    def _stored(self, key: str) -> Iterator[bytes]:
        path = self._path / key
        try:
            # Opening a pipe would wait for a writer.
            mode = path.stat().st_mode
            if not stat.S_ISREG(mode):
                raise ObjectError(key, f"{printable(key)} is {_kind(mode)}, not a file")
            with path.open("rb", buffering=0) as file:
                while chunk := file.read(CHUNK_BYTES):
                    yield chunk
        except FileNotFoundError:
            raise ObjectError(key, f"{printable(key)} has gone") from None
        except (OSError, ValueError) as error:
            raise ObjectError(key, f"{printable(key)} cannot be read: {_reason(error)}") from None


def _is_folder(each: os.DirEntry[str]) -> bool:
    try:
        return each.is_dir()
    except OSError:  # a link to itself
        return False


def _entry(key: str, path: Path) -> Entry:
    try:
        found = path.stat()
    except FileNotFoundError:
        return Entry(key, 0, 0, "a link that leads nowhere")
    except OSError as error:
        return Entry(key, 0, 0, _reason(error))
    if not stat.S_ISREG(found.st_mode):
        return Entry(key, 0, found.st_mtime, _kind(found.st_mode))
    return Entry(key, found.st_size, found.st_mtime)


def _kind(mode: int) -> str:
    return next((name for is_kind, name in _KINDS if is_kind(mode)), "a folder")


def _reason(error: OSError | ValueError) -> str:
    return (error.strerror or "an error") if isinstance(error, OSError) else "not a path"
