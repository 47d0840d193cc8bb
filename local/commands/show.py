"""The command `show`, which compares the ledger with DynamoDB."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qldb_simulator.client import LedgerClient
from rich.console import Console

from local.comparison import compare, comparison_table, differences
from local.running import deployed

if TYPE_CHECKING:
    import argparse

HELP = "compare the ledger with DynamoDB, document by document"


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments: none."""


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit status: 1 if a document differs."""
    services, outputs = deployed(options.state)
    ledger = LedgerClient(services.endpoints.qldb)
    rows = compare(ledger, outputs, services.endpoints.emulator)
    Console().print(comparison_table(rows))
    print(f"{len(rows)} documents, {differences(rows)} differences")
    return 1 if differences(rows) else 0
