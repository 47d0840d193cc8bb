"""The symbols of a record, by number.

Source: Ion specification, "Amazon Ion Symbols".
"""

from __future__ import annotations

from typing import TypeAlias

UNKNOWN_TEXT = "$0"
"""Ion text of symbol zero. The symbols that a local table leaves without text are equal to it."""

SYSTEM_SYMBOLS = (
    UNKNOWN_TEXT,
    "$ion",
    "$ion_1_0",
    "$ion_symbol_table",
    "name",
    "version",
    "imports",
    "symbols",
    "max_id",
    "$ion_shared_symbol_table",
)


class ImportingSymbols:
    """Symbols of which some are in shared tables, which QLDB has none of, so their text is unknown.

    Unknown symbols of a shared table are not equal to symbol zero, nor to each other: each is
    written as the record has it, as ``$`` and its number. They are not stored one by one, because a
    few bytes can import billions of them.
    """

    def __init__(self, imported: int, local: tuple[str, ...]) -> None:
        self._imported = imported
        self._local = local
        self._first_local = len(SYSTEM_SYMBOLS) + imported

    def __len__(self) -> int:
        return self._first_local + len(self._local)

    def __getitem__(self, symbol: int) -> str:
        if symbol >= self._first_local:
            return self._local[symbol - self._first_local]
        return SYSTEM_SYMBOLS[symbol] if symbol < len(SYSTEM_SYMBOLS) else f"${symbol}"

    def is_imported(self, symbol: int) -> bool:
        """Return whether a symbol is one of a shared table, by its number."""
        return len(SYSTEM_SYMBOLS) <= symbol < self._first_local

    @property
    def stored(self) -> tuple[str, ...]:
        """The symbols whose text is known."""
        return SYSTEM_SYMBOLS + self._local

    def __add__(self, more: tuple[str, ...]) -> ImportingSymbols:
        """Return these symbols with more local ones."""
        return ImportingSymbols(self._imported, self._local + more)


Names: TypeAlias = tuple[str, ...] | ImportingSymbols
"""Symbols by number; those without text as their Ion text. Almost always a tuple, for speed."""


def stored_texts(names: Names) -> tuple[str, ...]:
    """Return all texts of symbols, without the numbers in place of unknown ones."""
    return names if isinstance(names, tuple) else names.stored


def is_symbol_identifier(text: str) -> bool:
    """Return whether a text is what a symbol without text has instead: ``$`` and a number."""
    return text.startswith("$") and text[1:].isdecimal()
