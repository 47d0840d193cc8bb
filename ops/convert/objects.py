"""Makes the objects that DynamoDB imports of the files of a table."""

from __future__ import annotations

import gzip
import random
from typing import TYPE_CHECKING, NamedTuple

from infra.import_manifest import OBJECTS_FOLDER
from ops.convert.destination import open_destination
from ops.convert.resolving import resolved

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_CONTENT_TYPE = "application/gzip"
_LEVEL = 6
"""Of gzip: higher ones take long and save little."""


class TableFiles(NamedTuple):
    """The files of one partition of one table.

    Attributes
    ----------
    name
        Folder of the table below the destination.
    partition
        Number of the partition.
    paths
        The files.
    """

    name: str
    partition: int
    paths: tuple[Path, ...]


class Written(NamedTuple):
    """One object that was written.

    Attributes
    ----------
    name
        Folder of the table below the destination.
    items
        Its items.
    bytes
        Its bytes without compression.
    """

    name: str
    items: int
    bytes: int


def write_object(files: TableFiles, location: str) -> Written:
    """Write the items of a partition as one object, in no order, and remove its files.

    Parameters
    ----------
    files
        The partition.
    location
        Of the destination.

    Raises
    ------
    OpsError
        If the destination does not take it.
    """
    lines = resolved(_lines(files.paths))
    random.shuffle(lines)
    content = b"\n".join([*lines, b""])
    key = f"{files.name}/{OBJECTS_FOLDER}{files.partition:05d}.json.gz"
    # Without a time, so that the same items in the same order are the same bytes.
    compressed = gzip.compress(content, _LEVEL, mtime=0)
    open_destination(location).put(key, compressed, _CONTENT_TYPE)
    for path in files.paths:
        path.unlink()
    return Written(files.name, len(lines), len(content))


def _lines(paths: Sequence[Path]) -> list[bytes]:
    return [line for path in paths for line in path.read_bytes().splitlines()]
