"""Makes the objects that DynamoDB imports of the files of a table."""

from __future__ import annotations

import random
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from isal import isal_zlib

from infra.import_manifest import OBJECTS_FOLDER
from ops.convert.destination import open_destination
from ops.convert.resolving import resolved
from ops.convert.spilling import key_number

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_CONTENT_TYPE = "application/gzip"
_LEVEL = 2
"""Of isal, which is as small as level 3 of zlib in a fifth of its time. An import is billed by what
the objects have without compression."""

_GZIP = 16 + isal_zlib.MAX_WBITS
"""Makes isal write the format of gzip, without a time: the same items in the same order result in
the same bytes."""

_ITEMS_AT_ONCE = 500
"""Items that are compressed by one call: a few hundred KB."""


class TableFiles(NamedTuple):
    """Files of one table with all items of some keys.

    Attributes
    ----------
    name
        Folder of the table below the destination.
    number
        Names their objects.
    paths
        The files.
    parts
        How many objects they become.
    partitions
        By how many partitions the items are sorted into files.
    """

    name: str
    number: int
    paths: tuple[Path, ...]
    parts: int
    partitions: int


class Written(NamedTuple):
    """Objects that were written.

    Attributes
    ----------
    name
        Folder of the table below the destination.
    items
        Their items.
    bytes
        Their bytes without compression.
    objects
        How many they are.
    """

    name: str
    items: int
    bytes: int
    objects: int


_destination = lru_cache(maxsize=1)(open_destination)
"""A client of S3 takes as long to be made as an object to be written."""


def write_objects(files: TableFiles, location: str) -> Written:
    """Write the items of files as objects, in no order, and remove the files.

    Parameters
    ----------
    files
        The files. Those of one object are in memory at a time.
    location
        Of the destination.

    Raises
    ------
    OpsError
        If the destination does not take it.
    """
    items = size = 0
    parts = [files.paths] if files.parts == 1 else _split(files)
    for part, paths in enumerate(parts):
        found = resolved(*_keys_and_items(paths))
        random.shuffle(found)
        key = f"{files.name}/{OBJECTS_FOLDER}{files.number:05d}-{part:04d}.json.gz"
        _destination(location).put(key, _compressed(found), _CONTENT_TYPE)
        items += len(found)
        size += sum(map(len, found)) + len(found)
        for path in paths:
            path.unlink()
    return Written(files.name, items, size, len(parts))


def _split(files: TableFiles) -> list[Sequence[Path]]:
    """Sort the items once more, each into the file of an object, and remove the files."""
    parts = [files.paths[0].with_name(f"{files.number:05d}.part{n}") for n in range(files.parts)]
    opened = [path.open("wb") for path in parts]
    try:
        for path in files.paths:
            with path.open("rb") as file:
                for key in file:
                    # The rest of the number is the same for all of them.
                    number = key_number(key) // files.partitions
                    opened[number % files.parts].writelines((key, next(file)))
            path.unlink()
    finally:
        for each in opened:
            each.close()
    return [(path,) for path in parts if path.stat().st_size]


def _keys_and_items(paths: Sequence[Path]) -> tuple[list[bytes], list[bytes]]:
    keys: list[bytes] = []
    items: list[bytes] = []
    for path in paths:
        *lines, _ = path.read_bytes().split(b"\n")
        keys += lines[::2]
        items += lines[1::2]
    return keys, items


def _compressed(items: Sequence[bytes]) -> bytes:
    compressor = isal_zlib.compressobj(_LEVEL, wbits=_GZIP)
    parts = []
    for start in range(0, len(items), _ITEMS_AT_ONCE):
        text = b"\n".join([*items[start : start + _ITEMS_AT_ONCE], b""])
        parts.append(compressor.compress(text))
    return b"".join([*parts, compressor.flush()])
