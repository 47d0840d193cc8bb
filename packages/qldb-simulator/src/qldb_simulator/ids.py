"""Ids in QLDB's form, 128 bits in base62."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

ID_LENGTH: Final = 22
"""Characters of every id that QLDB generates."""

_BASE62: Final = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def new_ids(source: random.Random | None = None) -> Callable[[], str]:
    """Return a function that generates ids.

    Parameters
    ----------
    source
        Random source, seeded for reproducible ids; None for that of the operating system.
    """
    generator = source or random.SystemRandom()

    def next_id() -> str:
        number = generator.getrandbits(128)
        digits = []
        for _ in range(ID_LENGTH):
            number, digit = divmod(number, 62)
            digits.append(_BASE62[digit])
        return "".join(reversed(digits))

    return next_id
