"""Reads a small file that holds one value, such as a manifest: binary Ion, Ion text or JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from journal.errors import IonError
from journal.ion.stream import VERSION_MARKER, single_value
from journal.ion.text_stream import text_values

if TYPE_CHECKING:
    from journal.ion.structure import Span


def small_file_value(content: bytes) -> Span:
    """Return the one value of a file, as binary Ion. JSON is read as the Ion text that it is.

    Raises
    ------
    IonError
        If the file is neither Ion nor JSON, or has another number of values.
    """
    if content.startswith(VERSION_MARKER):
        return single_value(content)
    found = [located.span for located in text_values([content])]
    if len(found) != 1:
        raise IonError("expected one value")
    return found[0]
