"""The command `put`, which inserts or updates a document."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amazon.ion.exceptions import IonException
from amazon.ion.simple_types import IonPyDict, IonPyNull
from amazon.ion.simpleion import load_python
from qldb_simulator.operations import Insert, Update

from local.errors import LocalError
from local.transactions import commit

if TYPE_CHECKING:
    import argparse

HELP = "insert or update a document of the ledger"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("table", help="table of the ledger, such as Person")
    parser.add_argument(
        "document",
        help="the document as JSON or Ion text; @FILE reads a file, - reads standard input",
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
        return sys.stdin.read()
    if not argument.startswith("@"):
        return argument
    try:
        return Path(argument[1:]).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise LocalError(f"{argument[1:]} cannot be read as text: {error}") from error


def _document(text: str) -> Any:  # noqa: ANN401 (an Ion struct)
    if not text.strip():
        raise LocalError("the document is empty: expected JSON or Ion text such as {}")
    try:
        # The reader in C refuses strings of more than some thousand characters.
        document = load_python(io.StringIO(text))
    except (IonException, ValueError) as error:
        raise LocalError(
            "the document is neither JSON nor Ion text (in a shell, put it in single quotes)"
        ) from error
    if not isinstance(document, IonPyDict):
        kind = "null" if isinstance(document, IonPyNull) else document.ion_type.name.lower()
        raise LocalError(f"a document is a struct such as {{a: 1}}, not of the type {kind}")
    return document
