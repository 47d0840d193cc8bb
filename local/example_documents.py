"""Documents with a value wherever a stack projects one."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.replica import ReplicatedTable

_MISFIT_EVERY = 7
"""Each of so many documents has values that no index can have as a key."""

_VALUES: tuple[Callable[[int], Any], ...] = (
    lambda number: f"text {number}",
    lambda number: Decimal(number) / 8,
    lambda number: 2**100 + number,
    lambda number: number % 2 == 0,
    lambda _: None,
    lambda number: f"bytes {number}".encode(),
    lambda number: [number, "text", {"deep": [True, [0.1]]}],
    lambda number: {"number": number, "text": "é"},
    lambda number: datetime(2020, 1, 1 + number % 28, tzinfo=UTC),
    lambda _: 2**200,
)


class ExampleDocuments:
    """Completes documents of one ledger table, no two of them alike.

    Parameters
    ----------
    table
        The table's replica.
    """

    def __init__(self, table: ReplicatedTable) -> None:
        self._table = table
        self._number = 0

    def complete(self, document: dict[str, object]) -> dict[str, object]:
        """Return a document with a value at each projected path that it does not have yet.

        Parameters
        ----------
        document
            The document, which is left unchanged.
        """
        completed = copy.deepcopy(document)
        for place, (name, path) in enumerate((self._table.attributes or {}).items()):
            self._number += 1
            value = self._key(name) if name in self._table.index_keys else None
            if value is None:
                value = _VALUES[(self._number + place) % len(_VALUES)](self._number)
            _add(completed, path, value)
        return completed

    def _key(self, name: str) -> object:
        """Return a value for a key of an index, which it sometimes does not fit."""
        kind, max_bytes = self._table.index_keys[name]
        fits = self._number % _MISFIT_EVERY != 0
        match kind:
            case "N":
                return Decimal(self._number) if fits else f"number {self._number}"
            case "B":
                return f"key {self._number}".encode() if fits else b"x" * (max_bytes + 1)
            case _:
                return f"key {self._number}" if fits else "x" * (max_bytes + 1)


def _add(document: dict[str, Any], path: Any, value: object) -> None:  # noqa: ANN401 (field names)
    """Add a value at a path of field names; one that is there stays."""
    *parents, name = path
    for parent in parents:
        if not isinstance(document.get(parent), dict):
            document[parent] = {}
        document = document[parent]
    document.setdefault(name, value)
