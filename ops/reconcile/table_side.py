"""Reads the tables of a stack into records of their items, with several requests at a time."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TYPE_CHECKING, Any, NamedTuple

from handler.contract import (
    DATA_HASH_ATTRIBUTE,
    DELETED_ATTRIBUTE,
    EXPIRY_ATTRIBUTE,
    HASH_ATTRIBUTE,
    KEY_ATTRIBUTE,
    LEDGER_TABLE_ATTRIBUTE,
    PROJECTION_ATTRIBUTE,
    REVISION_STATE_ATTRIBUTE,
    SEQUENCE_NUMBER_ATTRIBUTE,
    STRAND_ID_ATTRIBUTE,
    TABLE_ID_ATTRIBUTE,
    TX_TIME_ATTRIBUTE,
    RevisionState,
)
from handler.history import is_own
from handler.replica_attempt import stored_version
from ops.reconcile.canonical import bytes_digest, untyped_digest
from ops.reconcile.item_parts import digest, has_document
from ops.reconcile.records import Fact, HistoryItem, StateItem, stored
from ops.table_scan import CapacityLimit, pages

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from handler.settings import ReplicaTable
    from ops.reconcile.job import Job
    from ops.reconcile.partitions import PartitionedFiles
    from ops.reconcile.records import Record

SEGMENTS = 8
"""Segments of a table that are read at a time. DynamoDB developer guide, "Parallel scan": one
request reads 1 MB at most, and a partition delivers 3,000 read units a second."""

_NONE = -1


class ItemReader(NamedTuple):
    """Turns items into records.

    Attributes
    ----------
    job
        What is compared.
    has_json
        Whether the export, or a part of it, is JSON.
    """

    job: Job
    has_json: bool

    def state(self, item: Mapping[str, Any], place: int) -> StateItem:
        """Return the record of an item of a replica.

        Parameters
        ----------
        item
            In DynamoDB's wire format.
        place
            Index of the replica.
        """
        table = self.job.replicas[place]
        version = _integer(item)
        facts = Fact(0) if version != _NONE else Fact.FOREIGN
        if DELETED_ATTRIBUTE in item:
            facts |= Fact.TOMBSTONE
        if has_document(item):
            facts |= Fact.HAS_DATA
        if not _has_configuration(item, table):
            facts |= Fact.OTHER_CONFIGURATION
        value, untyped = self._digests(item)
        return StateItem(
            document_id=_text(item, KEY_ATTRIBUTE),
            table=place,
            version=version,
            facts=int(facts),
            time=_text(item, TX_TIME_ATTRIBUTE),
            hash=_binary(item, HASH_ATTRIBUTE),
            value=value,
            untyped=untyped,
        )

    def history(self, item: Mapping[str, Any]) -> HistoryItem | None:
        """Return the record of an item of the history; None if its table is not compared."""
        ledger_table = _text(item, LEDGER_TABLE_ATTRIBUTE)
        if ledger_table:
            table = self.job.table_of(ledger_table, _text(item, TABLE_ID_ATTRIBUTE))
            if table is None or not table.history:
                return None
        version = _integer(item)
        facts = Fact(0) if version != _NONE and is_own(item) else Fact.FOREIGN
        state = _text(item, REVISION_STATE_ATTRIBUTE)
        if state == RevisionState.REDACTED:
            facts |= Fact.REDACTED
            if HASH_ATTRIBUTE not in item:
                facts |= Fact.INCOMPLETE
        elif state == RevisionState.DELETED:
            facts |= Fact.TOMBSTONE
        if has_document(item):
            facts |= Fact.HAS_DATA
        value, untyped = self._digests(item)
        return HistoryItem(
            document_id=_text(item, KEY_ATTRIBUTE),
            version=version,
            facts=int(facts),
            ledger_table=ledger_table,
            sequence_no=self._sequence_no(item),
            hash=_binary(item, HASH_ATTRIBUTE),
            data_hash=_binary(item, DATA_HASH_ATTRIBUTE),
            value=value,
            untyped=untyped,
        )

    def _digests(self, item: Mapping[str, Any]) -> tuple[bytes, bytes]:
        if not self.job.is_deep:
            return b"", b""
        return digest(item), digest(item, of=untyped_digest) if self.has_json else b""

    def _sequence_no(self, item: Mapping[str, Any]) -> int:
        if _text(item, STRAND_ID_ATTRIBUTE) != self.job.strand_id:
            return _NONE
        text = item.get(SEQUENCE_NUMBER_ATTRIBUTE, {}).get("N", "")
        return int(text) if text.isdecimal() else _NONE


def _has_configuration(item: Mapping[str, Any], table: ReplicaTable) -> bool:
    """Return whether the present configuration of a table could have left an item."""
    expires = EXPIRY_ATTRIBUTE in item
    if DELETED_ATTRIBUTE in item:
        return expires == (table.tombstone_lifetime_days is not None)
    return not expires and _text(item, PROJECTION_ATTRIBUTE) == table.projection_id


def _integer(item: Mapping[str, Any]) -> int:
    version = stored_version(item)
    if version is None or version < 0 or version != version.to_integral_value():
        return _NONE
    return int(version)


def _text(item: Mapping[str, Any], name: str) -> str:
    text = item.get(name, {}).get("S", "")
    return text if isinstance(text, str) else ""


def _binary(item: Mapping[str, Any], name: str) -> bytes:
    content = item.get(name, {}).get("B")
    return bytes_digest(content) if isinstance(content, bytes) else b""


class TableScan:
    """Reads one table after the other.

    Parameters
    ----------
    dynamodb
        boto3's client.
    files
        Receives the records.
    limit
        Waits after each page.
    advance
        Receives the number of items of each page.
    segments
        How many requests are in flight at a time.

    Attributes
    ----------
    read_units
        That were consumed so far.
    """

    def __init__(
        self,
        dynamodb: Any,  # noqa: ANN401 (boto3's clients share no type)
        files: PartitionedFiles,
        *,
        limit: CapacityLimit,
        advance: Callable[[int], None],
        segments: int = SEGMENTS,
    ) -> None:
        self._dynamodb = dynamodb
        self._files = files
        self._limit = limit
        self._advance = advance
        self._segments = segments
        self._stop = threading.Event()
        self._lock = threading.Lock()

    def read(
        self, table_name: str, record_of: Callable[[Mapping[str, Any]], Record | None]
    ) -> tuple[int, int]:
        """Read a table.

        Parameters
        ----------
        table_name
            The table.
        record_of
            Returns the record of an item; None if it is not compared.

        Returns
        -------
        tuple
            Number of items that are compared, and of those that are not.

        Raises
        ------
        OpsError
            If the table does not exist, or AWS refuses.
        """
        taken, left = 0, 0

        def read(segment: int) -> None:
            nonlocal taken, left
            found = pages(
                self._dynamodb,
                table_name,
                None,
                self._limit,
                self._stop.is_set,
                ConsistentRead=True,
                Segment=segment,
                TotalSegments=self._segments,
            )
            for items in found:
                records = [record for item in items if (record := record_of(item)) is not None]
                for record in records:
                    self._files.add(stored(record))
                with self._lock:
                    taken += len(records)
                    left += len(items) - len(records)
                    self._advance(len(items))

        with ThreadPoolExecutor(self._segments, "scan") as pool:
            try:
                segments = [pool.submit(read, segment) for segment in range(self._segments)]
                for each in as_completed(segments):
                    each.result()
            finally:
                # After a fault or Ctrl-C, the other segments end with their page.
                self._stop.set()
        self._stop.clear()
        return taken, left
