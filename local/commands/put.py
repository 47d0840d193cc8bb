"""The command `put`, which inserts or updates a document."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amazon.ion.exceptions import IonException
from amazon.ion.simple_types import IonPyDict, IonPyNull
from amazon.ion.simpleion import dumps, load_python, loads
from qldb_simulator.operations import Insert, Update
from qldb_simulator.transaction import MAX_DOCUMENT_BYTES

from local.errors import LocalError
from local.transactions import commit

if TYPE_CHECKING:
    import argparse

_LIMIT = f"QLDB takes documents of at most {MAX_DOCUMENT_BYTES} bytes (128 KB) as binary Ion"
"""QLDB developer guide, "Quotas and limits"."""

_MAX_TEXT_BYTES = 16 * 1024 * 1024
"""Text is longer than binary Ion, but not by that much: a longer one is not a document."""

_MAX_UTF8_BYTES = 4
"""Bytes of one character."""

HELP = "insert or update a document of the ledger"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("table", help="table of the ledger, such as Person")
    parser.add_argument(
        "document",
        help="the document as JSON or Ion text, of at most 128 KB as binary Ion; @FILE reads a "
        "file, - reads standard input (Linux takes no argument of 128 KiB or more)",
    )
    parser.add_argument("--id", help="update this document instead of inserting a new one")


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    document = _document(_text(options.document))
    commit(
        options.state,
        Insert(table=options.table, document=document)
        if options.id is None
        else Update(table=options.table, document_id=options.id, document=document),
    )
    return 0


def _text(argument: str) -> str:
    """Return the text of a document: an argument, or what it names."""
    if argument == "-":
        return _decoded("standard input", sys.stdin.buffer.read(_MAX_TEXT_BYTES + 1))
    if not argument.startswith("@"):
        return argument
    name = argument[1:]
    if not name:
        raise LocalError("@ names no file: write @FILE, or - for standard input")
    try:
        with Path(name).open("rb") as file:
            return _decoded(name, file.read(_MAX_TEXT_BYTES + 1))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise LocalError(f"{name} cannot be read: {reason}") from error


def _decoded(name: str, data: bytes) -> str:
    if len(data) > _MAX_TEXT_BYTES:
        raise LocalError(f"{name} has more than {_MAX_TEXT_BYTES} bytes of text: {_LIMIT}")
    try:
        # Some editors put a byte order mark in front.
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise LocalError(
            f"{name} is not UTF-8 text (at byte {error.start}): convert it, for instance with "
            "iconv; a document is JSON or Ion text"
        ) from None


def _document(text: str) -> Any:  # noqa: ANN401 (an Ion struct)
    if not text.strip():
        raise LocalError("the document is empty: expected JSON or Ion text such as {}")
    try:
        if len(text) > MAX_DOCUMENT_BYTES:
            # The reader in C is fast; the one in Python takes minutes for a string of a megabyte.
            _check_size(loads(text, text_buffer_size_limit=len(text) * _MAX_UTF8_BYTES))
        document = load_python(io.StringIO(text))
    except (IonException, ValueError, RecursionError) as error:
        if _is_too_deep(error):
            raise LocalError("the document is nested too deeply to be read here") from None
        raise LocalError(
            "the document is neither JSON nor Ion text (in a shell, put it in single quotes)"
        ) from error
    if not isinstance(document, IonPyDict):
        kind = "null" if isinstance(document, IonPyNull) else document.ion_type.name.lower()
        raise LocalError(f"a document is a struct such as {{a: 1}}, not of the type {kind}")
    _check_size(document)
    return document


def _check_size(document: object) -> None:
    size = len(dumps(document))
    if size > MAX_DOCUMENT_BYTES:
        raise LocalError(f"the document has {size} bytes as binary Ion: {_LIMIT}")


def _is_too_deep(error: Exception) -> bool:
    return isinstance(error, RecursionError) or "recursion depth" in str(error)
