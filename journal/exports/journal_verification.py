"""Puts together what was found in the parts of a journal, and checks what is between them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from journal.exports.block_verification import ANY_DELETE_RULE, DeleteRule
from journal.exports.findings import Finding, FindingKind
from journal.exports.part_verification import (
    MAX_REDACTIONS,
    MAX_UNKNOWN_FIELDS,
    Edge,
    PartVerification,
    RevisionKey,
    TableTally,
    WantedBlock,
    order_problems,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_FINDINGS = 1_000
"""Findings that are kept, the first ones of the journal; all of them are counted."""


class JournalVerification:
    """What was found in all parts of a journal, in their order.

    Attributes
    ----------
    blocks, hash_only_revisions, deletes, without_transaction_info, without_revisions
        Sums of the parts' own.
    first, last
        The first and last block that was verified; None if there was none.
    tables, names, revisions_by_day, wanted, unknown_fields, redacted, redactions
        As of a part.
    is_readable
        Whether all objects were read to their ends.
    finding_counts
        Number of findings by kind.
    """

    def __init__(self) -> None:
        self.blocks = 0
        self.hash_only_revisions = 0
        self.deletes = 0
        self.without_transaction_info = 0
        self.without_revisions = 0
        self.first: Edge | None = None
        self.last: Edge | None = None
        self.tables: dict[str | None, TableTally] = {}
        self.names: dict[str, str] = {}
        self.revisions_by_day: Counter[str] = Counter()
        self.wanted: dict[int, WantedBlock] = {}
        self.unknown_fields: set[str] = set()
        self.redacted: dict[RevisionKey, int] = {}
        self.redactions: set[RevisionKey] = set()
        self.is_readable = True
        self.finding_counts: Counter[FindingKind] = Counter()
        self._findings: list[Finding] = []
        self._delete_rules = ANY_DELETE_RULE

    @property
    def findings(self) -> Sequence[Finding]:
        """The first findings, in the order of the journal."""
        return self._findings

    @property
    def delete_rule(self) -> DeleteRule | None:
        """The rule by which the hashes of all deletes were made.

        None if there are no deletes, or no one rule gives all their hashes. Where several rules
        do, they are all of them.
        """
        return self._delete_rules if self.deletes and self._delete_rules else None

    @property
    def unexplained_redactions(self) -> list[int]:
        """The blocks of redacted revisions of which no block tells the redaction, in order.

        Empty if there are too many redactions to compare.
        """
        if max(len(self.redacted), len(self.redactions)) >= MAX_REDACTIONS:
            return []
        return sorted(
            sequence_no for key, sequence_no in self.redacted.items() if key not in self.redactions
        )

    def add(self, part: PartVerification) -> None:
        """Add the next part of the journal."""
        self._link(part)
        for finding in part.findings:
            self._keep(finding)
        self.finding_counts += part.finding_counts
        self.blocks += part.blocks
        self.hash_only_revisions += part.hash_only_revisions
        self.without_transaction_info += part.without_transaction_info
        self.without_revisions += part.without_revisions
        self.deletes += part.deletes
        self._delete_rules &= part.delete_rules
        self.names |= part.names
        self.revisions_by_day += part.revisions_by_day
        self.wanted |= part.wanted
        if len(self.unknown_fields) < MAX_UNKNOWN_FIELDS:
            self.unknown_fields |= part.unknown_fields
        if len(self.redacted) < MAX_REDACTIONS:
            self.redacted |= part.redacted
        if len(self.redactions) < MAX_REDACTIONS:
            self.redactions |= part.redactions
        self.is_readable = self.is_readable and part.is_readable
        for table_id, tally in part.tables.items():
            self.tables.setdefault(table_id, TableTally()).add(tally)

    def replace_tables(self, former: PartVerification, latter: PartVerification) -> None:
        """Replace what is known of the revisions of a part that was verified again."""
        for table_id, tally in former.tables.items():
            self.tables[table_id].subtract(tally)
        for table_id, tally in latter.tables.items():
            self.tables[table_id].add(tally)

    def add_not_provable(self, part: PartVerification) -> None:
        """Add the revisions of a part that stayed not provable."""
        count = sum(tally.not_provable for tally in part.tables.values())
        if count:
            self.finding_counts[FindingKind.NOT_PROVABLE] += count
        for finding in part.not_provable:
            self._keep(finding)

    def add_finding(self, finding: Finding) -> None:
        """Add a finding that is about no part."""
        self.finding_counts[finding.kind] += 1
        self._keep(finding)

    def finish(self) -> None:
        """Check what only all parts together show."""
        if self.deletes and not self._delete_rules:
            self.add_finding(
                Finding(
                    FindingKind.DELETE_RULE,
                    "no one rule gives the hashes of all deletes, though each has one that fits",
                )
            )

    def _link(self, part: PartVerification) -> None:
        if part.first is None:
            return
        if self.last is None:
            self.first = part.first
        else:
            for kind, detail in order_problems(self.last, part.first):
                self.add_finding(
                    Finding(kind, detail, part.key, part.first.offset, part.first.sequence_no)
                )
        self.last = part.last

    def _keep(self, finding: Finding) -> None:
        if len(self._findings) < MAX_FINDINGS:
            self._findings.append(finding)
