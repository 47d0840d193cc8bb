"""The command `down`, which stops the servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.running import stop_and_forget
from local.services import Services

if TYPE_CHECKING:
    import argparse

HELP = "stop the servers and remove their state"


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments: none."""


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    services = Services.found(options.state)
    if services is not None:
        stop_and_forget(services)
    print("The local AWS is stopped; only its logs and caches are left.")
    return 0
