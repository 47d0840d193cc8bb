"""The command `put`, which inserts or updates a document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amazon.ion import simpleion
from amazon.ion.exceptions import IonException
from qldb_simulator.operations import Insert, Update

from local.errors import LocalError
from local.transactions import commit

if TYPE_CHECKING:
    import argparse

HELP = "insert or update a document of the ledger"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("table", help="table of the ledger, such as Person")
    parser.add_argument("document", help="the document as JSON (or Ion text)")
    parser.add_argument("--id", help="update this document instead of inserting a new one")


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    try:
        document = simpleion.loads(options.document)
    except (IonException, ValueError) as error:
        raise LocalError(
            "the document is neither JSON nor Ion text (in a shell, put it in single quotes)"
        ) from error
    commit(
        options.state,
        Insert(table=options.table, document=document)
        if options.id is None
        else Update(table=options.table, document_id=options.id, document=document),
    )
    return 0
