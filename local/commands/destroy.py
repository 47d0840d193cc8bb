"""The command `destroy`, which destroys both stacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.environment import backend_folder
from local.progress import print_output
from local.pulumi_locks import require_unlocked
from local.running import open_stacks, running_services

if TYPE_CHECKING:
    import argparse

HELP = "destroy both stacks, leave the servers running"


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments: none."""


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    stacks = open_stacks(running_services(options.state))
    require_unlocked(backend_folder(options.state))
    stacks.destroy(on_output=print_output)
    return 0
