"""The command line of the operator's commands: `python -m ops --help`."""

from __future__ import annotations

import argparse
import io
import signal
import sys
from importlib import import_module
from typing import TYPE_CHECKING

from rich.console import Console

from handler.version import project_version
from ops.command import STATUS_FAILED, STATUS_INTERRUPTED, STATUS_OK
from ops.errors import OpsError
from ops.interruption import end_at_once
from ops.standard_output import discard_rest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ops.command import Command

COMMANDS = (
    *("inspect", "verify", "history", "replay", "convert", "reconcile", "handoff"),
    *("status", "failures", "redrive", "discard", "generations"),
)
"""All subcommands; a new one is a module, such as `ops.redrive_command`, and an entry here."""

_CREDENTIALS = """\
Credentials and endpoints are AWS's usual ones (AWS_PROFILE, AWS_..., ~/.aws).
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    given = sys.argv[1:] if arguments is None else arguments
    console = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)
    try:
        with end_at_once():
            options = _parser(commands(_needed(given))).parse_args(given)
        if isinstance(sys.stdout, io.TextIOWrapper):
            # Keys and text records may have characters that the terminal's encoding lacks.
            sys.stdout.reconfigure(errors="backslashreplace")
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
        discard_rest()
        return STATUS_OK
    return status


def commands(names: Iterable[str] = COMMANDS) -> list[Command]:
    """Return subcommands by their names."""
    return [import_module(f"ops.{name}_command").COMMAND for name in names]


def _needed(arguments: Sequence[str]) -> Sequence[str]:
    """Return the names of the subcommands that the arguments need.

    Only the help needs all of them: what reads a folder shall not import boto3 and Pulumi's
    configuration, which take most of a second, in each of its processes.
    """
    name = next((each for each in arguments if not each.startswith("-")), None)
    return COMMANDS if name not in COMMANDS else (name,)


def _parser(found: Sequence[Command]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ops",
        description="Commands for owners of journal exports and operators of a deployed stack.",
        epilog="examples:\n" + "".join(each.examples for each in found) + f"\n{_CREDENTIALS}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=project_version())
    subparsers = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for each in found:
        subparser = subparsers.add_parser(
            each.name,
            help=each.summary,
            description=each.description,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        each.add_options(subparser)
        subparser.set_defaults(run=each.run)
    return parser
