"""The command `redact`, which redacts one revision of a document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qldb_simulator.operations import Redact

from local.transactions import commit

if TYPE_CHECKING:
    import argparse

HELP = "redact one inactive revision of a document"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("table", help="table of the ledger")
    parser.add_argument("id", help="document id")
    parser.add_argument("version", type=int, help="the revision's version, not the newest one")


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    operation = Redact(table=options.table, document_id=options.id, version=options.version)
    commit(options.state, operation)
    return 0
