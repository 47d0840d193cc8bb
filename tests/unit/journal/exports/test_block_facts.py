"""The facts of a block are those that the whole block tells."""

from __future__ import annotations

import pytest

from journal.errors import IonError
from journal.exports.block_facts import (
    BlockFacts,
    BlockReader,
    RevisionState,
    Table,
    block_address,
)
from journal.exports.table_statements import TableStatement
from journal.ion.stream import single_value
from journal.ion.structure import struct
from tests.support.ion import binary

STRAND = "2ilSU3AWdLPCuTZig4osfI"


def read(content: bytes, reader: BlockReader | None = None) -> BlockFacts:
    found = struct(single_value(content))
    return (reader or BlockReader()).facts(found, block_address(found))


def facts(text: str, reader: BlockReader | None = None) -> BlockFacts:
    return read(binary(text), reader)


def block(rest: str = "") -> str:
    return (
        f'{{blockAddress: {{strandId: "{STRAND}", sequenceNo: 7}}, '
        f"blockTimestamp: 2021-02-03T04:05:06.007Z, {rest}}}"
    )


REVISIONS = """
    transactionInfo: {statements: [{statement: "INSERT INTO A ?"}], documents: {
        one: {tableName: "A", tableId: "ta", statements: [0]},
        two: {tableName: "B", tableId: "tb", statements: [1]}}},
    revisions: [
        {hash: {{}}, data: {name: 1}, metadata: {id: "one", version: 0}},
        {hash: {{}}, dataHash: {{}}, metadata: {id: "two", version: 3}},
        {hash: {{}}, data: null, metadata: {id: "three", version: 9}},
        {hash: {{}}},
        {hash: {{}}, metadata: null}]"""


def test_revisions_have_their_state_and_table() -> None:
    found = facts(block(REVISIONS))
    assert [each[:4] for each in found.revisions] == [
        ("one", 0, RevisionState.LIVE, Table("ta", "A")),
        ("two", 3, RevisionState.REDACTED, Table("tb", "B")),
        ("three", 9, RevisionState.DELETED, None),
    ]
    assert [each.data is not None for each in found.revisions] == [True, False, False]
    assert found.hash_only == 2
    assert found.address == (STRAND, 7)


@pytest.mark.parametrize(
    "rest", ["", "transactionInfo: null, revisions: null", "transactionInfo: {}, revisions: []"]
)
def test_parts_that_blocks_may_lack_are_empty(rest: str) -> None:
    found = facts(block(rest))
    assert (found.revisions, found.hash_only, found.table_statements) == ([], 0, [])


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("drop table A", TableStatement("DROP", "A")),
        ("CREATE TABLE B", TableStatement("CREATE", "B")),
    ],
)
def test_statements_about_tables_are_found(statement: str, found: TableStatement) -> None:
    rest = (
        'transactionInfo: {statements: [{statement: "select 1"}, '
        f'{{statement: "{statement}"}}]}}'
    )
    assert facts(block(rest)).table_statements == [found]


def test_a_reader_does_not_mix_up_blocks_whose_symbols_differ() -> None:
    # given two blocks whose documents are the same bytes with other symbols
    reader = BlockReader()
    one = "transactionInfo: {documents: {x: {tableName: a, tableId: b}}}"
    other = "transactionInfo: {documents: {x: {tableName: c, tableId: d}}}"
    revision = ', revisions: [{hash: {{}}, metadata: {id: "x", version: 0}}]'
    # then
    assert facts(block(one + revision), reader).revisions[0].table == Table("b", "a")
    assert facts(block(other + revision), reader).revisions[0].table == Table("d", "c")


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "{blockAddress: null}",
        f'{{blockAddress: {{strandId: "{STRAND}", sequenceNo: -1}}}}',
        f'{{blockAddress: {{strandId: "{STRAND}", sequenceNo: 1}}}}',
        block("revisions: {}"),
        block("revisions: [1]"),
        block('revisions: [{metadata: {id: "x"}}]'),
        block("revisions: [{metadata: {version: 0}}]"),
        block('revisions: [{data: 5, metadata: {id: "x", version: 0}}]'),
        block("transactionInfo: 5"),
        block("transactionInfo: {documents: {x: {tableName: 5}}}"),
    ],
)
def test_what_is_no_block_is_an_error(text: str) -> None:
    with pytest.raises(IonError):
        facts(text)


def test_every_cut_of_a_block_is_an_error_of_ion() -> None:
    content = binary(block(REVISIONS))
    for length in range(4, len(content)):
        with pytest.raises(IonError):
            read(content[:length])
