"""The sentences of a verification: its rules, and what it cannot show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from journal.exports.block_verification import DeleteRule
from ops.terminal_text import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from journal.exports.journal_verification import JournalVerification
    from journal.exports.selection import Selection
    from journal.exports.sequence import ObjectPart
    from ops.exports.catalogue import Catalogue
    from ops.exports.verification import DigestVerification

RULES = (
    "Hashes are SHA-256; those of Ion values follow the Ion Hash Specification 1.0.",
    (
        "Two hashes are combined by hashing the smaller one and then the other; their bytes are "
        "compared as signed numbers from the last to the first. If one is empty, the other is the "
        "result."
    ),
    (
        "A revision's hash combines the Ion Hash of its metadata with that of its data, or with "
        "dataHash if the data was redacted."
    ),
    (
        "The Merkle root of the hashes of a block's revisions is among the block's entries, as are "
        "the Ion Hashes of transactionInfo and redactionInfo."
    ),
    (
        "A transaction's documents have revisions in its block; those that its statements only "
        "insert or change have no delete there."
    ),
    "entriesHash is the Merkle root of the entries; blockHash combines it with previousBlockHash.",
    (
        "previousBlockHash is the blockHash of the block before; that of a ledger's first block "
        "may be empty. Sequence numbers follow each other without a gap."
    ),
    "The first and last block of an object are those that its name tells.",
    (
        "A proof leads from the hash of a block, or of a revision, to the digest: its hashes are "
        "combined one after the other."
    ),
    "These rules are those of AWS's Java sample, and genuine blocks of QLDB confirm them.",
)
"""What is checked; source: QLDB developer guide, "Data verification in Amazon QLDB"."""

_DELETE_RULES = {
    DeleteRule.NULL: "the hash of the metadata combined with the Ion Hash of null",
    DeleteRule.NOTHING: "the hash of the metadata combined with the SHA-256 of no bytes",
    DeleteRule.NULL_STRUCT: "the hash of the metadata combined with the Ion Hash of null.struct",
    DeleteRule.EMPTY_STRUCT: "the hash of the metadata combined with the Ion Hash of {}",
    DeleteRule.METADATA_ALONE: "the hash of the metadata alone",
}


def delete_rule_text(journal: JournalVerification) -> str | None:
    """Return the rule by which the hashes of all deletes were made; None without one."""
    found = journal.delete_rule
    if found is None:
        return None
    return " or ".join(text for rule, text in _DELETE_RULES.items() if rule in found)


def selection_text(selection: Selection) -> str:
    """Return the limits that the user set; empty for none."""
    parts = []
    if selection.tables:
        parts.append(f"revisions of {', '.join(sorted(selection.tables))}")
    if selection.start is not None:
        parts.append(f"blocks from {selection.start.isoformat()}")
    if selection.end is not None:
        parts.append(f"blocks before {selection.end.isoformat()}")
    return "; ".join(parts)


def limits(
    journal: JournalVerification,
    found: Catalogue,
    selection: Selection,
    digests: Sequence[DigestVerification],
) -> list[str]:
    """Return what a verification cannot show."""
    return [
        *_edge_limits(journal, found, digests),
        *_selection_limits(selection),
        *_type_limits(journal),
        *_redaction_limits(journal, selection),
        *_block_limits(journal),
    ]


def superseded_limits(superseded: Sequence[ObjectPart]) -> list[str]:
    """Return what was not read because an export that was made later has the same blocks."""
    if not superseded:
        return []
    blocks = sum(part.read_to - part.read_from + 1 for part in superseded)
    keys = len({part.key for part in superseded})
    return [
        (
            f"Copies of blocks that another object has too: {blocks:,} in {keys:,} "
            f"object{'' if keys == 1 else 's'} were not read. To verify an older export, give its "
            "folder alone."
        )
    ]


def _edge_limits(
    journal: JournalVerification, found: Catalogue, digests: Sequence[DigestVerification]
) -> list[str]:
    if journal.first is None or journal.last is None:
        return []
    texts = []
    proven = [
        each.sequence_no for each in digests if each.is_proven and each.sequence_no is not None
    ]
    if not proven:
        texts.append(
            "Whether the whole journal was made anew: without a digest that you saved, and a proof "
            "that leads to it, the blocks only show that they belong together."
        )
    elif max(proven) < journal.last.sequence_no:
        texts.append(
            f"Blocks after {max(proven)} are covered by no proof: they only show that they belong "
            "to those before."
        )
    if not proven or max(proven) < journal.last.sequence_no:
        texts.append(_tail_limit(journal, found))
    if journal.first.sequence_no > 0:
        texts.append(
            f"What is before block {journal.first.sequence_no}: these blocks are not in the source."
        )
    elif not journal.first.previous_hash:
        texts.append(
            "The previousBlockHash of the ledger's first block is empty, which is accepted: how "
            "QLDB wrote it is not known from any genuine sample."
        )
    return texts


def _tail_limit(journal: JournalVerification, found: Catalogue) -> str:
    assert journal.last is not None  # noqa: S101 (the caller has checked it)
    where = f"block {journal.last.sequence_no} of {journal.last.timestamp}"
    if any(export.completed_key is not None for export in found.exports):
        return (
            f"Whether the ledger had blocks after the last one, {where}: the manifests tell what "
            "was exported, not what the ledger held."
        )
    return (
        f"Whether blocks are missing after the last one, {where}: there is neither a manifest nor "
        "a proof of a later block."
    )


def _selection_limits(selection: Selection) -> list[str]:
    texts = []
    if selection.tables:
        texts.append("Revisions of other tables: only their hashes took part in the chain.")
    if selection.start is not None or selection.end is not None:
        texts.append("Blocks of other times: they were not verified.")
    return texts


def _type_limits(journal: JournalVerification) -> list[str]:
    count = sum(tally.not_provable for tally in journal.tables.values())
    if not count:
        return []
    return [
        (
            f"The data of {count:,} revision{'' if count == 1 else 's'}: JSON has lost types of "
            "values, and no types that were tried give the hash. That does not mean that the data "
            "was changed. The hash is part of the chain, but nothing shows that the data is what "
            "was hashed."
        )
    ]


def _redaction_limits(journal: JournalVerification, selection: Selection) -> list[str]:
    blocks = journal.unexplained_redactions
    if not blocks or selection.start is not None or selection.end is not None:
        return []
    return [
        (
            f"Whether QLDB redacted all of {len(blocks)} redacted revisions, the first of them in "
            f"block {blocks[0]}: no block here tells of it. QLDB writes a redaction into a "
            "later block, which may be after the last one here, but anybody can replace data by "
            "its hash."
        )
    ]


def _block_limits(journal: JournalVerification) -> list[str]:
    texts = [
        (
            "The address and the time of a block, and what transactionId says where a block has no "
            "revisions: no known hash covers them. Addresses are compared with each other, and the "
            "time of a transaction is in the metadata of its revisions."
        ),
    ]
    if journal.unknown_fields:
        names = printable(", ".join(sorted(journal.unknown_fields)))
        texts.append(
            "What the fields with these names say, which QLDB is not known to write in a block or "
            f"revision, and which no hash covers: {names}."
        )
    if journal.without_transaction_info:
        texts.append(
            f"{_have(journal.without_transaction_info, 'block')} no transactionInfo. Genuine "
            "blocks exist without it, so nothing shows whether it was removed, and with it "
            "revisions of documents: `history` names the versions that a document lacks."
        )
    if journal.hash_only_revisions:
        texts.append(
            f"{_have(journal.hash_only_revisions, 'revision')} only a hash. QLDB writes its own "
            "catalog so."
        )
    return texts


def _have(number: int, noun: str) -> str:
    return f"1 {noun} has" if number == 1 else f"{number} {noun}s have"
