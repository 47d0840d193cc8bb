"""Documents that DynamoDB cannot store."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from amazon.ion.simple_types import IonPySymbol

from tests.support.sentinel import SENTINEL

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from tests.reliability.plan import Plan


@cache
def _too_deep() -> Any:  # noqa: ANN401 (nested lists)
    # Of this depth, INSERT stores what UPDATE refuses.
    value: Any = SENTINEL
    for _ in range(32):
        value = [value]
    return value


@cache
def _too_large() -> Any:  # noqa: ANN401 (a list of symbols)
    # In Ion the text stands in the symbol table, once.
    symbol = IonPySymbol(SENTINEL + "x" * 1000, None, None)
    return [symbol] * 420


@cache
def _empty_name() -> Any:  # noqa: ANN401 (a struct)
    return {"": SENTINEL}


REFUSED: dict[str, Callable[[], Any]] = {
    "document nested too deep": _too_deep,
    "document with an empty field name": _empty_name,
    "document over 400 KB": _too_large,
}


def refusals(plan: Plan, random: Random) -> list[str]:
    """Return the kinds of a history's refused documents, at most the plan's number."""
    return random.choices(list(REFUSED), k=random.randint(0, plan.poison))
