"""Converts revisions and redactions to writes of the history table. Pure: no I/O.

An item of the history table holds one version of one document for good. It changes in two ways
only: a redaction removes its data, and a revision completes what a redaction that came first has
left. Both lead to the same item in either order, so the order of the records does not matter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from handler.contract import (
    DATA_HASH_ATTRIBUTE,
    HASH_ATTRIBUTE,
    KEY_ATTRIBUTE,
    LEDGER_TABLE_ATTRIBUTE,
    REVISION_STATE_ATTRIBUTE,
    SEQUENCE_NUMBER_ATTRIBUTE,
    STRAND_ID_ATTRIBUTE,
    TABLE_ID_ATTRIBUTE,
    TX_ID_ATTRIBUTE,
    TX_TIME_ATTRIBUTE,
    VERSION_ATTRIBUTE,
    RevisionState,
)
from handler.item_limits import check_item, check_key, surely_fits
from handler.replica import check_integer, projected_attributes
from journal.ion.timestamps import timestamp_text
from journal.revisions import RevisionKind, block_address

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from handler.settings import ReplicaTable
    from handler.values import AttributeValue
    from journal.revisions import Redaction, Revision

    Attributes = Mapping[str, AttributeValue]

_STATES: Mapping[RevisionKind, RevisionState] = {
    RevisionKind.UPSERT: RevisionState.LIVE,
    RevisionKind.DELETE: RevisionState.DELETED,
    RevisionKind.REDACTED: RevisionState.REDACTED,
}
_STATE_VALUES: Mapping[RevisionState, AttributeValue] = {
    state: {"S": state.value} for state in RevisionState
}
REDACTED = _STATE_VALUES[RevisionState.REDACTED]
"""The value of `REVISION_STATE_ATTRIBUTE` of an item without data."""

_STAYS_AFTER_REDACTION = (
    KEY_ATTRIBUTE,
    VERSION_ATTRIBUTE,
    LEDGER_TABLE_ATTRIBUTE,
    TABLE_ID_ATTRIBUTE,
    STRAND_ID_ATTRIBUTE,
    SEQUENCE_NUMBER_ATTRIBUTE,
    TX_TIME_ATTRIBUTE,
    TX_ID_ATTRIBUTE,
    HASH_ATTRIBUTE,
)


class HistoryWrite(NamedTuple):
    """What is known of one revision, for its item of the history table.

    Attributes
    ----------
    table_name
        The history table.
    document_id, version
        The item's key.
    state
        The state that the revision is known to have.
    metadata
        What every revision has: ledger table, block address, transaction, hash. Only the id of the
        ledger table, at most, if a block summary announced a redaction.
    content
        The projected attributes or the document of a live revision; the hash of the removed data of
        a redacted one, if it is known.
    has_types
        As of its revision.
    """

    table_name: str
    document_id: str
    version: int
    state: RevisionState
    metadata: Attributes
    content: Attributes
    has_types: bool = True

    @property
    def key(self) -> tuple[str, str, int]:
        """Table and key, which identify the item."""
        return self.table_name, self.document_id, self.version

    @property
    def item(self) -> dict[str, AttributeValue]:
        """The item after the write if there is none before."""
        return {
            KEY_ATTRIBUTE: {"S": self.document_id},
            VERSION_ATTRIBUTE: {"N": str(self.version)},
            REVISION_STATE_ATTRIBUTE: _STATE_VALUES[self.state],
            **self.metadata,
            **self.content,
        }

    @property
    def is_redaction(self) -> bool:
        """Whether the item must not hold data after the write."""
        return self.state is RevisionState.REDACTED


def revision_write(
    revision: Revision, table: ReplicaTable, history_table: str, projected: Attributes | None = None
) -> HistoryWrite:
    """Return the write that a revision requires.

    Parameters
    ----------
    revision
        A revision of any kind.
    table
        The replica of its ledger table.
    history_table
        The table to write to.
    projected
        The result of `handler.replica.projected_attributes`, if it is known already.

    Raises
    ------
    UnstorableValue
        If DynamoDB cannot represent a value of the document, or the item is over one of its limits.
    RecordError
        If a part of the revision is not Ion, or no item can hold its block address.
    """
    check_key(revision.document_id)
    strand_id, sequence_no = block_address(revision)
    check_integer("sequenceNo", sequence_no)
    if projected is None:
        projected = projected_attributes(revision, table)
    write = HistoryWrite(
        table_name=history_table,
        document_id=revision.document_id,
        version=revision.version,
        state=_STATES[revision.kind],
        metadata={
            LEDGER_TABLE_ATTRIBUTE: {"S": revision.table_name},
            TABLE_ID_ATTRIBUTE: {"S": revision.table_id},
            STRAND_ID_ATTRIBUTE: {"S": strand_id},
            SEQUENCE_NUMBER_ATTRIBUTE: {"N": str(sequence_no)},
            TX_TIME_ATTRIBUTE: {"S": timestamp_text(*revision.tx_time)},
            TX_ID_ATTRIBUTE: {"S": revision.tx_id},
            HASH_ATTRIBUTE: {"B": revision.hash},
        },
        content=projected
        if revision.data_hash is None
        else {DATA_HASH_ATTRIBUTE: {"B": revision.data_hash}},
        has_types=revision.has_types,
    )
    if not surely_fits(write.content, revision.data, table.copies):
        check_item(write.item)
    return write


def redaction_write(redaction: Redaction, history_table: str) -> HistoryWrite:
    """Return the write that a redaction requires which a block summary announced.

    Raises
    ------
    UnstorableValue
        If the document's id is too long for a key.
    MalformedRecord
        If the version has too many digits.
    """
    check_key(redaction.document_id)
    check_integer("version", redaction.version)
    known = redaction.table_id
    write = HistoryWrite(
        table_name=history_table,
        document_id=redaction.document_id,
        version=redaction.version,
        state=RevisionState.REDACTED,
        metadata={} if known is None else {TABLE_ID_ATTRIBUTE: {"S": known}},
        content={},
    )
    check_item(write.item)
    return write


def merged(writes: Sequence[HistoryWrite]) -> HistoryWrite:
    """Return the write that leads to the same item as several of the same key, in any order."""
    for write in writes:
        if DATA_HASH_ATTRIBUTE in write.content:
            return write
    known = max(writes, key=lambda write: len(write.metadata))
    if known.is_redaction or not any(write.is_redaction for write in writes):
        return known
    return known._replace(state=RevisionState.REDACTED, content={})


def is_own(item: Attributes) -> bool:
    """Return whether an item of the history table has one of its states."""
    state = item.get(REVISION_STATE_ATTRIBUTE)
    return state in _STATE_VALUES.values()


def without_data(item: Attributes) -> dict[str, AttributeValue]:
    """Return what is left of an item of the history table after a redaction."""
    remains = {name: item[name] for name in _STAYS_AFTER_REDACTION if name in item}
    return {**remains, REVISION_STATE_ATTRIBUTE: REDACTED}


def next_item(stored: Attributes, write: HistoryWrite) -> Attributes | None:
    """Return the item that a stored item and a write lead to; None if it is the stored one.

    Parameters
    ----------
    stored
        An item for which `is_own` is true.
    write
        A write of the same key.
    """
    is_redacted = stored[REVISION_STATE_ATTRIBUTE] == REDACTED
    is_complete = HASH_ATTRIBUTE in stored
    if DATA_HASH_ATTRIBUTE in stored or (is_complete and not write.is_redaction):
        return None
    if DATA_HASH_ATTRIBUTE in write.content:
        return write.item
    if is_redacted and is_complete:
        return None
    if HASH_ATTRIBUTE in write.metadata:
        return write._replace(state=RevisionState.REDACTED, content={}).item
    item = {**write.metadata, **without_data(stored)}
    return None if is_redacted and item == stored else item
