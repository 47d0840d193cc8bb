"""The options by which a command selects a stack."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ops import stack_outputs

if TYPE_CHECKING:
    import argparse

    from rich.console import Console

    from ops.stack_outputs import StackOutputs


def add_to(parser: argparse.ArgumentParser, *, is_required: bool = True) -> None:
    """Add ``--stack`` and ``--outputs``, of which at most one may be given.

    Parameters
    ----------
    parser
        Of the command.
    is_required
        Whether one has to be given.
    """
    stack = parser.add_mutually_exclusive_group(required=is_required)
    stack.add_argument("--stack", metavar="NAME", help="the Pulumi stack")
    stack.add_argument(
        "--outputs",
        type=Path,
        metavar="FILE",
        help="the output of `pulumi stack output --json`, instead of --stack",
    )


def read(options: argparse.Namespace, console: Console) -> StackOutputs:
    """Return the outputs of the selected stack; warn if another version deployed it.

    Raises
    ------
    OpsError
        If the outputs cannot be read or do not fit this version.
    """
    found = (
        stack_outputs.from_pulumi(options.stack)
        if options.outputs is None
        else stack_outputs.from_file(options.outputs)
    )
    if (difference := stack_outputs.version_difference(found.version)) is not None:
        console.print(f"warning: {difference}", style="yellow")
    return found
