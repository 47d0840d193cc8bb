"""Which of several tables of one name a statement is about."""

from __future__ import annotations

from journal.exports.table_statements import TableStatement
from ops.exports.part_scan import FoundStatement, Place
from ops.exports.table_lives import TableLife, table_lives


def statement(sequence_no: int, verb: str, table: str) -> FoundStatement:
    return FoundStatement(Place(sequence_no, f"t{sequence_no}"), TableStatement(verb, table))


def test_statements_are_about_the_table_that_had_the_name_then() -> None:
    lives = table_lives(
        [
            statement(0, "CREATE", "A"),
            statement(10, "DROP", "A"),
            statement(11, "CREATE", "A"),
            statement(30, "CREATE", "B"),
            statement(40, "DROP", "A"),
        ],
        [("first", "A", 3), ("second", "A", 15), ("other", "B", 31)],
    )
    assert lives == {
        "first": TableLife("t0", "t10"),
        "second": TableLife("t11", "t40"),
        "other": TableLife("t30"),
    }


def test_a_restored_table_may_be_dropped_again() -> None:
    tables = [("first", "A", 3)]
    dropped, restored = statement(10, "DROP", "A"), statement(20, "UNDROP", "first")
    assert table_lives([dropped, restored], tables) == {"first": TableLife(None, "t10", "t20")}
    again = statement(30, "DROP", "A")
    assert table_lives([dropped, restored, again], tables) == {"first": TableLife(None, "t30")}


def test_statements_about_tables_without_revisions_are_about_none_of_the_others() -> None:
    lives = table_lives(
        [statement(1, "DROP", "A"), statement(2, "UNDROP", "gone"), statement(9, "CREATE", "A")],
        [("first", "A", 3)],
    )
    assert lives == {"first": TableLife()}


def test_a_table_that_another_replaces_in_the_same_block_is_the_one_that_was_dropped() -> None:
    lives = table_lives(
        [statement(10, "DROP", "A"), statement(10, "CREATE", "A"), statement(20, "DROP", "A")],
        [("first", "A", 3), ("second", "A", 10)],
    )
    assert lives == {"first": TableLife(None, "t10"), "second": TableLife("t10", "t20")}


def test_a_table_without_an_older_one_may_be_dropped_in_the_block_of_its_first_revision() -> None:
    lives = table_lives([statement(10, "DROP", "A")], [("first", "A", 10)])
    assert lives == {"first": TableLife(None, "t10")}


def test_of_two_tables_with_their_first_revisions_in_the_block_none_is_called_dropped() -> None:
    # given a transaction that writes a table, drops it, creates it again and writes that one
    statements = [statement(10, "DROP", "A"), statement(10, "CREATE", "A")]
    # when
    lives = table_lives(statements, [("first", "A", 10), ("second", "A", 10)])
    # then nothing tells which is which
    assert {life.dropped for life in lives.values()} == {None}
