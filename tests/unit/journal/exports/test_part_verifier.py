"""Each kind of change in the blocks of an object is found, and nothing is found in sound ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from amazon.ion import simpleion

from journal.exports import part_verification
from journal.exports.block_verification import DeleteRule
from journal.exports.findings import FindingKind
from journal.exports.part_verification import TableTally
from journal.exports.part_verifier import Part, verify_part
from journal.exports.selection import Selection
from journal.ion.binary_stream import binary_values
from journal.ion.hashing import ion_hash
from journal.merkle import dot, merkle_root
from tests.support.exports import START
from tests.support.journals import busy_ledger, structs, verified

if TYPE_CHECKING:
    from collections.abc import Callable

    from journal.exports.part_verification import PartVerification
    from journal.ion.structure import Span

STRAND = busy_ledger().strand_id
BLOCKS = len(busy_ledger().blocks)


def kinds(result: PartVerification) -> list[FindingKind]:
    return [finding.kind for finding in result.findings]


def changed(change: Callable[[list[dict[str, Any]]], object]) -> PartVerification:
    blocks = structs(busy_ledger())
    change(blocks)
    return verified(blocks, STRAND)


def test_a_sound_journal_has_no_findings() -> None:
    result = verified(structs(busy_ledger()), STRAND, name=(0, BLOCKS - 1))

    assert result.findings == []
    assert result.blocks == BLOCKS
    assert result.is_readable
    tally = next(iter(result.tables.values()))
    assert tally == TableTally(proven=5, deleted=1, redacted=1)
    assert result.deletes == 1
    assert result.delete_rules == DeleteRule.NULL
    assert set(result.names.values()) == {"Person"}


def flipped(value: bytes) -> bytes:
    return bytes([value[0] ^ 1]) + value[1:]


def set_data(blocks: list[dict[str, Any]]) -> None:
    blocks[2]["revisions"][0]["data"]["name"] = "other"


def set_metadata(blocks: list[dict[str, Any]]) -> None:
    blocks[2]["revisions"][0]["metadata"]["version"] += 1


def set_tx_id(blocks: list[dict[str, Any]]) -> None:
    blocks[2]["transactionId"] = blocks[1]["transactionId"]


def set_revision_address(blocks: list[dict[str, Any]]) -> None:
    blocks[2]["revisions"][0]["blockAddress"]["sequenceNo"] += 1


def remove_revision_address(blocks: list[dict[str, Any]]) -> None:
    del blocks[2]["revisions"][0]["blockAddress"]


def set_revision_hash(blocks: list[dict[str, Any]]) -> None:
    revision = blocks[2]["revisions"][0]
    revision["hash"] = flipped(revision["hash"])


def set_data_hash(blocks: list[dict[str, Any]]) -> None:
    revision = blocks[1]["revisions"][0]
    revision["dataHash"] = flipped(revision["dataHash"])


def set_statement(blocks: list[dict[str, Any]]) -> None:
    blocks[2]["transactionInfo"]["statements"][0]["statement"] += " "


def set_redaction(blocks: list[dict[str, Any]]) -> None:
    blocks[5]["redactionInfo"]["revisions"][0]["version"] += 1


def set_entry(blocks: list[dict[str, Any]]) -> None:
    entries = list(blocks[2]["entriesHashList"])
    entries[0] = flipped(entries[0])
    blocks[2]["entriesHashList"] = entries


def set_entries_hash(blocks: list[dict[str, Any]]) -> None:
    blocks[2]["entriesHash"] = flipped(blocks[2]["entriesHash"])


def set_block_hash(blocks: list[dict[str, Any]]) -> None:
    blocks[2]["blockHash"] = flipped(blocks[2]["blockHash"])


def set_previous_hash(blocks: list[dict[str, Any]]) -> None:
    blocks[2]["previousBlockHash"] = flipped(blocks[2]["previousBlockHash"])


def remove_revision(blocks: list[dict[str, Any]]) -> None:
    del blocks[2]["revisions"][0]


def remove_revisions(blocks: list[dict[str, Any]]) -> None:
    del blocks[2]["revisions"]


def remove_metadata(blocks: list[dict[str, Any]]) -> None:
    blocks[2]["revisions"][0] = {"hash": blocks[2]["revisions"][0]["hash"]}


def remove_data(blocks: list[dict[str, Any]]) -> None:
    del blocks[2]["revisions"][0]["data"]


def remove_block(blocks: list[dict[str, Any]]) -> None:
    del blocks[2]


def repeat_block(blocks: list[dict[str, Any]]) -> None:
    blocks.insert(3, blocks[2])


def swap_blocks(blocks: list[dict[str, Any]]) -> None:
    blocks[2], blocks[3] = blocks[3], blocks[2]


def renumber_block(blocks: list[dict[str, Any]]) -> None:
    blocks[2]["blockAddress"]["sequenceNo"] = 99


def set_strand(blocks: list[dict[str, Any]]) -> None:
    blocks[2]["blockAddress"]["strandId"] = "another"


def remove_hash(blocks: list[dict[str, Any]]) -> None:
    del blocks[2]["blockHash"]


def set_hash_type(blocks: list[dict[str, Any]]) -> None:
    blocks[2]["blockHash"] = "text"


def keep_data_without_metadata(blocks: list[dict[str, Any]]) -> None:
    del blocks[2]["revisions"][0]["metadata"]


def add_data_hash(blocks: list[dict[str, Any]]) -> None:
    blocks[2]["revisions"][0]["dataHash"] = bytes(32)


def hide_revisions(blocks: list[dict[str, Any]]) -> None:
    first, second, third, fourth = blocks[2]["entriesHashList"]
    blocks[2]["entriesHashList"] = [third, fourth, dot(first, second)]
    del blocks[2]["revisions"]


def hide_revisions_as_if_there_were_none(blocks: list[dict[str, Any]]) -> None:
    first, second, third, fourth = blocks[2]["entriesHashList"]
    blocks[2]["entriesHashList"] = [dot(first, second), b"", third, fourth]
    blocks[2]["revisions"] = []


def hide_delete(blocks: list[dict[str, Any]]) -> None:
    first, second, third, fourth = blocks[4]["entriesHashList"]
    blocks[4]["entriesHashList"] = [dot(first, second), b"", third, fourth]
    blocks[4]["revisions"] = []


def hide_one_revision(blocks: list[dict[str, Any]]) -> None:
    first, _, third, fourth = blocks[2]["entriesHashList"]
    one, other = (each["hash"] for each in blocks[2]["revisions"])
    blocks[2]["entriesHashList"] = [first, b"", one, other, third, fourth]
    del blocks[2]["revisions"][1]


def pass_off_as_delete(blocks: list[dict[str, Any]]) -> None:
    blocks[3]["revisions"] = split_revision(blocks[3])


def pass_off_as_redacted(blocks: list[dict[str, Any]]) -> None:
    known, hidden = split_revision(blocks[3])
    blocks[3]["revisions"] = [known | {"dataHash": b""}, hidden]


def split_revision(block: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a revision in two: metadata without data, and the hash of the data."""
    (revision,) = block["revisions"]
    of_data, of_metadata = hash_of(revision.pop("data")), hash_of(revision["metadata"])
    assert dot(of_metadata, of_data) == revision["hash"]
    return [revision | {"hash": of_metadata}, {"hash": of_data}]


