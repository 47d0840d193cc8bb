"""The parts of a subcommand of `python -m ops`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from rich.console import Console

STATUS_OK = 0
STATUS_FAILED = 1
STATUS_INTERRUPTED = 130
"""As shells report a process that Ctrl-C ended: 128 plus the number of SIGINT."""


@dataclass(frozen=True, kw_only=True)
class Command:
    """A subcommand; `ops.command_line.COMMANDS` lists their names.

    Attributes
    ----------
    name
        What the user types.
    summary
        Line in the list of subcommands.
    description
        Text of the subcommand's ``--help``.
    examples
        Lines for ``python -m ops --help``.
    add_options
        Adds the options to the subcommand's parser.
    run
        Takes the parsed options and a console for messages; returns the exit status. May raise
        `OpsError`.
    """

    name: str
    summary: str
    description: str
    examples: str
    add_options: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace, Console], int]
