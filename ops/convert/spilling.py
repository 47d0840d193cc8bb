"""Sorts items into files on disk by a hash of their keys.

A table of an export may not fit in memory, and DynamoDB imports items best in no order: neighbours
in the order of their keys would share a partition ("Best practices for importing from Amazon S3",
DynamoDB developer guide). A file has the items of some keys, and all of each: a line with the key
as JSON, which is the document's id, and with the version in the history; and a line with the item.
"""

from __future__ import annotations

import base64
import os
import zlib
from collections import defaultdict
from typing import TYPE_CHECKING

import orjson

from handler.outcomes import APPLIED
from handler.replica import Write

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from handler.outcomes import Outcome
    from handler.writer import ItemWrite

BUFFER_BYTES = 16 * 1024 * 1024
"""Items that a process has in memory before it adds them to the files. A thousand items of a large
export are one for each file, and to open a file takes as long as to make an item."""


def table_folder(folder: Path, table_name: str) -> Path:
    """Return the folder with the files of a table."""
    return folder / table_name


def key_number(key: bytes) -> int:
    """Return the number by which an item is sorted, from the line with its key."""
    return zlib.crc32(key)


def is_state(key: bytes) -> bool:
    """Return whether a key is that of a document's current state, and not of its history."""
    return key.startswith(b'"')


def file_name(partition: int, process: int) -> str:
    """Return the name of a file."""
    return f"{partition:05d}.{process}"


class SpillingWriter:
    """Writes items to files instead of tables; see `handler.writer.ReplicaWriter`.

    Parameters
    ----------
    folder
        Has a folder for each table.
    partitions
        Number of files for each table and process.
    """

    def __init__(self, folder: Path, partitions: int) -> None:
        self._folder = folder
        self._partitions = partitions
        self._lines: dict[tuple[str, int], bytearray] = defaultdict(bytearray)
        self._bytes = 0

    def write(self, writes: Sequence[ItemWrite], deadline: float) -> list[Outcome]:  # noqa: ARG002 (protocol)
        """Add items, which are in the files after the next `flush`."""
        for write in writes:
            document_id = write.document_id
            key = orjson.dumps(
                document_id if isinstance(write, Write) else (document_id, str(write.version)),
                option=orjson.OPT_APPEND_NEWLINE,
            )
            lines = self._lines[write.table_name, key_number(key) % self._partitions]
            before = len(lines)
            lines += key
            lines += orjson.dumps({"Item": write.item}, _base64, orjson.OPT_APPEND_NEWLINE)
            self._bytes += len(lines) - before
        if self._bytes >= BUFFER_BYTES:
            self.flush()
        return [APPLIED] * len(writes)

    def flush(self) -> None:
        """Put everything that was added into the files."""
        for (table_name, partition), content in self._lines.items():
            folder = table_folder(self._folder, table_name)
            folder.mkdir(exist_ok=True)
            # Not kept open: there may be more files than a process may have open.
            with (folder / file_name(partition, os.getpid())).open("ab") as file:
                file.write(content)
        self._lines.clear()
        self._bytes = 0


def _base64(value: object) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    raise TypeError("not an attribute value")
