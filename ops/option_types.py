"""Types of command-line options."""

from __future__ import annotations

import argparse
import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def positive_number(noun: str) -> Callable[[str], float]:
    """Return the type of an option with a finite number above zero.

    Parameters
    ----------
    noun
        What the option takes, for the message about anything else.
    """

    def parse(text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not 0 < number < math.inf:
            raise argparse.ArgumentTypeError(f"{text} is no {noun}: expected a number above 0")
        return number

    return parse


def positive_integer(text: str) -> int:
    """Return an option's integer above zero."""
    if not text.isascii() or not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"expected an integer above 0, not {text!r}")
    return int(text)


def integer_up_to(maximum: int, reason: str) -> Callable[[str], int]:
    """Return the type of an option with an integer above zero that has a limit.

    Parameters
    ----------
    maximum
        The limit.
    reason
        Whose limit it is, for the message about a larger one.
    """

    def parse(text: str) -> int:
        number = positive_integer(text)
        if number > maximum:
            raise argparse.ArgumentTypeError(f"expected at most {maximum}, {reason}, not {text}")
        return number

    return parse


def table_names(text: str) -> frozenset[str]:
    """Return the names or ids in an option, which are separated by commas."""
    names = frozenset(name.strip() for name in text.split(",")) - {""}
    if not names:
        raise argparse.ArgumentTypeError("expected names of tables, separated by commas")
    return names


def moment(text: str) -> datetime:
    """Return an option's time; in UTC if it names no time zone."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            "expected a date or a time, such as 2024-05-01 or 2024-05-01T12:00:00Z"
        ) from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found
