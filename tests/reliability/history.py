"""The history of a ledger: its revisions, the delivery of its stream, and broken records."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tests.reliability.expected_items import expected_item
from tests.reliability.ledger_tables import OTHER_PROJECTION, RETIRED
from tests.support.sentinel import SENTINEL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qldb_simulator.blocks import Block, Revision
    from qldb_simulator.delivery_plan import KinesisEntry
    from qldb_simulator.journal import Ledger

    from tests.reliability.ledger_tables import TableOptions
    from tests.support.attribute_values import Item

QLDB_STREAM_ARN = "arn:aws:qldb:us-east-1:000000000000:stream/ledger/0123456789abcdefghijkl"
START = datetime(2024, 2, 29, 12, 0, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Poison:
    """A Kinesis record or user record that must end in the failure bucket."""

    kind: str
    payload: bytes


@dataclass(frozen=True, kw_only=True)
class Redacted:
    """The revision that a block summary redacts."""

    table_id: str
    document_id: str
    version: int


@dataclass(kw_only=True)
class History:
    """The ledger and everything that its stream delivers.

    Attributes
    ----------
    entries
        Entries of the Kinesis stream, in order.
    user_records
        User records by the data of their entry.
    revisions
        Revisions by the data of their user record, as contained in it.
    committed
        Revisions with their data by document and version, as committed.
    foreign
        Kinds of records that are ignored and never quarantined.
    ignored
        User records of a table that is not replicated, or of an unknown type.
    refused
        Kinds of refused documents, by document and version.
    seeded
        Documents whose version 0 is in the table before the stream starts.
    unversioned
        Documents for which another tool wrote an item without a version.
    redactions
        The revision that each block summary redacts, by the data of its user record.
    stateless
        Documents and versions for which another tool wrote an item of the history table without a
        state.
    snapshots
        The blocks after each commit, as an export shows them that is made then.
    stripped
        Documents and versions that a replay takes from a copy with their data, and writes without
        it, because another copy or a later block redacts them.
    tables
        Options of the replicated ledger tables.
    """

    ledger: Ledger
    tables: Mapping[str, TableOptions]
    entries: list[KinesisEntry] = field(default_factory=list)
    user_records: dict[bytes, list[bytes]] = field(default_factory=dict)
    revisions: dict[bytes, Revision] = field(default_factory=dict)
    committed: dict[str, dict[int, Revision]] = field(default_factory=dict)
    poison: list[Poison] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    ignored: set[bytes] = field(default_factory=set)
    refused: dict[tuple[str, int], str] = field(default_factory=dict)
    seeded: set[str] = field(default_factory=set)
    unversioned: set[str] = field(default_factory=set)
    redactions: dict[bytes, Redacted] = field(default_factory=dict)
    stateless: set[tuple[str, int]] = field(default_factory=set)
    snapshots: list[tuple[Block, ...]] = field(default_factory=list)
    stripped: set[tuple[str, int]] = field(default_factory=set)

    @property
    def has_history(self) -> bool:
        """Whether there is a history table."""
        return any(options.history for options in self.tables.values())

    @property
    def redacted(self) -> set[tuple[str, int]]:
        """Documents and versions whose redaction a block summary tells."""
        return {(each.document_id, each.version) for each in self.redactions.values()}

    def delivered_whole(self) -> dict[str, set[int]]:
        """Return the versions of each document of which a delivery was not redacted."""
        delivered: dict[str, set[int]] = {}
        for revision in self.revisions.values():
            versions = delivered.setdefault(revision.document_id, set())
            if not revision.is_redacted:
                versions.add(revision.version)
        return delivered

    def seeds(self) -> dict[str, Item]:
        """Return the items of an earlier deployment and of another tool, by document.

        Half of the earlier ones are from a version of this project without projection ids.
        """
        items: dict[str, Item] = {}
        for number, document in enumerate(sorted(self.seeded)):
            first = self.committed[document][0]
            item = expected_item(first, self.tables[first.table_name])
            item |= {RETIRED: {"S": SENTINEL + "old"}, "projectionId": {"S": OTHER_PROJECTION}}
            if number % 2:
                del item["projectionId"]
            items[document] = item
        for document in self.unversioned:
            items[document] = {"pk": {"S": document}, "note": {"S": SENTINEL + "note"}}
        return items

    def history_seeds(self) -> list[Item]:
        """Return the items of another tool in the history table."""
        return [
            {"pk": {"S": document}, "version": {"N": str(version)}, "note": {"S": SENTINEL + "h"}}
            for document, version in sorted(self.stateless)
        ]
