"""Objects of an export become revisions; what cannot be read is named, and stops nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from amazon.ion import simpleion

from journal.exports.selection import Selection
from journal.exports.sequence import ObjectPart
from journal.revisions import RevisionKind
from ops.exports.source import open_source
from ops.replay.revisions import EVERYTHING, Found, read_part
from tests.support.exports import ExportFormat, object_bytes
from tests.support.journals import busy_ledger, structs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KEY = "object.ion"


def read(
    folder: Path,
    content: bytes,
    *,
    name: tuple[int, int],
    taken: tuple[int, int] | None = None,
    selection: Selection = EVERYTHING,
) -> Found:
    """Return what is found in an object of the busy ledger's strand."""
    (folder / KEY).write_bytes(content)
    found = Found()
    part = ObjectPart(KEY, len(content), *name, None, *(taken or name))
    read_part(open_source(str(folder)), part, busy_ledger().blocks[0].strand_id, found, selection)
    return found


def ion(blocks: list[dict[str, Any]]) -> bytes:
    return bytes(simpleion.dumps(blocks, binary=True, sequence_as_stream=True))


@pytest.mark.parametrize("output_format", ExportFormat)
def test_every_format_gives_the_same_revisions(tmp_path: Path, output_format: ExportFormat) -> None:
    ledger = busy_ledger()
    last = ledger.blocks[-1].sequence_no

    found = read(tmp_path, object_bytes(ledger.blocks, output_format), name=(0, last))

    kinds = [(each.revision.version, each.revision.kind) for each in found.revisions]
    assert kinds == [
        (0, RevisionKind.REDACTED),
        (0, RevisionKind.UPSERT),
        (1, RevisionKind.UPSERT),
        (1, RevisionKind.UPSERT),
        (2, RevisionKind.DELETE),
    ]
    assert {each.revision.table_name for each in found.revisions} == {"Person"}
    assert [each.redaction.version for each in found.redactions] == [0]
    assert found.blocks == last + 1
    assert not found.problems


def test_only_the_part_is_taken(tmp_path: Path) -> None:
    ledger = busy_ledger()
    content = object_bytes(ledger.blocks, ExportFormat.ION_BINARY)

    found = read(tmp_path, content, name=(0, ledger.blocks[-1].sequence_no), taken=(2, 3))

    assert {each.sequence_no for each in found.revisions} == {2, 3}
    assert found.blocks == 2


def test_a_limit_of_time_leaves_redactions(tmp_path: Path) -> None:
    ledger = busy_ledger()
    content = object_bytes(ledger.blocks, ExportFormat.ION_BINARY)
    never = Selection(end=datetime(2000, 1, 1, tzinfo=UTC))

    found = read(tmp_path, content, name=(0, ledger.blocks[-1].sequence_no), selection=never)

    assert not found.revisions
    assert len(found.redactions) == 1


def test_one_bad_revision_leaves_those_beside_it(tmp_path: Path) -> None:
    # given a block with a revision, and beside it one whose version is no number
    blocks = structs(busy_ledger())
    number, places = next(
        (at, [place for place, each in enumerate(block["revisions"]) if "metadata" in each])
        for at, block in enumerate(blocks)
        if sum("metadata" in each for each in block.get("revisions", ())) == 1
    )
    good = blocks[number]["revisions"][places[0]]
    bad = {**good, "metadata": {**good["metadata"], "version": "one"}}
    blocks[number]["revisions"].append(bad)
    # when
    found = read(tmp_path, ion(blocks), name=(0, len(blocks) - 1))
    # then the other is read, and the bad one is named with its table
    assert [each.place for each in found.revisions if each.sequence_no == number] == places
    (faulty,) = found.faulty
    assert (faulty.sequence_no, faulty.table.name) == (number, "Person")
    assert faulty.place == len(blocks[number]["revisions"]) - 1
    assert not found.problems


def test_a_bad_redaction_leaves_the_revisions_of_its_block(tmp_path: Path) -> None:
    blocks = structs(busy_ledger())
    blocks[1]["redactionInfo"] = {"revisions": [{"version": "none"}]}

    found = read(tmp_path, ion(blocks), name=(0, len(blocks) - 1))

    assert any(each.sequence_no == 1 for each in found.revisions)
    (problem,) = found.problems
    assert problem.key == KEY
    assert problem.problem.startswith("redactionInfo: ")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda blocks: blocks[:-1], "ends with block"),
        (lambda blocks: blocks[1:], "starts with block"),
        (lambda blocks: [blocks[0], *blocks[2:]], "has "),
        (lambda _: [], "there is no block"),
    ],
)
def test_a_block_that_the_name_tells_and_the_object_lacks_is_named(
    tmp_path: Path, change: Callable[[list[Any]], list[Any]], problem: str
) -> None:
    blocks = structs(busy_ledger())

    found = read(tmp_path, ion(change(blocks)), name=(0, len(blocks) - 1))

    assert [each.problem.startswith(problem) for each in found.problems] == [True]


def test_a_block_of_another_strand_is_named_and_not_taken(tmp_path: Path) -> None:
    blocks = structs(busy_ledger())
    blocks[2]["blockAddress"]["strandId"] = "another"

    found = read(tmp_path, ion(blocks), name=(0, len(blocks) - 1))

    assert "the block is of another strand" in [each.problem for each in found.problems]
    assert 2 not in {each.sequence_no for each in found.revisions}


def test_a_damaged_object_keeps_what_precedes_the_damage(tmp_path: Path) -> None:
    blocks = busy_ledger().blocks
    content = object_bytes(blocks, ExportFormat.ION_BINARY)

    found = read(tmp_path, content[:-3], name=(0, blocks[-1].sequence_no))

    assert found.revisions
    (problem,) = found.problems
    assert problem.offset is not None


def test_problems_of_one_object_are_limited(tmp_path: Path) -> None:
    blocks = structs(busy_ledger())[:1] * 50
    for block in blocks:
        block["blockAddress"] = {}

    found = read(tmp_path, ion(blocks), name=(0, 49))

    assert len(found.problems) == 20
