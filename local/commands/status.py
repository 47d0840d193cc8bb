"""The command `status`, which shows the servers and stack outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.running import addresses, open_stacks
from local.services import Services
from local.stack import format_outputs

if TYPE_CHECKING:
    import argparse

HELP = "show the servers and the stack outputs"


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments: none."""


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit status: 1 if a server does not answer."""
    services = Services.found(options.state)
    if services is None:
        print("The local AWS is not running: `python -m local up` starts it.")
        return 1
    running = services.running()
    for name, answers in running.items():
        print(f"{name}: {'answers' if answers else 'does not answer'}")
    print(addresses(services))
    if not all(running.values()):
        return 1
    outputs = open_stacks(services).outputs()
    print(f"Stack outputs:\n{format_outputs(outputs)}" if outputs else "Nothing is deployed.")
    return 0
