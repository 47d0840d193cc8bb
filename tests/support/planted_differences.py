"""A ledger with documents of every kind, and differences to plant into its tables."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING, TypeAlias

from qldb_simulator.operations import CreateTable, Delete, Insert, Redact, Update

from ops.reconcile.kinds import Kind
from tests.support.exports import new_ledger

if TYPE_CHECKING:
    from collections.abc import Callable

    from qldb_simulator.journal import Ledger

    from tests.support.reconcile_run import ReconcileRun

    Plant: TypeAlias = Callable[[ReconcileRun, str], None]

OTHER_HASH = {"B": b"another hash"}
OTHER_DATA = {"M": {"name": {"S": "another"}}}
LATER = {"S": "2031-01-01T00:00:00Z"}
"""A time after the end of each export of a test."""


class PlantedLedger:
    """Documents of the ledger table Person.

    Parameters
    ----------
    live, others
        How many there are.

    Attributes
    ----------
    live
        Documents with the versions 0 and 1.
    deleted
        Documents with the versions 0 and 1, of which the last is a delete.
    redacted
        Documents with the versions 0 and 1, of which the first is redacted.
    """

    def __init__(self, live: int, others: int = 0) -> None:
        self.ledger: Ledger = new_ledger(random.Random(7))
        self.ledger.commit([CreateTable(table="Person")])
        self.live = [self._insert(number) for number in range(live)]
        self.deleted = [self._insert(number) for number in range(others)]
        self.redacted = [self._insert(number) for number in range(others)]
        for key in (*self.live, *self.redacted):
            self.ledger.commit(
                [Update(table="Person", document_id=key, document={"name": f"n{key}", "at": 1})]
            )
        for key in self.deleted:
            self.ledger.commit([Delete(table="Person", document_id=key)])
        for key in self.redacted:
            self.ledger.commit([Redact(table="Person", document_id=key, version=0)])

    def _insert(self, number: int) -> str:
        block = self.ledger.commit([Insert(table="Person", document={"name": f"n{number}"})])
        return str(block.documents[0].document_id)


def _person(run: ReconcileRun) -> str:
    return run.settings.replica_tables["Person"].table_name


def _history(run: ReconcileRun) -> str:
    return str(run.settings.history_table)


def missing(run: ReconcileRun, key: str) -> None:
    run.remove(_person(run), key)


def stale(run: ReconcileRun, key: str) -> None:
    run.change(_person(run), key, version={"N": "0"}, hash=OTHER_HASH)


def ahead(run: ReconcileRun, key: str) -> None:
    run.change(_person(run), key, version={"N": "7"})


def newer(run: ReconcileRun, key: str) -> None:
    run.change(_person(run), key, version={"N": "7"}, txTime=LATER)


def unknown_document(run: ReconcileRun, key: str) -> None:
    run.put(_person(run), {**run.item(_person(run), key), "pk": {"S": f"extra-{key}"}})


def newer_document(run: ReconcileRun, key: str) -> None:
    item = run.item(_person(run), key)
    run.put(_person(run), {**item, "pk": {"S": f"newer-{key}"}, "txTime": LATER})


def tombstone(run: ReconcileRun, key: str) -> None:
    run.change(_person(run), key, isDeleted={"BOOL": True}, data=None, projectionId=None)


def tombstone_with_data(run: ReconcileRun, key: str) -> None:
    run.change(_person(run), key, isDeleted={"BOOL": True})


def other_hash(run: ReconcileRun, key: str) -> None:
    run.change(_person(run), key, hash=OTHER_HASH)


def other_value(run: ReconcileRun, key: str) -> None:
    run.change(_person(run), key, data=OTHER_DATA)


def other_table(run: ReconcileRun, key: str) -> None:
    run.change(_person(run), key, tableId={"S": "another"})


def other_configuration(run: ReconcileRun, key: str) -> None:
    run.change(_person(run), key, projectionId={"S": "0123456789abcdef"})


def expiring(run: ReconcileRun, key: str) -> None:
    run.change(_person(run), key, expiresAt={"N": "1900000000"})


def foreign(run: ReconcileRun, key: str) -> None:
    run.change(_person(run), key, version=None)


def missing_revision(run: ReconcileRun, key: str) -> None:
    run.remove(_history(run), key, 0)


def other_hash_of_revision(run: ReconcileRun, key: str) -> None:
    run.change(_history(run), key, 0, hash=OTHER_HASH)


def other_value_of_revision(run: ReconcileRun, key: str) -> None:
    run.change(_history(run), key, 1, data=OTHER_DATA)


def other_state_of_revision(run: ReconcileRun, key: str) -> None:
    run.change(_history(run), key, 1, revisionState={"S": "deleted"}, data=None)


def redacted_revision(run: ReconcileRun, key: str) -> None:
    run.change(_history(run), key, 0, revisionState={"S": "redacted"}, data=None)


def unknown_revision(run: ReconcileRun, key: str) -> None:
    run.put(_history(run), {**run.item(_history(run), key, 1), "version": {"N": "9"}})


def newer_revision(run: ReconcileRun, key: str) -> None:
    changed = {"version": {"N": "9"}, "blockSequenceNo": {"N": "99999999"}}
    run.put(_history(run), {**run.item(_history(run), key, 1), **changed})


def incomplete_revision(run: ReconcileRun, key: str) -> None:
    stored = run.item(_history(run), key, 0)
    kept = {name: stored[name] for name in ("pk", "version", "tableId")}
    run.put(_history(run), {**kept, "revisionState": {"S": "redacted"}})


def foreign_revision(run: ReconcileRun, key: str) -> None:
    run.change(_history(run), key, 0, revisionState=None)


def redacted_state(run: ReconcileRun, key: str) -> None:
    """Bring the data of a redacted revision back into the current state."""
    run.change(_person(run), key, version={"N": "0"})


def redacted_history(run: ReconcileRun, key: str) -> None:
    """Bring the data of a redacted revision back into the history."""
    live = {"data": OTHER_DATA, "revisionState": {"S": "live"}, "dataHash": None}
    run.change(_history(run), key, 0, **live)


def deleted_document(run: ReconcileRun, key: str) -> None:
    """Bring a deleted document back under the version of the delete."""
    run.change(_person(run), key, isDeleted=None, data=OTHER_DATA)


OF_LIVE: list[tuple[Plant, Kind]] = [
    (missing, Kind.MISSING),
    (stale, Kind.STALE),
    (ahead, Kind.AHEAD),
    (newer, Kind.NEWER),
    (unknown_document, Kind.EXTRA),
    (newer_document, Kind.NEWER),
    (tombstone, Kind.WRONG_TOMBSTONE),
    (tombstone_with_data, Kind.WRONG_TOMBSTONE),
    (other_hash, Kind.OTHER_HASH),
    (other_value, Kind.OTHER_VALUE),
    (other_table, Kind.OTHER_VALUE),
    (other_configuration, Kind.OTHER_CONFIGURATION),
    (expiring, Kind.OTHER_CONFIGURATION),
    (foreign, Kind.FOREIGN),
    (missing_revision, Kind.MISSING),
    (other_hash_of_revision, Kind.OTHER_HASH),
    (other_value_of_revision, Kind.OTHER_VALUE),
    (other_state_of_revision, Kind.WRONG_TOMBSTONE),
    (redacted_revision, Kind.NEWER),
    (unknown_revision, Kind.EXTRA),
    (newer_revision, Kind.NEWER),
    (incomplete_revision, Kind.STALE),
    (foreign_revision, Kind.FOREIGN),
]
"""What can be planted into a live document of two versions."""

_OF_HISTORY = frozenset(plant for plant, _ in OF_LIVE if plant.__name__.endswith("_revision")) | {
    redacted_history
}


def plant_all(run: ReconcileRun, ledger: PlantedLedger, each: int) -> Counter[tuple[bool, Kind]]:
    """Plant differences of every kind, and return how many, by whether they are of the history.

    Parameters
    ----------
    run
        Its tables.
    ledger
        Has ``each * len(OF_LIVE)`` live documents, and ``2 * each`` others.
    each
        How many of each.
    """
    plan = [
        (plant, kind, ledger.live[number * each :][:each])
        for number, (plant, kind) in enumerate(OF_LIVE)
    ]
    plan += [
        (redacted_state, Kind.MISSED_REDACTION, ledger.redacted[:each]),
        (redacted_history, Kind.MISSED_REDACTION, ledger.redacted[each : 2 * each]),
        (deleted_document, Kind.WRONG_TOMBSTONE, ledger.deleted[: 2 * each]),
    ]
    planted: Counter[tuple[bool, Kind]] = Counter()
    for plant, kind, keys in plan:
        for key in keys:
            plant(run, key)
            planted[plant in _OF_HISTORY, kind] += 1
    return planted
