"""The sentences that all reports of a verification share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from journal.exports.findings import FindingKind
from ops.exports.verification import Outcome
from ops.terminal_text import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from journal.exports.findings import Finding
    from ops.exports.verification import (
        BlockPlace,
        DigestVerification,
        RevisionCounts,
        TableVerification,
        Verification,
    )

OUTCOME_WORDS = {
    Outcome.PROVEN: "PROVEN",
    Outcome.NOT_PROVEN: "NOT PROVEN",
    Outcome.NOT_READ: "COULD NOT BE READ",
}

NOT_PROVABLE = (
    "JSON does not keep the types that were hashed (timestamps, blobs, symbols), so this does not"
    " show whether they were changed; an export in Ion decides it."
)


class Advice(NamedTuple):
    """What a kind of finding means to the owner of the data, and what to do about it."""

    meaning: str
    remedy: str


ADVICE = {
    FindingKind.UNREADABLE_OBJECT: Advice(
        "An object is cut, damaged or not a part of an export.",
        "Compare its size with the original's and copy it again; take files of other origin out of"
        " the source.",
    ),
    FindingKind.MISSING_OBJECT: Advice(
        "A manifest names an object that is not there.",
        "Copy the whole export again, with every object that the manifest names.",
    ),
    FindingKind.OBJECT_NAME: Advice(
        "An object does not hold the blocks that its name tells.",
        "Give the object its original name back; if blocks are missing, copy it again.",
    ),
    FindingKind.FOREIGN_BLOCK: Advice(
        "The source holds blocks of more than one ledger.",
        "Move the exports of each ledger into a folder of its own and verify each one.",
    ),
    FindingKind.GAP: Advice(
        "Blocks are missing between two exports or objects.",
        "Add the export or the object that holds the missing blocks.",
    ),
    FindingKind.BLOCK_ORDER: Advice(
        "A block comes twice or at the wrong place.",
        "QLDB writes each block once and in order: restore the object from the original.",
    ),
    FindingKind.MALFORMED_BLOCK: Advice(
        "A block lacks a field or has one of a wrong type.",
        "QLDB writes no such block: restore the object from the original.",
    ),
    FindingKind.REVISION_HASH: Advice(
        "A document or its metadata is not what was committed.",
        "Do not rely on this revision: restore the object from the original or another export.",
    ),
    FindingKind.NOT_PROVABLE: Advice(
        "JSON has lost too much of a document, or the document was changed: nothing tells which.",
        "Verify an Ion export of the ledger; look first at tables in which only a few revisions are"
        " not provable.",
    ),
    FindingKind.REVISION_PLACE: Advice(
        "A revision was moved here from another block or transaction.",
        "Do not rely on this revision: restore the object from the original or another export.",
    ),
    FindingKind.REVISIONS_ROOT: Advice(
        "A block's revisions are not those that were committed: some were added, removed or"
        " changed.",
        "Do not rely on this block: restore the object from the original or another export.",
    ),
    FindingKind.MISSING_REVISION: Advice(
        "A transaction wrote a document, but its block has no revision of it, only hashes.",
        "Do not rely on this block: restore the object from the original or another export.",
    ),
    FindingKind.TRANSACTION_INFO: Advice(
        "The statements or the list of documents of a transaction were changed.",
        "Restore the object from the original or another export.",
    ),
    FindingKind.REDACTION_INFO: Advice(
        "What a block tells about a redaction was changed.",
        "Restore the object from the original or another export.",
    ),
    FindingKind.ENTRIES_HASH: Advice(
        "The hashes in a block do not belong together.",
        "Do not rely on this block: restore the object from the original or another export.",
    ),
    FindingKind.BLOCK_HASH: Advice(
        "A block's own hash was changed, or what it is made from.",
        "Do not rely on this block: restore the object from the original or another export.",
    ),
    FindingKind.CHAIN: Advice(
        "A block does not continue the one before it: one of them was changed or exchanged.",
        "Find out from which export each of the two came, and restore the objects from the"
        " originals.",
    ),
    FindingKind.DELETE_RULE: Advice(
        "The hashes of the deletes follow no rule that is known; nothing else is wrong with them.",
        "Nothing in the export can be repaired; keep the report, and report it as a bug.",
    ),
    FindingKind.DIGEST: Advice(
        "The export is not the ledger at the time of the digest, or the proof is for another"
        " digest.",
        "Check that digest, proof and export are of one ledger, and that the proof was made for"
        " this digest.",
    ),
}
"""For every kind of finding."""

_NO_BAD_BLOCK = frozenset(
    (
        FindingKind.UNREADABLE_OBJECT,
        FindingKind.MISSING_OBJECT,
        FindingKind.OBJECT_NAME,
        FindingKind.DELETE_RULE,
        FindingKind.DIGEST,
        FindingKind.NOT_PROVABLE,
    )
)

_SIZES = ((10**12, "TB"), (10**9, "GB"), (10**6, "MB"), (10**3, "kB"))
_MINUTE = 60
_HOUR = 60 * _MINUTE


def outcome_sentences(verification: Verification) -> list[str]:
    """Return what the outcome means, the most important first."""
    counts = verification.counts
    number = sum(
        count
        for kind, count in verification.finding_counts.items()
        if kind is not FindingKind.NOT_PROVABLE
    )
    sentences: list[str] = []
    match verification.outcome:
        case Outcome.PROVEN:
            sentences += _proven(verification)
        case Outcome.NOT_PROVEN if number:
            sentences.append(f"There {_are(number, 'finding')}.")
        case Outcome.NOT_PROVEN:
            sentences.append("Nothing contradicts the hashes, but not everything is proven by one.")
        case Outcome.NOT_READ if not verification.blocks:
            sentences.append("No block was found that could be read, so nothing was verified.")
        case Outcome.NOT_READ:
            sentences.append("A part of the source could not be read; the rest was verified.")
    if counts.wrong:
        sentences.append(
            f"{_of(counts.wrong, counts.total)} {'has' if counts.wrong == 1 else 'have'} another"
            " hash than the one that was committed."
        )
    if counts.not_provable:
        sentences.append(
            f"{_of(counts.not_provable, counts.total)} cannot be proven in this format."
            f" {NOT_PROVABLE}"
        )
    return sentences


def _proven(verification: Verification) -> list[str]:
    every = "Within the selection, every" if verification.selection else "Every"
    sentences = [f"{every} block matches its hashes and continues the block before it."]
    covering = [each for each in verification.digests if each.is_proven]
    if covering:
        blocks = [each.sequence_no for each in covering if each.sequence_no is not None]
        sentences.append(
            "A proof leads from "
            + (f"block {max(blocks)}" if blocks else "the export")
            + " to a digest of the ledger."
        )
    else:
        sentences.append(
            "No digest was proven: somebody who rewrote the whole export with new hashes would not"
            " be found."
        )
    return sentences


def first_bad_block(verification: Verification) -> Finding | None:
    """Return the first finding about the content of a block; its block is known."""
    return next(
        (
            each
            for each in verification.findings
            if each.sequence_no is not None and each.kind not in _NO_BAD_BLOCK
        ),
        None,
    )


def objects_text(verification: Verification) -> str:
    """Return how many objects were read, their formats and their size."""
    formats = ", ".join(
        f"{number:,} {printable(name)}" for name, number in sorted(verification.formats.items())
    )
    return (
        f"{plural(verification.objects, 'object')}"
        + (f" ({formats})" if formats else "")
        + f", {size_text(verification.bytes)}"
    )


def block_text(place: BlockPlace | None) -> str:
    """Return number and time of a block."""
    if place is None:
        return "no block"
    return f"block {place.sequence_no}, {printable(place.timestamp)}"


def finding_place(finding: Finding) -> tuple[str, str]:
    """Return the object of a finding and the place in it; what is unknown is empty."""
    parts = (
        f"offset {finding.offset}" if finding.offset is not None else None,
        f"block {finding.sequence_no}" if finding.sequence_no is not None else None,
        f"document {printable(finding.document_id)}" if finding.document_id is not None else None,
        f"version {finding.version}" if finding.version is not None else None,
    )
    return printable(finding.key or ""), ", ".join(part for part in parts if part)


def table_name(table: TableVerification) -> str:
    """Return the name of a table, or what is known instead."""
    return "name unknown" if table.name is None else printable(table.name)


def delete_rule(verification: Verification) -> str:
    """Return the rule of the deletes' hashes, or that there is none; empty without deletes."""
    if verification.delete_rule is not None:
        return printable(verification.delete_rule)
    return "no known rule gives the hashes of the deletes" if verification.counts.deleted else ""


