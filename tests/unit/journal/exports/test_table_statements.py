"""Statements that create and drop tables."""

from __future__ import annotations

import pytest

from journal.exports.table_statements import TableStatement, table_statement


@pytest.mark.parametrize(
    ("text", "verb", "table"),
    [
        ("CREATE TABLE Person", "CREATE", "Person"),
        ("drop  table\n Person;", "DROP", "Person"),
        ('DROP TABLE "Person"', "DROP", "Person"),
        ('UNDROP TABLE "5PLf9SXwndd63lPaSIa0O6"', "UNDROP", "5PLf9SXwndd63lPaSIa0O6"),
        ("-- a comment\n/* and\nanother */ DROP TABLE Person", "DROP", "Person"),
        ("DROP/* a comment */TABLE Person-- and another", "DROP", "Person"),
        ('DROP TABLE"Person"', "DROP", "Person"),
    ],
)
def test_a_statement_tells_what_it_does_to_which_table(text: str, verb: str, table: str) -> None:
    assert table_statement(text) == TableStatement(verb, table)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "SELECT * FROM Person",
        'INSERT INTO Log `{a: "DROP TABLE Person"}`',
        "/* a */ INSERT INTO Log {'a': '/* b */ DROP TABLE Person'}",
        "DROP INDEX x",
        "DROP TABLEPerson",
    ],
)
def test_other_statements_are_none(text: str) -> None:
    assert table_statement(text) is None


def test_a_statement_after_many_comments_is_read_at_once() -> None:
    assert table_statement("/* a comment */\n" * 1000 + "SELECT * FROM Person") is None
