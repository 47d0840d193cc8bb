"""The names of an export's objects.

Source: QLDB developer guide, "Journal export output in QLDB". The prefix of the export stands
before them as the user gave it, with or without a slash at its end.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_ID = "[0-9A-Za-z]{22}"
"""Every id that QLDB generates: 128 bits in base62."""

_DATA = re.compile(
    rf"({_ID})\.([0-9]{{1,18}})-([0-9]{{1,18}})\.([0-9A-Za-z]{{1,8}})(?:\.gz)?\Z", re.ASCII
)
_COMPLETED = re.compile(rf"(?:({_ID})\.({_ID})\.)?completed\.manifest(?:\.gz)?\Z", re.ASCII)
_STARTED = re.compile(rf"(?:({_ID})\.)?started\.manifest(?:\.gz)?\Z", re.ASCII)
_GZIP = ".gz"


class ObjectName(NamedTuple):
    """What the name of a data object tells: ``strandId.first-last.extension``.

    Attributes
    ----------
    strand_id
        The ledger's strand.
    first, last
        Sequence numbers of its first and last block.
    extension
        Such as ``ion`` or ``json``; without the ``gz`` of an object that was compressed by hand.
    """

    strand_id: str
    first: int
    last: int
    extension: str


class ManifestName(NamedTuple):
    """What the name of a manifest tells.

    Attributes
    ----------
    is_completed
        Whether it is the one that lists the data objects, or the one that was written first.
    export_id
        The export; None if the manifest has another name than QLDB's.
    strand_id
        The ledger's strand; None in the name of the first one.
    prefix
        What stands before the name in the key.
    """

    is_completed: bool
    export_id: str | None
    strand_id: str | None
    prefix: str


def object_name(key: str) -> ObjectName | None:
    """Return what a data object's name tells; None for any other name.

    The name is found at the key's end, because a prefix may end without a slash.
    """
    found = _DATA.search(key)
    if found is None:
        return None
    strand_id, first, last, extension = found.groups()
    if int(first) > int(last):
        return None
    return ObjectName(strand_id, int(first), int(last), extension)


def manifest_name(key: str) -> ManifestName | None:
    """Return what a manifest's name tells; None for any other name."""
    if (found := _COMPLETED.search(key)) is not None:
        return ManifestName(
            is_completed=True,
            export_id=found[1],
            strand_id=found[2],
            prefix=key[: found.start()],
        )
    if (found := _STARTED.search(key)) is not None:
        return ManifestName(
            is_completed=False, export_id=found[1], strand_id=None, prefix=key[: found.start()]
        )
    return None


def uncompressed_name(key: str) -> str:
    """Return a key without the ``.gz`` of an object that was compressed by hand."""
    return key.removesuffix(_GZIP)


def file_name(key: str) -> str:
    """Return what follows the last slash of a key."""
    return key.rpartition("/")[2]
