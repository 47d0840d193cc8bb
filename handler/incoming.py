"""What a batch holds, each part with its place in the stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handler.aggregation import UserRecord
    from handler.settings import ReplicaTable
    from journal.revisions import Redactions, Revision


class Source(NamedTuple):
    """The Kinesis record that a user record came in."""

    stream_arn: str
    shard_id: str
    sequence_number: str
    partition_key: str
    approximate_arrival: float


def source_of(record: Mapping[str, Any]) -> Source:
    """Return what identifies a Kinesis record of an event."""
    kinesis = record["kinesis"]
    return Source(
        record["eventSourceARN"],
        record["eventID"].partition(":")[0],
        kinesis["sequenceNumber"],
        kinesis["partitionKey"],
        kinesis["approximateArrivalTimestamp"],
    )


class IncomingRevision(NamedTuple):
    """A revision with its record, and the replica of its ledger table."""

    revision: Revision
    record: UserRecord
    source: Source
    table: ReplicaTable

    @property
    def table_name(self) -> str:
        """The ledger table, as the settings name it."""
        return self.table.ledger_table


class IncomingRedactions(NamedTuple):
    """The redactions that a block summary announces, with its record."""

    redactions: Redactions
    record: UserRecord
    source: Source

    @property
    def table_name(self) -> None:
        """Nothing: a block summary has only the ids of ledger tables."""
        return


Incoming: TypeAlias = IncomingRevision | IncomingRedactions
