"""Checks the history table of a schedule at every write and after its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.reliability.expected_items import expected_revision, expected_stub
from tests.reliability.fault_injection import DATA_REMOVED, REDACTED_EARLY, REPLAYED_REDACTION
from tests.reliability.history_facts import Facts, facts, facts_of, storable

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable, Mapping

    from tests.reliability.history import History
    from tests.reliability.history_facts import Key
    from tests.support.attribute_values import Item


class HistoryVerdict:
    """Compares items of the history table with the ledger.

    Parameters
    ----------
    history
        Defines the expected items.
    violations
        Receives broken promises.
    situations
        Receives what happened, by its name in `fault_injection`.

    Attributes
    ----------
    redacted_left
        Number of items that hold, or hold again, data that was redacted.
    """

    def __init__(self, history: History, violations: list[str], situations: Counter[str]) -> None:
        self._history = history
        self._violations = violations
        self._situations = situations
        self._possible = facts(history, storable(history))
        for key in history.stripped:
            self._possible.setdefault(key, Facts()).described = True
        self._stubs = {
            (each.document_id, each.version): expected_stub(
                each.table_id, each.document_id, each.version
            )
            for each in history.redactions.values()
        }
        self._data_hashes = {
            (revision.document_id, revision.version): revision.data_hash
            for revision in history.revisions.values()
            if revision.is_redacted
        }
        self._seeds = {_key(item): item for item in history.history_seeds()}
        self.redacted_left = 0

    def written(self, old: Item | None, new: Item) -> None:
        """Check one write; `old` is the item that it replaces."""
        self._check(new)
        if old is None:
            return
        before, after = facts_of(old), facts_of(new)
        where = f"history: version {_key(new)[1]}"
        if lost := after.lacks(before):
            self._violations.append(f"{where} is no longer {' and '.join(lost)}")
        if old == new:
            self._violations.append(f"{where} was written again")
        if before.redacted and not after.redacted:
            self.redacted_left += 1
        self._situations[DATA_REMOVED] += before.described and after.redacted > before.redacted
        self._situations[REDACTED_EARLY] += after.described and not before.described
        self._situations[REPLAYED_REDACTION] += (
            before.redacted and after.hashed and not before.hashed
        )

    def after(self, items: Mapping[Key, Item], settled: Iterable[bytes]) -> int:
        """Check the whole table; return the number of revisions that it lacks.

        Parameters
        ----------
        items
            The items by document and version.
        settled
            The user records of which it must know everything, since the failure bucket does not
            have them for it.
        """
        for item in items.values():
            self._check(item)
        for key in self._seeds.keys() - items.keys():
            self._violations.append(f"history: the other tool's version {key[1]} is gone")
        missing = 0
        for key, needed in facts(self._history, settled).items():
            found = facts_of(items[key]) if key in items else Facts()
            lacking = found.lacks(needed)
            if lacking:
                self._violations.append(f"history: version {key[1]} is not {' and '.join(lacking)}")
            missing += "described" in lacking
            self.redacted_left += "redacted" in lacking and found.described
        return missing

    def _check(self, item: Item) -> None:
        """Check that an item is what the ledger and the records so far allow."""
        key = _key(item)
        where = f"history: version {key[1]}"
        if key in self._seeds:
            if item != self._seeds[key]:
                self._violations.append(f"{where} of another tool was overwritten")
            return
        found = facts_of(item)
        unknown = self._possible.get(key, Facts()).lacks(found)
        if unknown or not (found.described or found.redacted):
            self._violations.append(f"{where} is {' and '.join(unknown)}, which no record tells")
            return
        expected = self._expected(key, found)
        names = {name for name in {*item, *expected} if item.get(name) != expected.get(name)}
        if names:
            self._violations.append(f"{where} differs in {sorted(names)}")

    def _expected(self, key: Key, found: Facts) -> Item:
        if not found.described:
            return self._stubs[key]
        return expected_revision(
            self._history.committed[key[0]][key[1]],
            is_redacted=found.redacted,
            data_hash=self._data_hashes[key] if found.hashed else None,
        )


def _key(item: Item) -> Key:
    return item["pk"]["S"], int(item["version"]["N"])
