"""Types of command-line options."""

from __future__ import annotations

import argparse
import math
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
