"""What was found in the blocks that are taken from one object."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, fields
from typing import NamedTuple

from journal.exports.block_verification import ANY_DELETE_RULE, DeleteRule
from journal.exports.findings import Finding, FindingKind

MAX_FINDINGS = 200
"""Findings of one object that are kept; all of them are counted."""

MAX_UNKNOWN_FIELDS = 20
"""Names of unknown fields after which no more are kept."""

MAX_REDACTIONS = 100_000
"""Redacted revisions, and redactions, after which no more are kept."""


class RevisionKey(NamedTuple):
    """A revision of a document."""

    document_id: str
    version: int


class Edge(NamedTuple):
    """The first or last block of a part.

    Attributes
    ----------
    sequence_no
        Its place in the strand.
    timestamp
        Its time as Ion text.
    previous_hash, block_hash
        What it tells as the hash of the previous block and of itself.
    offset
        Bytes before it in its object.
    """

    sequence_no: int
    timestamp: str
    previous_hash: bytes
    block_hash: bytes
    offset: int


class WantedBlock(NamedTuple):
    """A block for which there is a proof: its hash, and those of its revisions."""

    block_hash: bytes
    revision_hashes: tuple[bytes, ...]


@dataclass(slots=True)
class TableTally:
    """Revisions of a ledger table by what is known of their hash, as `RevisionCounts` has them."""

    proven: int = 0
    proven_retyped: int = 0
    not_provable: int = 0
    wrong: int = 0
    deleted: int = 0
    redacted: int = 0

    def add(self, other: TableTally) -> None:
        """Add the counts of another part."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))

    def subtract(self, other: TableTally) -> None:
        """Take away the counts of a part that were added."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) - getattr(other, each.name))


@dataclass(slots=True)
class PartVerification:
    """What was found in the blocks of one object.

    Attributes
    ----------
    key
        The object's key in the source.
    blocks, hash_only_revisions
        As in a `Verification`.
    first, last
        The first and last block that was verified; None if there was none.
    tables
        Counts by id of the ledger table; None is for revisions whose table no block tells.
    names
        Names of the tables by id.
    delete_rules
        The rules that give the hashes of all deletes.
    deletes
        Number of deletes that were hashed.
    findings
        The first ones, in order.
    finding_counts
        Number of all.
    not_provable
        The first revisions that are not provable. They are no findings yet: they may be proven when
        more types are known.
    revisions_by_day
        Number of revisions by day.
    wanted
        The blocks for which there are proofs, by sequence number.
    is_readable
        Whether the object was read to its end.
    without_transaction_info, without_revisions
        Number of blocks that lack these parts, as genuine ones may.
    unknown_fields
        Names of fields of blocks and revisions that QLDB is not known to write; the first ones.
    redacted
        Redacted revisions, and the blocks that have them; the first ones.
    redactions
        Revisions of which a block tells that they are redacted; the first ones.
    """

    key: str
    blocks: int = 0
    hash_only_revisions: int = 0
    first: Edge | None = None
    last: Edge | None = None
    tables: dict[str | None, TableTally] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    delete_rules: DeleteRule = ANY_DELETE_RULE
    deletes: int = 0
    findings: list[Finding] = field(default_factory=list)
    finding_counts: Counter[FindingKind] = field(default_factory=Counter)
    not_provable: list[Finding] = field(default_factory=list)
    revisions_by_day: Counter[str] = field(default_factory=Counter)
    wanted: dict[int, WantedBlock] = field(default_factory=dict)
    is_readable: bool = True
    without_transaction_info: int = 0
    without_revisions: int = 0
    unknown_fields: set[str] = field(default_factory=set)
    redacted: dict[RevisionKey, int] = field(default_factory=dict)
    redactions: set[RevisionKey] = field(default_factory=set)

    def add(self, finding: Finding) -> None:
        """Count a finding, and keep it if there are few."""
        self.finding_counts[finding.kind] += 1
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(finding)


def order_problems(before: Edge, after: Edge) -> list[tuple[FindingKind, str]]:
    """Compare two blocks that follow each other: their places, and the link between them."""
    if after.sequence_no <= before.sequence_no:
        return [
            (
                FindingKind.BLOCK_ORDER,
                f"block {after.sequence_no} follows block {before.sequence_no}",
            )
        ]
    if after.sequence_no > before.sequence_no + 1:
        return [
            (
                FindingKind.GAP,
                f"blocks {before.sequence_no + 1} to {after.sequence_no - 1} are missing",
            )
        ]
    if after.previous_hash != before.block_hash:
        return [
            (
                FindingKind.CHAIN,
                f"previousBlockHash is not the blockHash of block {before.sequence_no}",
            )
        ]
    return []
