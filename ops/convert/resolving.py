"""Makes one item of everything that was written under a key. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from handler.contract import HASH_ATTRIBUTE, REVISION_STATE_ATTRIBUTE, VERSION_ATTRIBUTE
from handler.history import REDACTED, without_data
from ops.convert.spilling import SEPARATOR, is_state

if TYPE_CHECKING:
    from collections.abc import Iterable


def resolved(lines: Iterable[bytes]) -> list[bytes]:
    """Return a line of DynamoDB's JSON for each key.

    Of a document's current state the highest version stays. Of a revision in the history, what all
    its writes lead to does, as in the table: a redaction alone is replaced by the revision, whose
    data is gone.

    Parameters
    ----------
    lines
        Lines of `ops.convert.spilling`, with their ends.
    """
    found: dict[bytes, bytes] = {}
    for line in lines:
        key, _, item = line.partition(SEPARATOR)
        before = found.get(key)
        if before is None:
            found[key] = item
        elif is_state(line):
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
    return orjson.dumps({"Item": first}, option=orjson.OPT_APPEND_NEWLINE)
