"""The command line of the local AWS: `python -m local --help`."""

from __future__ import annotations

import argparse
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from qldb_simulator.errors import SimulatorError
from rich.console import Console

from local.commands import COMMANDS
from local.errors import LocalError
from local.examples import EXAMPLES
from local.interruption import interrupted_once
from local.progress import discard_output
from local.services import DEFAULT_STATE
from ops.errors import OpsError
from ops.interruption import end_at_once

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    with end_at_once():
        options = _parser().parse_args(arguments)
    # Messages name files and quote other programs, so nothing in them is markup.
    console = Console(stderr=True, soft_wrap=True, markup=False, highlight=False)
    with interrupted_once():
        try:
            status = COMMANDS[options.command].run(options)
            sys.stdout.flush()
        except (LocalError, SimulatorError, OpsError) as error:
            console.print(f"error: {error}", style="red")
            return 1
        except KeyboardInterrupt:
            console.print("stopped")
            return 130
        except BrokenPipeError:
            # `... | head` has what it wanted.
            discard_output()
            return 0
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local",
        description="AWS on one machine: an emulator, a simulated Amazon QLDB, and both stacks\n"
        "deployed to them with the real Pulumi engine.",
        epilog="examples:\n" + textwrap.indent(EXAMPLES, "  "),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--state",
        type=Path,
        default=DEFAULT_STATE,
        help="folder for logs and Pulumi's state (default: .local in the repository)",
    )
    commands = parser.add_subparsers(
        title="commands", required=True, metavar="COMMAND", dest="command"
    )
    for name, command in COMMANDS.items():
        command.add_arguments(commands.add_parser(name, help=command.HELP))
    return parser
