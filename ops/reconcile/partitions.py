"""Sorts records by their document into files, so that few have to be in memory at a time.

Whatever is known of a document is in the same partition of each side. A partition that is still too
large is sorted again into partitions of its own.
"""

from __future__ import annotations

import marshal
import struct
import threading
import zlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BITS = 6
PARTITIONS = 1 << BITS

MAX_LEVEL = 4
"""How often a partition is sorted again: a hash of 32 bits has no more parts of `BITS` bits."""

_BUFFERED_RECORDS = 256
_LENGTH = struct.Struct(">I")


def partition_of(document_id: str, level: int = 0) -> int:
    """Return the partition of a document.

    Parameters
    ----------
    document_id
        The document.
    level
        How often its partition is sorted again.
    """
    key = zlib.crc32(document_id.encode(errors="surrogatepass"))
    return key >> BITS * level & PARTITIONS - 1


def packed(records: list[tuple[Any, ...]]) -> bytes:
    """Return records as one process gives them to another, and as they are in a file.

    Parameters
    ----------
    records
        Results of `ops.reconcile.records.stored`: the second value is the document's id.
    """
    return marshal.dumps(records)


class PartitionedFiles:
    """Records by partition. Threads may add to it.

    Parameters
    ----------
    folder
        Does not exist yet.
    level
        How often these partitions were sorted before.
    """

    def __init__(self, folder: Path, level: int = 0) -> None:
        folder.mkdir()
        self._folder = folder
        self._level = level
        self._buffers: list[list[tuple[Any, ...]]] = [[] for _ in range(PARTITIONS)]
        self._lock = threading.Lock()

    def add(self, record: tuple[Any, ...]) -> None:
        """Add the result of `ops.reconcile.records.stored`."""
        place = partition_of(record[1], self._level)
        with self._lock:
            buffer = self._buffers[place]
            buffer.append(record)
            if len(buffer) >= _BUFFERED_RECORDS:
                self._flush(place)

    def add_packed(self, place: int, records: bytes) -> None:
        """Add the result of `packed` to a partition."""
        with self._lock:
            self._append(place, records)

    def size(self, place: int) -> int:
        """Return the bytes of a partition's file, and write what was not written yet."""
        with self._lock:
            self._flush(place)
        path = self._path(place)
        return path.stat().st_size if path.exists() else 0

    def records(self, place: int) -> Iterator[tuple[Any, ...]]:
        """Yield the records of a partition."""
        with self._lock:
            self._flush(place)
        path = self._path(place)
        if not path.exists():
            return
        with path.open("rb") as file:
            while head := file.read(_LENGTH.size):
                (length,) = _LENGTH.unpack(head)
                # The file is this process's own, in a folder that nobody else can write to.
                yield from marshal.loads(file.read(length))  # noqa: S302 (see above)

    def split(self, place: int) -> PartitionedFiles:
        """Sort a partition again; its file is removed."""
        parts = PartitionedFiles(self._folder / f"{place}-parts", self._level + 1)
        for record in self.records(place):
            parts.add(record)
        self._path(place).unlink(missing_ok=True)
        return parts

    def remove(self, place: int) -> None:
        """Remove a partition."""
        self._path(place).unlink(missing_ok=True)

    @property
    def level(self) -> int:
        """How often these partitions were sorted before."""
        return self._level

    def _path(self, place: int) -> Path:
        return self._folder / str(place)

    def _flush(self, place: int) -> None:
        if self._buffers[place]:
            self._append(place, packed(self._buffers[place]))
            self._buffers[place] = []

    def _append(self, place: int, content: bytes) -> None:
        # Not kept open: there may be more files than a process may have open.
        with self._path(place).open("ab") as file:
            file.write(_LENGTH.pack(len(content)) + content)