def hash_of(value: object) -> bytes:
    (located,) = binary_values([bytes(simpleion.dumps(value, binary=True))])
    return ion_hash(located.span)


def shorten(name: str) -> Callable[[list[dict[str, Any]]], None]:
    def change(blocks: list[dict[str, Any]]) -> None:
        blocks[2][name] = blocks[2][name][:31]

    return change


def shorten_entry(blocks: list[dict[str, Any]]) -> None:
    blocks[2]["entriesHashList"][0] = b"short"


def shorten_revision_hash(blocks: list[dict[str, Any]]) -> None:
    blocks[2]["revisions"][0]["hash"] = b""


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (set_data, FindingKind.REVISION_HASH),
        (set_metadata, FindingKind.REVISION_HASH),
        (set_tx_id, FindingKind.REVISION_PLACE),
        (set_revision_address, FindingKind.REVISION_PLACE),
        (remove_revision_address, FindingKind.REVISION_PLACE),
        (set_revision_hash, FindingKind.REVISIONS_ROOT),
        (set_data_hash, FindingKind.REVISION_HASH),
        (set_statement, FindingKind.TRANSACTION_INFO),
        (set_redaction, FindingKind.REDACTION_INFO),
        (set_entry, FindingKind.ENTRIES_HASH),
        (set_entries_hash, FindingKind.ENTRIES_HASH),
        (set_block_hash, FindingKind.BLOCK_HASH),
        (set_previous_hash, FindingKind.CHAIN),
        (remove_revision, FindingKind.REVISIONS_ROOT),
        (remove_revisions, FindingKind.MISSING_REVISION),
        (remove_metadata, FindingKind.MISSING_REVISION),
        (remove_data, FindingKind.REVISION_HASH),
        (remove_block, FindingKind.GAP),
        (repeat_block, FindingKind.BLOCK_ORDER),
        (swap_blocks, FindingKind.BLOCK_ORDER),
        (renumber_block, FindingKind.GAP),
        (set_strand, FindingKind.FOREIGN_BLOCK),
        (remove_hash, FindingKind.MALFORMED_BLOCK),
        (set_hash_type, FindingKind.MALFORMED_BLOCK),
        (keep_data_without_metadata, FindingKind.MALFORMED_BLOCK),
        (add_data_hash, FindingKind.MALFORMED_BLOCK),
        (hide_revisions, FindingKind.MISSING_REVISION),
        (hide_revisions_as_if_there_were_none, FindingKind.MISSING_REVISION),
        (hide_delete, FindingKind.MISSING_REVISION),
        (hide_one_revision, FindingKind.MISSING_REVISION),
        (pass_off_as_delete, FindingKind.REVISION_HASH),
        (pass_off_as_redacted, FindingKind.MALFORMED_BLOCK),
        (shorten("blockHash"), FindingKind.MALFORMED_BLOCK),
        (shorten("entriesHash"), FindingKind.MALFORMED_BLOCK),
        (shorten("previousBlockHash"), FindingKind.MALFORMED_BLOCK),
        (shorten_entry, FindingKind.MALFORMED_BLOCK),
        (shorten_revision_hash, FindingKind.MALFORMED_BLOCK),
    ],
)
def test_a_change_is_found(
    change: Callable[[list[dict[str, Any]]], None], expected: FindingKind
) -> None:
    assert expected in kinds(changed(change))


