"""Makes one item of everything that was written under a key. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from handler.contract import HASH_ATTRIBUTE, REVISION_STATE_ATTRIBUTE, VERSION_ATTRIBUTE
from handler.history import REDACTED, without_data
from ops.convert.spilling import is_state

if TYPE_CHECKING:
    from collections.abc import Sequence


def resolved(keys: Sequence[bytes], items: Sequence[bytes]) -> list[bytes]:
    """Return an item for each key.

    Of a document's current state the highest version stays. Of a revision in the history, what all
    its writes lead to does, as in the table: a redaction alone is replaced by the revision, whose
    data is gone.

    Parameters
    ----------
    keys, items
        The lines of `ops.convert.spilling`, without their ends.
    """
    found = dict(zip(keys, items, strict=True))
    if len(found) < len(keys):
        found.clear()
        for key, item in zip(keys, items, strict=True):
            before = found.get(key)
            if before is None:
                found[key] = item
            elif is_state(key):
                found[key] = max(before, item, key=_version)
            else:
                found[key] = _merged(before, item)
    return list(found.values())


def _version(item: bytes) -> int:
    return int(orjson.loads(item)["Item"][VERSION_ATTRIBUTE]["N"])


def _merged(one: bytes, other: bytes) -> bytes:
    first, second = (orjson.loads(item)["Item"] for item in (one, other))
    if HASH_ATTRIBUTE not in first:
        first, second = second, first
    is_redacted = [item[REVISION_STATE_ATTRIBUTE] == REDACTED for item in (first, second)]
    if is_redacted == [False, True]:
        first = second if HASH_ATTRIBUTE in second else without_data(first)
    return orjson.dumps({"Item": first})
