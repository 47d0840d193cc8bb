"""What the records of a stream tell of each revision, for its item of the history table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.reliability.history import History
    from tests.support.attribute_values import Item

Key: TypeAlias = tuple[str, int]
"""Document and version."""


@dataclass(kw_only=True)
class Facts:
    """What is known of one revision.

    Attributes
    ----------
    described
        Whether its metadata are.
    redacted
        Whether it is known to be redacted.
    hashed
        Whether the hash of the removed data is known.
    """

    described: bool = False
    redacted: bool = False
    hashed: bool = False

    def lacks(self, other: Facts) -> list[str]:
        """Return the names of what another has and this one has not."""
        return [name for name, known in vars(other).items() if known and not vars(self)[name]]


def facts(history: History, records: Iterable[bytes]) -> dict[Key, Facts]:
    """Return what user records tell the history table."""
    found: dict[Key, Facts] = {}
    for data in records:
        revision, redaction = history.revisions.get(data), history.redactions.get(data)
        if redaction is not None and history.has_history:
            key = redaction.document_id, redaction.version
            found.setdefault(key, Facts()).redacted = True
        if revision is None or revision.table_name not in history.tables:
            continue
        key = revision.document_id, revision.version
        if not history.tables[revision.table_name].history:
            continue
        each = found.setdefault(key, Facts())
        each.described = True
        if revision.is_redacted:
            each.redacted = each.hashed = True
    return found


def storable(history: History) -> list[bytes]:
    """Return the delivered user records that an item of the history table can hold."""
    refused = {
        data
        for data, revision in history.revisions.items()
        if (revision.document_id, revision.version) in history.refused and not revision.is_redacted
    }
    return [data for data in (*history.revisions, *history.redactions) if data not in refused]


def facts_of(item: Item) -> Facts:
    """Return what an item of the history table holds."""
    return Facts(
        described="hash" in item,
        redacted=item.get("revisionState") == {"S": "redacted"},
        hashed="dataHash" in item,
    )
