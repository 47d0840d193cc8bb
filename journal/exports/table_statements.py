"""The statements that create and drop tables: nothing else in a journal tells of it.

Source: QLDB developer guide, "Amazon QLDB PartiQL reference", CREATE TABLE, DROP TABLE and UNDROP
TABLE, which names a table by its id.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from journal.exports.block import statements

if TYPE_CHECKING:
    from journal.ion.structure import Span

_TABLE = b"TABLE"

_GAP = r"(?:\s|--[^\n]*\n|/\*.*?\*/)"
"""Space or a comment. It is repeated possessively: otherwise the text of a statement might be taken
for a part of the comment before it, and the time would double with each comment."""

_STATEMENT = re.compile(
    rf"""{_GAP}*+(CREATE|DROP|UNDROP){_GAP}++TABLE(?:{_GAP}++"?|")(\w+)""",
    re.ASCII | re.DOTALL | re.IGNORECASE,
)


class TableStatement(NamedTuple):
    """A statement about a table.

    Attributes
    ----------
    verb
        ``CREATE``, ``DROP`` or ``UNDROP``.
    table
        The table's name; for ``UNDROP`` its id.
    """

    verb: str
    table: str


def table_statement(text: str) -> TableStatement | None:
    """Return what a statement does to a table; None for any other statement."""
    found = _STATEMENT.match(text)
    return None if found is None else TableStatement(found[1].upper(), found[2])


def table_statements(transaction_info: Span) -> list[TableStatement]:
    """Return the statements of a transaction that create and drop tables.

    Parameters
    ----------
    transaction_info
        The field ``transactionInfo`` of a block, a struct.

    Raises
    ------
    IonError
        If a statement has a wrong type.
    """
    data, _, _, start, stop = transaction_info
    if _TABLE not in data[start:stop].upper():
        return []
    found = [table_statement(text) for text in statements(transaction_info)]
    return [each for each in found if each is not None]
