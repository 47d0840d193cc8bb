"""Reads objects of the failure bucket, whose kind depends on the prefix of the key. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from handler.contract import BATCHES_PREFIX, RECORDS_PREFIX
from ops import discarded_batch, quarantined_record
from ops.failure_object import Description, UnreadableObjectError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ops.failure_object import FailureObject, Payload

UNREADABLE = "unreadable"
"""Reason of an object that is of neither kind."""

_READERS: dict[str, Callable[[str, bytes], FailureObject]] = {
    RECORDS_PREFIX: quarantined_record.read,
    BATCHES_PREFIX: discarded_batch.read,
}

PREFIXES = tuple(_READERS)
"""Keys of pending failures start with one of these."""

DISCARDED_PREFIX = "discarded/"
"""Precedes the former key of an object that an operator discarded. The failure queue is notified of
no such object and no redrive reads one; the bucket's lifecycle ends them like all others."""


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


def payloads(key: str, body: bytes) -> list[Payload]:
    """Return the user records in an object, pending or discarded.

    Raises
    ------
    UnreadableObjectError
        If the object is of neither kind.
    """
    return read_object(_former_key(key), body).payloads()


def describe(key: str, body: bytes) -> Description:
    """Return a description of an object, pending or discarded, readable or not.

    It holds no document data.
    """
    try:
        return replace(read_object(_former_key(key), body).describe(len(body)), key=key)
    except UnreadableObjectError as error:
        return Description(key=key, size=len(body), reason=UNREADABLE, code=error.reason)


def _former_key(key: str) -> str:
    return key.removeprefix(DISCARDED_PREFIX)
