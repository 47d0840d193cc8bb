"""Asks before something is done that cannot be undone at once."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich.prompt import Confirm

from ops.errors import OpsError

if TYPE_CHECKING:
    from rich.console import Console


def confirmed(console: Console, question: str, refusal: str) -> bool:
    """Ask at the terminal; no answer is a no.

    Parameters
    ----------
    console
        Shows the question.
    question
        What is to be answered with yes or no.
    refusal
        What was not done, for the error where nobody can answer.

    Raises
    ------
    OpsError
        If there is no terminal.
    """
    if not sys.stdin.isatty():
        raise OpsError(f"{refusal}: answer at a terminal, or pass --yes")
    try:
        return Confirm.ask(question, console=console, default=False)
    except EOFError:
        return False