def test_a_finding_names_its_place() -> None:
    blocks = structs(busy_ledger())
    set_data(blocks)
    metadata = blocks[2]["revisions"][0]["metadata"]

    finding = verified(blocks, STRAND).findings[0]

    assert finding.key == "exports/object.ion"
    assert finding.sequence_no == 2
    assert (finding.document_id, finding.version) == (metadata["id"], metadata["version"])
    assert finding.offset is not None
    assert finding.offset > 0


def test_a_document_that_was_changed_appears_in_no_finding() -> None:
    result = changed(set_data)

    assert "other" not in repr(result.findings)


@pytest.mark.parametrize("name", [(0, BLOCKS), (1, BLOCKS - 1), (0, BLOCKS - 2)])
def test_an_object_whose_blocks_are_not_those_of_its_name_is_found(name: tuple[int, int]) -> None:
    result = verified(structs(busy_ledger()), STRAND, name=name)

    assert kinds(result) == [FindingKind.OBJECT_NAME]


def test_an_object_without_blocks_is_not_what_its_name_tells() -> None:
    assert kinds(verified([], STRAND, name=(0, 3))) == [FindingKind.OBJECT_NAME]


def test_only_the_blocks_that_are_to_be_taken_are_counted() -> None:
    result = verified(structs(busy_ledger()), STRAND, name=(0, BLOCKS - 1), read=(2, 4))

    assert result.findings == []
    assert result.blocks == 3
    assert result.first is not None
    assert result.last is not None
    assert (result.first.sequence_no, result.last.sequence_no) == (2, 4)


def test_a_change_in_a_block_that_is_not_to_be_taken_is_no_finding() -> None:
    blocks = structs(busy_ledger())
    set_data(blocks)

    assert verified(blocks, STRAND, read=(3, 4)).findings == []


def test_revisions_of_other_tables_are_not_hashed() -> None:
    blocks = structs(busy_ledger())
    set_data(blocks)

    result = verified(blocks, STRAND, selection=Selection(frozenset({"Other"})))

    assert result.findings == []
    assert result.tables == {}


@pytest.mark.parametrize("chosen", ["Person", busy_ledger().tables["Person"]])
def test_a_table_is_chosen_by_name_or_id(chosen: str) -> None:
    table_id = busy_ledger().tables["Person"]

    result = verified(structs(busy_ledger()), STRAND, selection=Selection(frozenset({chosen})))

    assert result.tables[table_id].proven == 5


def test_only_blocks_of_the_chosen_time_are_verified() -> None:
    blocks = structs(busy_ledger())
    start = datetime.fromisoformat(blocks[2]["blockTimestamp"].isoformat())
    end = datetime.fromisoformat(blocks[4]["blockTimestamp"].isoformat())

    result = verified(blocks, STRAND, selection=Selection(frozenset(), start, end))

    assert result.first is not None
    assert result.last is not None
    assert (result.first.sequence_no, result.last.sequence_no) == (2, 3)


def test_a_time_without_blocks_gives_none() -> None:
    later = START + timedelta(days=1)

    result = verified(structs(busy_ledger()), STRAND, selection=Selection(frozenset(), later, None))

    assert (result.blocks, result.first, result.last) == (0, None, None)


