"""The history of a ledger: its revisions, the delivery of its stream, and broken records."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tests.reliability.expected_items import expected_item
from tests.reliability.ledger_tables import OTHER_PROJECTION, RETIRED
from tests.support.sentinel import SENTINEL

if TYPE_CHECKING:
    from qldb_simulator.blocks import Revision
    from qldb_simulator.delivery_plan import KinesisEntry
    from qldb_simulator.journal import Ledger

    from tests.support.attribute_values import Item

QLDB_STREAM_ARN = "arn:aws:qldb:us-east-1:000000000000:stream/ledger/0123456789abcdefghijkl"
START = datetime(2024, 2, 29, 12, 0, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Poison:
    """A Kinesis record or user record that must end in the failure bucket."""

    kind: str
    payload: bytes


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
    lifetime_days
        Lifetime of tombstones; None for no limit.
    """

    ledger: Ledger
    lifetime_days: int | None
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
            item = expected_item(self.committed[document][0])
            item |= {RETIRED: {"S": SENTINEL + "old"}, "projectionId": {"S": OTHER_PROJECTION}}
            if number % 2:
                del item["projectionId"]
            items[document] = item
        for document in self.unversioned:
            items[document] = {"pk": {"S": document}, "note": {"S": SENTINEL + "note"}}
        return items
