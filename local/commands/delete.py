"""The command `delete`, which commits the deletion of a document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qldb_simulator.operations import Delete

from local.transactions import commit

if TYPE_CHECKING:
    import argparse

HELP = "commit the deletion of a document"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("table", help="table of the ledger")
    parser.add_argument("id", help="document id, as `put` printed it")


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    commit(options.state, Delete(table=options.table, document_id=options.id))
    return 0
