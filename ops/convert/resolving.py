"""Makes one item of everything that was written under a key. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from handler.contract import HASH_ATTRIBUTE, REVISION_STATE_ATTRIBUTE
from handler.history import REDACTED, without_data
from ops.convert.spilling import SEPARATOR

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
        Lines of `ops.convert.spilling`, without their ends.
    """
    states: dict[str, tuple[int, bytes]] = {}
    history: dict[tuple[str, int], bytes] = {}
    for line in lines:
        key, _, item = line.partition(SEPARATOR)
        document_id, version, is_state = orjson.loads(key)
        if is_state:
            known = states.get(document_id)
            if known is None or version > known[0]:
                states[document_id] = version, item
        else:
            before = history.get((document_id, version))
            history[document_id, version] = item if before is None else _merged(before, item)
    return [*(item for _, item in states.values()), *history.values()]


def _merged(one: bytes, other: bytes) -> bytes:
    first, second = (orjson.loads(line)["Item"] for line in (one, other))
    if HASH_ATTRIBUTE not in first:
        first, second = second, first
    is_redacted = [item[REVISION_STATE_ATTRIBUTE] == REDACTED for item in (first, second)]
    if is_redacted == [False, True]:
        first = second if HASH_ATTRIBUTE in second else without_data(first)
    return orjson.dumps({"Item": first})
