"""The symbol tables of a stream of Ion text.

Source: Ion specification, "Amazon Ion Symbols", section "Processing of Symbol Tables".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from journal.errors import IonError
from journal.ion.symbols import SYSTEM_SYMBOLS, UNKNOWN_TEXT

if TYPE_CHECKING:
    from journal.ion.symbol_tables import SymbolTable
    from journal.ion.symbols import Names
    from journal.ion.writing import Symbols

MAX_SYMBOLS = 1_000_000
"""Maximum different texts of symbols in one value, or symbols in the tables before it. A
transaction has at most 4 MB of Ion (QLDB developer guide, "Quotas and limits"), in which binary
Ion has room for less: at least four bytes in the table and two where it is used."""

TOO_MANY = "expected fewer symbols"


class TextSymbols:
    """The symbols that ``$`` and a number stand for, at some place of a stream."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget all tables, as a version marker demands."""
        self._names: Names = SYSTEM_SYMBOLS
        self._more: list[str] = []
        self._count = 0

    def read(self, table: SymbolTable) -> None:
        """Continue with a table.

        Raises
        ------
        IonError
            If there are too many symbols.
        """
        if table.extends:
            self._more += table.symbols
            self._count += len(table.symbols)
        else:
            self._names = table.names
            self._more = []
            self._count = len(table.symbols)
        if self._count > MAX_SYMBOLS:
            raise IonError(TOO_MANY)

    def number(self, symbol: int, symbols: Symbols) -> int:
        """Return the number that a value's own symbols have for a symbol.

        Raises
        ------
        IonError
            If no table has it.
        """
        if symbol < len(SYSTEM_SYMBOLS):
            return symbol
        local = symbol - len(self._names)
        if local >= len(self._more):
            raise IonError("expected a symbol that a table explains")
        if not isinstance(self._names, tuple) and self._names.is_imported(symbol):
            return symbols.unknown_number(symbol)
        text = self._names[symbol] if local < 0 else self._more[local]
        return 0 if text is UNKNOWN_TEXT else symbols.number(text)
