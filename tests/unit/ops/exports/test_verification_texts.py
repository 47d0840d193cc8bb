"""What a verification cannot show is said exactly where it is so."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from journal.exports.block_verification import DeleteRule
from journal.exports.journal_verification import JournalVerification
from journal.exports.part_verification import PartVerification, TableTally
from journal.exports.selection import Selection
from ops.exports.catalogue import Catalogue, Export
from ops.exports.verification import DigestVerification
from ops.exports.verification_texts import delete_rule_text, limits, selection_text
from tests.support.journals import busy_ledger, structs, verified

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LEDGER = busy_ledger()
STRUCTS = structs(LEDGER)
LAST = len(STRUCTS) - 1

ANEW = "Whether the whole journal was made anew"
AFTER_PROOF = "are covered by no proof"
AFTER_MANIFEST = "Whether the ledger had blocks after the last one"
AFTER_ALL = "Whether blocks are missing after the last one"
BEFORE = "What is before block"
GENESIS = "previousBlockHash of the ledger's first block is empty"
TABLES = "Revisions of other tables"
TIMES = "Blocks of other times"
TYPES = "JSON has lost types"
UNKNOWN = "What the fields with these names say"
WITHOUT_INFO = "have no transactionInfo"
HASH_ONLY = "have only a hash"


def journal(first: int = 0, figures: Mapping[str, object] | None = None) -> JournalVerification:
    found = JournalVerification()
    part = verified(STRUCTS[first:], LEDGER.strand_id)
    part.hash_only_revisions = 0
    for name, value in (figures or {}).items():
        setattr(part, name, value)
    found.add(part)
    return found


def catalogue(*, completed: bool = True) -> Catalogue:
    export = Export(
        export_id="id",
        strand_id=None,
        completed_key="completed.manifest" if completed else None,
        started_key=None,
        started=None,
        objects=[],
        missing=[],
        ambiguous=[],
    )
    return Catalogue(
        location="folder",
        exports=[export],
        unlisted=[],
        sequences=[],
        unplaced=[],
        proofs=[],
        foreign=[],
        unreadable=[],
    )


def proof(sequence_no: int, *, is_proven: bool | None = True) -> DigestVerification:
    return DigestVerification(
        digest="",
        tip_sequence_no=None,
        digest_file="",
        proof_file="",
        sequence_no=sequence_no,
        is_proven=is_proven,
        detail="",
    )


def said(
    found: JournalVerification,
    *,
    completed: bool = True,
    selection: Selection | None = None,
    digests: Sequence[DigestVerification] = (),
) -> set[str]:
    texts = limits(found, catalogue(completed=completed), selection or Selection(), digests)
    all_texts = (
        *(ANEW, AFTER_PROOF, AFTER_MANIFEST, AFTER_ALL, BEFORE, GENESIS),
        *(TABLES, TIMES, TYPES, UNKNOWN, WITHOUT_INFO, HASH_ONLY),
    )
    return {each for each in all_texts if any(each in text for text in texts)}


def test_a_whole_journal_without_a_proof() -> None:
    assert said(journal()) == {ANEW, AFTER_MANIFEST, GENESIS}


def test_a_proof_of_the_last_block_covers_all() -> None:
    assert said(journal(), digests=[proof(LAST)]) == {GENESIS}


@pytest.mark.parametrize("is_proven", [None, False])
def test_a_proof_that_does_not_lead_to_its_digest_covers_nothing(is_proven: bool | None) -> None:  # noqa: FBT001 (a parameter of the test)
    found = said(journal(), digests=[proof(LAST, is_proven=is_proven)])

    assert found == {ANEW, AFTER_MANIFEST, GENESIS}


def test_a_proof_of_an_earlier_block_leaves_the_blocks_after_it() -> None:
    assert said(journal(), digests=[proof(2)]) == {AFTER_PROOF, AFTER_MANIFEST, GENESIS}


def test_without_a_manifest_a_cut_tail_is_invisible() -> None:
    assert said(journal(), completed=False) == {ANEW, AFTER_ALL, GENESIS}


def test_a_journal_that_starts_later_lacks_what_was_before() -> None:
    assert said(journal(first=3), digests=[proof(LAST)]) == {BEFORE}


def test_a_selection_leaves_out_the_rest() -> None:
    selection = Selection(frozenset({"Person"}), datetime(2024, 1, 1, tzinfo=UTC))

    found = said(journal(first=3), digests=[proof(LAST)], selection=selection)

    assert found == {BEFORE, TABLES, TIMES}


@pytest.mark.parametrize(
    ("figures", "expected"),
    [
        ({"tables": {"t": TableTally(not_provable=2)}}, TYPES),
        ({"unknown_fields": {"extra"}}, UNKNOWN),
        ({"without_transaction_info": 2}, WITHOUT_INFO),
        ({"hash_only_revisions": 2}, HASH_ONLY),
    ],
)
def test_what_blocks_lack_is_said(figures: dict[str, object], expected: str) -> None:
    assert said(journal(3, figures), digests=[proof(LAST)]) == {BEFORE, expected}


def test_one_is_said_in_the_singular() -> None:
    found = journal(3, {"without_transaction_info": 1, "hash_only_revisions": 1})

    texts = " ".join(limits(found, catalogue(), Selection(), []))
    assert "1 block has no transactionInfo" in texts
    assert "1 revision has only a hash" in texts


def test_nothing_is_said_of_the_edges_of_no_block() -> None:
    assert said(JournalVerification()) == set()


def test_control_characters_in_names_are_escaped() -> None:
    found = journal(figures={"unknown_fields": {"a\x1b[2Jb"}})

    assert not any("\x1b" in text for text in limits(found, catalogue(), Selection(), []))


def test_the_rule_of_deletes_is_told_in_words() -> None:
    part = PartVerification("key", deletes=1, delete_rules=DeleteRule.NULL | DeleteRule.NOTHING)
    found = JournalVerification()
    found.add(part)

    assert delete_rule_text(found) == (
        "the hash of the metadata combined with the Ion Hash of null or "
        "the hash of the metadata combined with the SHA-256 of no bytes"
    )
    assert delete_rule_text(JournalVerification()) is None


def test_a_selection_is_told_in_words() -> None:
    selection = Selection(
        frozenset({"B", "A"}), datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 2, 1, tzinfo=UTC)
    )

    assert selection_text(selection) == (
        "revisions of A, B; blocks from 2024-01-01T00:00:00+00:00; "
        "blocks before 2024-02-01T00:00:00+00:00"
    )
    assert selection_text(Selection()) == ""