def test_the_hashes_of_wanted_blocks_are_kept() -> None:
    blocks = structs(busy_ledger())

    result = verified(blocks, STRAND, wanted=frozenset({2}))

    assert list(result.wanted) == [2]
    assert result.wanted[2].block_hash == blocks[2]["blockHash"]
    assert result.wanted[2].revision_hashes == tuple(
        revision["hash"] for revision in blocks[2]["revisions"]
    )


def test_a_cut_object_is_read_up_to_the_cut() -> None:
    data = bytes(simpleion.dumps(structs(busy_ledger()), binary=True, sequence_as_stream=True))

    result = verify_part(
        Part("key", STRAND, 0, BLOCKS - 1, None, None),
        binary_values([data[:-5]]),
        selection=Selection(),
        wanted=frozenset(),
        types=None,
    )

    assert not result.is_readable
    assert kinds(result) == [FindingKind.UNREADABLE_OBJECT]
    assert result.blocks == BLOCKS - 1


def test_a_block_that_lacks_what_genuine_ones_may_lack_is_sound() -> None:
    blocks = structs(busy_ledger())
    for block in blocks:
        block.pop("transactionInfo", None)

    result = verified(blocks, STRAND)

    assert result.findings == []
    assert result.without_transaction_info == BLOCKS
    assert list(result.tables) == [None]


def without_revisions(places: list[int]) -> PartVerification:
    """Verify a sound block with no revision of a document that some of two statements touched."""
    block = structs(busy_ledger())[3]
    info = block["transactionInfo"]
    (statement,) = info["statements"]
    info["statements"] = [
        statement | {"statement": text} for text in ("insert INTO Person ?", "DELETE FROM Person")
    ]
    for document in info["documents"].values():
        document["statements"] = places
    del block["revisions"]
    block["entriesHashList"] = [bytes(32), b"", bytes(32), hash_of(info)]
    block["entriesHash"] = merkle_root(block["entriesHashList"])
    block["blockHash"] = dot(block["entriesHash"], block["previousBlockHash"])
    return verified([block], STRAND)


def test_a_document_that_is_inserted_and_deleted_at_once_may_lack_a_revision() -> None:
    assert without_revisions([0, 1]).findings == []


@pytest.mark.parametrize("places", [[0], [1], [0, 0]])
def test_a_document_that_is_only_inserted_or_only_deleted_has_a_revision(
    places: list[int],
) -> None:
    assert kinds(without_revisions(places)) == [FindingKind.MISSING_REVISION]


def test_nothing_is_concluded_from_a_statement_that_is_not_there() -> None:
    assert without_revisions([0, 2]).findings == []


class NoTypes:
    """Finds no types but those that are there."""

    def find(self, _table_id: object, data: Span, fits: Callable[[bytes], bool]) -> Span | None:
        return data if fits(ion_hash(data)) else None


def test_a_changed_document_is_not_provable_where_types_were_lost() -> None:
    blocks = structs(busy_ledger())
    set_data(blocks)

    result = verified(blocks, STRAND, types=NoTypes())

    assert result.findings == []
    assert next(iter(result.tables.values())).not_provable == 1
    (place,) = result.not_provable
    assert (place.kind, place.sequence_no) == (FindingKind.NOT_PROVABLE, 2)
    assert place.document_id == blocks[2]["revisions"][0]["metadata"]["id"]


def test_days_are_those_of_the_blocks() -> None:
    result = verified(structs(busy_ledger()), STRAND)

    assert result.revisions_by_day == {START.astimezone(UTC).strftime("%Y-%m-%d"): 5}


def test_redacted_revisions_and_redactions_are_kept() -> None:
    result = verified(structs(busy_ledger()), STRAND)

    (redacted,) = result.redacted
    assert result.redacted[redacted] == 1
    assert result.redactions == {redacted}


def change_all_data(blocks: list[dict[str, Any]]) -> None:
    for block in blocks:
        for revision in block.get("revisions", ()):
            if "data" in revision:
                revision["data"]["name"] = "changed"


def test_all_findings_are_counted_and_the_first_ones_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(part_verification, "MAX_FINDINGS", 2)

    result = changed(change_all_data)

    assert result.finding_counts == {FindingKind.REVISION_HASH: 3}
    assert kinds(result) == [FindingKind.REVISION_HASH] * 2
    assert next(iter(result.tables.values())).wrong == 3


class OtherTypes:
    """Finds other types for every document."""

    def find(self, _table_id: str | None, data: Span, _fits: Callable[[bytes], bool]) -> Span:
        whole, names, head, start, stop = data
        return whole, names, head, start, stop


def test_a_document_in_other_types_is_proven_after_re_typing() -> None:
    result = verified(structs(busy_ledger()), STRAND, types=OtherTypes())

    tally = next(iter(result.tables.values()))
    assert (tally.proven_retyped, tally.proven) == (3, 2)
