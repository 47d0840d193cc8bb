"""What makes a subcommand of `python -m ops`."""

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
"""Of a process that Ctrl-C ended, as shells report it: 128 and the number of SIGINT."""


@dataclass(frozen=True, kw_only=True)
class Command:
    """A subcommand; `ops.__main__.COMMANDS` lists all of them.

    Attributes
    ----------
    name
        As it is typed.
    summary
        Its line in the list of subcommands.
    description
        Text of its own ``--help``.
    examples
        Lines for ``python -m ops --help``.
    add_options
        Adds its options to its parser.
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
