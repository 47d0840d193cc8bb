"""Discards objects of the failure bucket, each of which stays readable until it expires."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ops.errors import OpsError
from ops.failure_object import UnreadableObjectError
from ops.failure_objects import DISCARDED_PREFIX, read_object

if TYPE_CHECKING:
    from ops.failure_bucket import FailureBucket, StoredObject


def discarded_key(key: str) -> str:
    """Return the key under which an object is kept after it was discarded."""
    return DISCARDED_PREFIX + key


def discard(bucket: FailureBucket, key: str, shown: StoredObject) -> bool:
    """Move an object to its key among the discarded ones.

    The object is deleted last, once its copy has been read back, so that it exists under one key or
    both whenever this ends. A repetition ends the same way.

    Parameters
    ----------
    bucket
        The failure bucket.
    key
        Key of the object.
    shown
        The object as the operator agreed to discard it.

    Returns
    -------
    bool
        False if the object has changed since, or is gone: a redrive may have settled it or found
        another reason. Then it is left as it is, beside its copy.

    Raises
    ------
    OpsError
        If the copy cannot be made. Nothing is deleted then.
    """
    copy_key = discarded_key(key)
    former = bucket.get(copy_key)
    if former is not None and not _hold_the_same(key, former.body, shown.body):
        raise OpsError(
            f"bucket {bucket.name} holds another object as {copy_key}, which would be lost: move "
            "or delete it first"
        )
    bucket.put(copy_key, shown.body)
    copy = bucket.get(copy_key)
    if copy is None or copy.body != shown.body:
        raise OpsError(
            f"bucket {bucket.name} did not keep the copy {copy_key}: {key} is unchanged, run the "
            "command again"
        )
    return bucket.delete_unchanged(key, shown)


def _hold_the_same(key: str, one: bytes, other: bytes) -> bool:
    """Return whether two bodies hold the same records; reason and attempts may differ."""
    if one == other:
        return True
    try:
        return read_object(key, one).payloads() == read_object(key, other).payloads()
    except UnreadableObjectError:
        return False
