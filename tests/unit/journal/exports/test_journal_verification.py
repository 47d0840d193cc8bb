"""Parts of a journal add up to what the whole has, however it was divided."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from journal.exports import journal_verification
from journal.exports.block_verification import DeleteRule
from journal.exports.findings import Finding, FindingKind
from journal.exports.journal_verification import JournalVerification
from journal.exports.part_verification import PartVerification, TableTally
from tests.support.journals import busy_ledger, structs, verified

if TYPE_CHECKING:
    from collections.abc import Iterable

LEDGER = busy_ledger()
STRUCTS = structs(LEDGER)


def part(first: int, stop: int, wanted: int = 2) -> PartVerification:
    return verified(STRUCTS[first:stop], LEDGER.strand_id, wanted=frozenset({wanted}))


def journal(parts: Iterable[PartVerification]) -> JournalVerification:
    found = JournalVerification()
    for each in parts:
        found.add(each)
    found.finish()
    return found


def figures(found: JournalVerification) -> tuple[object, ...]:
    return (
        *(found.blocks, found.hash_only_revisions, found.deletes, found.tables, found.names),
        *(found.revisions_by_day, found.wanted, found.is_readable, found.delete_rule),
        *(found.first and found.first.sequence_no, found.last and found.last.sequence_no),
        *(found.without_revisions, found.without_transaction_info, found.findings),
    )


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_any_division_adds_up_to_the_same(size: int) -> None:
    parts = [part(first, first + size) for first in range(0, len(STRUCTS), size)]

    assert figures(journal(parts)) == figures(journal([part(0, len(STRUCTS))]))


def test_the_whole_has_the_figures_of_the_ledger() -> None:
    found = journal([part(0, len(STRUCTS))])

    assert found.blocks == len(STRUCTS)
    assert found.hash_only_revisions == 3
    assert found.deletes == 1
    assert found.delete_rule == DeleteRule.NULL
    assert found.without_revisions == 2
    assert list(found.wanted) == [2]
    assert found.revisions_by_day.total() == 5


def test_a_gap_between_parts_is_found_with_its_place() -> None:
    found = journal([part(0, 2), part(3, 5)])

    assert [(each.kind, each.detail, each.sequence_no) for each in found.findings] == [
        (FindingKind.GAP, "blocks 2 to 2 are missing", 3)
    ]


def test_parts_in_the_wrong_order_are_found() -> None:
    found = journal([part(3, 5), part(0, 2)])

    assert list(found.finding_counts) == [FindingKind.BLOCK_ORDER]


def test_parts_of_different_journals_are_found() -> None:
    other = busy_ledger(seed=2)
    later = verified(structs(other)[3:], other.strand_id)

    found = journal([part(0, 3), later])

    assert list(found.finding_counts) == [FindingKind.CHAIN]


def test_a_part_without_blocks_changes_nothing_between_the_others() -> None:
    assert journal([part(0, 2), part(0, 0), part(2, 4)]).findings == []


def test_an_object_that_could_not_be_read_makes_the_journal_unreadable() -> None:
    damaged = PartVerification("key", is_readable=False)

    assert not journal([damaged, part(0, 2)]).is_readable
    assert not journal([part(0, 2), damaged]).is_readable


def test_deletes_that_no_one_rule_fits_are_a_finding() -> None:
    one = PartVerification("one", deletes=1, delete_rules=DeleteRule.NULL)
    other = PartVerification("other", deletes=1, delete_rules=DeleteRule.NOTHING)

    found = journal([one, other])

    assert list(found.finding_counts) == [FindingKind.DELETE_RULE]
    assert found.delete_rule is None


def test_without_deletes_there_is_no_rule() -> None:
    assert journal([part(0, 2)]).delete_rule is None


def test_findings_beyond_the_limit_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_verification, "MAX_FINDINGS", 3)
    parts = []
    for number in range(5):
        each = PartVerification(str(number))
        each.add(Finding(FindingKind.REVISION_HASH, "wrong"))
        each.add(Finding(FindingKind.REVISION_HASH, "wrong"))
        parts.append(each)

    found = journal(parts)

    assert [each.kind for each in found.findings] == [FindingKind.REVISION_HASH] * 3
    assert found.finding_counts == {FindingKind.REVISION_HASH: 10}


def test_a_part_that_is_verified_again_replaces_its_figures() -> None:
    former = PartVerification("key", tables={"t": TableTally(not_provable=3, deleted=1)})
    latter = PartVerification("key", tables={"t": TableTally(proven_retyped=2, not_provable=1)})
    found = journal([former, PartVerification("other", tables={"t": TableTally(proven=5)})])

    found.replace_tables(former, latter)

    assert found.tables == {"t": TableTally(proven=5, proven_retyped=2, not_provable=1)}
