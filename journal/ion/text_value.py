"""One value of Ion text as binary Ion, while its tokens are read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from journal.errors import DamagedObject, IonError
from journal.ion.structure import ANNOTATION, SEXP
from journal.ion.text_symbols import MAX_SYMBOLS, TOO_MANY
from journal.ion.writing import Symbols, annotated, head, var_uint

if TYPE_CHECKING:
    from journal.ion.text_symbols import TextSymbols

MAX_DEPTH = 500
"""Maximum containers in each other. More of them could be neither hashed nor stored."""

TOP = 0
"""In place of a container's type: the value itself."""

NEXT, AFTER, VALUE, DONE = range(4)
"""What may follow: an element or the end of the container; a comma or the end; a value; nothing."""

NO_ANNOTATIONS: list[int] = []
"""Never changed."""

_SYMBOL_NUMBER = re.compile(rb"\$([0-9]++)").fullmatch
_MAX_SYMBOL_DIGITS = 10
_UNEXPLAINED = "expected a symbol that a table explains"


class TextValue:
    """One value at top level as binary Ion, as far as it is read.

    Attributes
    ----------
    content
        The value without its annotations.
    annotations
        The symbols of its annotations.
    symbols
        Its symbols.
    is_version_marker
        Whether it is not a value, but the version marker.
    state
        What may follow.
    kind
        The type of the innermost container; `TOP` outside of all.
    start
        Where the content of that container begins.
    pending
        The annotations of the next value.
    outer
        The kind and start of the containers around it, each with the annotations of the one in it.
    names
        The names of fields: as they are written in text, and in binary.
    """

    def __init__(self, tables: TextSymbols) -> None:
        self.content = bytearray()
        self.annotations: list[int] = []
        self.symbols = Symbols()
        self.is_version_marker = False
        self.state = VALUE
        self.kind = TOP
        self.start = 0
        self.pending = self.annotations
        self.outer: list[tuple[int, int, list[int]]] = []
        self.names: dict[bytes, bytes] = {}
        self._tables = tables

    def open(self, kind: int, position: int) -> None:
        """Begin a container.

        Raises
        ------
        DamagedObject
            If it is in too many others.
        """
        if len(self.outer) == MAX_DEPTH:
            raise DamagedObject("expected fewer containers in each other", position)
        self.outer.append((self.kind, self.start, self.pending))
        self.kind = kind
        self.start = len(self.content)
        self.pending = NO_ANNOTATIONS
        self.state = NEXT

    def close(self) -> None:
        """End the innermost container."""
        start = self.start
        length = len(self.content) - start
        prefix = head(self.kind, length)
        self.kind, self.start, annotations = self.outer.pop()
        if annotations and self.kind:
            prefix = annotated_head(annotations, prefix, length)
        self.content[start:start] = prefix
        self._finish()

    def add(self, value: bytes) -> None:
        """Continue with a value that is no container, as binary Ion."""
        if self.pending and self.kind:
            value = annotated(self.pending, value)
        self.content += value
        self._finish()

    def add_name(self, symbol: int) -> None:
        """Continue with the name of a field."""
        self.content += var_uint(symbol)
        self.state = VALUE

    def annotate(self, symbol: int) -> None:
        """Continue with an annotation of the next value."""
        if self.pending is NO_ANNOTATIONS:
            self.pending = []
        self.pending.append(symbol)
        self.state = VALUE

    def end_with_version_marker(self) -> None:
        """Take the value for a version marker."""
        self.is_version_marker = True
        self.state = DONE

    def _finish(self) -> None:
        self.pending = NO_ANNOTATIONS
        if self.kind:
            self.state = NEXT if self.kind == SEXP else AFTER
        else:
            self.state = DONE

    def identifier(self, word: bytes, position: int) -> int:
        """Return the symbol of an identifier: of its text, or of the number in it.

        Raises
        ------
        DamagedObject
            If no table has that number, or there are too many symbols.
        """
        found = _SYMBOL_NUMBER(word)
        if found is None:
            return self.symbol(word, position)
        digits = found[1].lstrip(b"0") or b"0"
        if len(digits) > _MAX_SYMBOL_DIGITS:
            raise DamagedObject(_UNEXPLAINED, position)
        try:
            return self._tables.number(int(digits), self.symbols)
        except IonError as error:
            raise DamagedObject(error.code, position) from None

    def symbol(self, text: bytes, position: int) -> int:
        """Return the symbol of a text.

        Raises
        ------
        DamagedObject
            If there are too many symbols.
        """
        number = self.symbols.number(text.decode())
        if len(self.symbols) > MAX_SYMBOLS:
            raise DamagedObject(TOO_MANY, position)
        return number


def annotated_head(annotations: list[int], prefix: bytes, length: int) -> bytes:
    """Return what precedes the content of a value with annotations.

    Parameters
    ----------
    annotations
        Their symbols.
    prefix
        What precedes it without them.
    length
        Bytes of the content.
    """
    symbols = b"".join(map(var_uint, annotations))
    inner = var_uint(len(symbols)) + symbols + prefix
    return head(ANNOTATION, len(inner) + length) + inner
