"""The command line of the operator's commands: `python -m ops --help`."""

from __future__ import annotations

import argparse
import io
import os
import signal
import sys
from typing import TYPE_CHECKING

from rich.console import Console

from handler.version import project_version
from ops import discard_command, failures_command, redrive_command
from ops.command import STATUS_FAILED, STATUS_INTERRUPTED, STATUS_OK
from ops.errors import OpsError

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = (failures_command.COMMAND, redrive_command.COMMAND, discard_command.COMMAND)
"""All subcommands; a new one is a module and an entry here."""

_CREDENTIALS = """\
Credentials and endpoints are AWS's usual ones (AWS_PROFILE, AWS_..., ~/.aws).
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    options = _parser().parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Keys and text records may have characters that the terminal's encoding lacks.
        sys.stdout.reconfigure(errors="backslashreplace")
    console = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)
    try:
        status: int = options.run(options, console)
        sys.stdout.flush()
    except OpsError as error:
        console.print(f"error: {error}", style="red")
        return STATUS_FAILED
    except KeyboardInterrupt:
        # One more would end the process with a stack trace.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        console.print("stopped")
        return STATUS_INTERRUPTED
    except BrokenPipeError:
        # `... | head` closed the pipe. What is still buffered is discarded, or Python's own flush
        # at the exit would complain (Python documentation, signal, "Note on SIGPIPE").
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return STATUS_OK
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ops",
        description="Commands for operators of a deployed stack.",
        epilog="examples:\n" + "".join(each.examples for each in COMMANDS) + f"\n{_CREDENTIALS}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=project_version())
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for each in COMMANDS:
        subparser = commands.add_parser(
            each.name,
            help=each.summary,
            description=each.description,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        each.add_options(subparser)
        subparser.set_defaults(run=each.run)
    return parser
