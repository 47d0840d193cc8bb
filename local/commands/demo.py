"""The command `demo`, which runs the demonstration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local import demo

if TYPE_CHECKING:
    import argparse

HELP = "deploy, commit transactions, compare the ledger with DynamoDB, clean up"


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments: none."""


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit status: 1 if a document differs."""
    return demo.run(options.state)
