"""The result of a verification."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from journal.exports.findings import Finding, FindingKind


class Outcome(enum.Enum):
    """The outcome of a verification; its value is the command's exit status."""

    PROVEN = 0
    NOT_PROVEN = 1
    NOT_READ = 2


@dataclass(frozen=True, kw_only=True)
class BlockPlace:
    """A block: its sequence number, and its time as Ion text."""

    sequence_no: int
    timestamp: str


@dataclass(frozen=True, kw_only=True)
class RevisionCounts:
    """Revisions by what is known of their hash.

    Attributes
    ----------
    proven
        The hash is that of metadata and data as they are in the export.
    proven_retyped
        The hash is that of the data after types were restored that JSON has lost.
    not_provable
        No combination of types within the search's bound gives the hash, so it stays
        open whether the revision was changed.
    wrong
        The hash is another one, in a format that keeps all types.
    deleted, redacted
        How many of all of them are deletes, and have only the hash of their data.
    """

    proven: int = 0
    proven_retyped: int = 0
    not_provable: int = 0
    wrong: int = 0
    deleted: int = 0
    redacted: int = 0

    @property
    def total(self) -> int:
        """All revisions."""
        return self.proven + self.proven_retyped + self.not_provable + self.wrong


@dataclass(frozen=True, kw_only=True)
class TableVerification:
    """The revisions of one ledger table; `name` is None if no block tells it."""

    table_id: str | None
    name: str | None
    counts: RevisionCounts


@dataclass(frozen=True, kw_only=True)
class DigestVerification:
    """A digest and whether a proof leads from the export to it.

    Attributes
    ----------
    digest
        32 bytes, in base64 as QLDB returns it.
    tip_sequence_no
        The last block that the digest covers; None if its file does not tell.
    digest_file, proof_file
        Where they were read; None for the proof if there is none.
    sequence_no
        The block that the proof is for; None without one.
    is_proven
        Whether the proof leads to the digest; None if that could not be tried.
    detail
        What was tried, in one line.
    """

    digest: str
    tip_sequence_no: int | None
    digest_file: str
    proof_file: str | None
    sequence_no: int | None
    is_proven: bool | None
    detail: str


@dataclass(frozen=True, kw_only=True)
class Verification:
    """What was checked, by which rules, and with which result. No content of a document.

    Attributes
    ----------
    source
        Folder or ``s3://`` location.
    started_at
        Seconds since 1970, UTC.
    seconds
        How long it took.
    tool_version
        Version of this project.
    command
        The command line that repeats it, quoted for a shell. No credentials.
    selection
        The limits that the user set (tables, from, to), in words; empty for none.
    formats
        Number of objects by format (``Ion binary``, ``Ion text``, ``JSON``).
    objects, bytes
        What was read.
    strand_id
        The ledger's strand; None if nothing was read.
    first_block, last_block
        Where the data starts and ends; None if there is no block.
    blocks
        Number of blocks.
    hash_only_revisions
        Revisions of QLDB's own catalog, of which blocks have only the hash.
    counts
        Revisions of documents.
    tables
        The same by ledger table.
    delete_rule
        The rule by which the hashes of all deletes were made; None without deletes or without one.
    digests
        What digests and proofs show.
    rules
        The rules that were applied, each in one sentence.
    not_shown
        What this verification cannot show, each in one sentence.
    findings
        The first ones, in the order of the journal.
    finding_counts
        Number of all findings by kind.
    revisions_by_day
        Number of revisions by day (``2020-02-03``) of their transaction.
    """

    source: str
    started_at: float
    seconds: float
    tool_version: str
    command: str
    selection: str
    formats: Mapping[str, int]
    objects: int
    bytes: int
    strand_id: str | None
    first_block: BlockPlace | None
    last_block: BlockPlace | None
    blocks: int
    hash_only_revisions: int
    counts: RevisionCounts
    tables: Sequence[TableVerification]
    delete_rule: str | None
    digests: Sequence[DigestVerification]
    rules: Sequence[str]
    not_shown: Sequence[str]
    findings: Sequence[Finding]
    finding_counts: Mapping[FindingKind, int]
    revisions_by_day: Mapping[str, int]
    outcome: Outcome