def digest_result(digest: DigestVerification) -> str:
    """Return what is known about a digest, in two words."""
    return {True: "proven", False: "not proven", None: "not checked"}[digest.is_proven]


def count_columns(counts: RevisionCounts) -> Sequence[tuple[str, int]]:
    """Return the names and numbers of revisions, in the order of all reports."""
    return (
        ("proven", counts.proven),
        ("re-typed", counts.proven_retyped),
        ("not provable", counts.not_provable),
        ("wrong", counts.wrong),
        ("deletes", counts.deleted),
        ("redacted", counts.redacted),
    )


def counts_explained(counts: RevisionCounts) -> str:
    """Return what the columns mean that have a number; empty if they need no explanation."""
    meanings = (
        (
            counts.proven_retyped,
            "Re-typed: proven after types were restored that JSON does not keep.",
        ),
        (
            counts.not_provable,
            "Not provable: no types that were tried give the hash; changed or not is open.",
        ),
        (counts.wrong, "Wrong: the revision is not the one that was committed."),
        (
            counts.deleted or counts.redacted,
            "Deletes and redacted revisions are counted among the others too.",
        ),
    )
    return " ".join(meaning for number, meaning in meanings if number)


def time_text(seconds: float) -> str:
    """Return a time of the clock, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def duration_text(seconds: float) -> str:
    """Return a duration as people say it."""
    if seconds < _MINUTE:
        return f"{seconds:.1f} s"
    if seconds < _HOUR:
        return f"{int(seconds // _MINUTE)} min {int(seconds % _MINUTE)} s"
    return f"{int(seconds // _HOUR)} h {int(seconds % _HOUR // _MINUTE)} min"


def size_text(size: int) -> str:
    """Return a number of bytes in the largest unit that fits."""
    for unit, name in _SIZES:
        if size >= unit:
            return f"{size / unit:.1f} {name}"
    return plural(size, "byte")


def plural(number: int, noun: str) -> str:
    """Return a number and its noun."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _are(number: int, noun: str) -> str:
    return f"{'is' if number == 1 else 'are'} {plural(number, noun)}"


def _of(number: int, total: int) -> str:
    return f"{number:,} of {plural(total, 'revision')}"
