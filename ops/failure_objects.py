"""Reads objects of the failure bucket, whose kind depends on the prefix of the key. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handler.contract import BATCHES_PREFIX, RECORDS_PREFIX
from ops import discarded_batch, quarantined_record
from ops.failure_object import Description, UnreadableObjectError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ops.failure_object import FailureObject

UNREADABLE = "unreadable"
"""Reason of an object that is of neither kind."""

_READERS: dict[str, Callable[[str, bytes], FailureObject]] = {
    RECORDS_PREFIX: quarantined_record.read,
    BATCHES_PREFIX: discarded_batch.read,
}

PREFIXES = tuple(_READERS)
"""All keys of the failure bucket start with one of these."""


def read_object(key: str, body: bytes) -> FailureObject:
    """Read an object of the failure bucket.

    Raises
    ------
    UnreadableObjectError
        If the object is of neither kind.
    """
    for prefix, read in _READERS.items():
        if key.startswith(prefix):
            return read(key, body)
    raise UnreadableObjectError("under a key of neither format")


def describe(key: str, body: bytes) -> Description:
    """Return a description of an object, readable or not, without document data."""
    try:
        return read_object(key, body).describe(len(body))
    except UnreadableObjectError as error:
        return Description(key=key, size=len(body), reason=UNREADABLE, code=error.reason)
