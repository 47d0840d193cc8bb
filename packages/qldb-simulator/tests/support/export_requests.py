"""Requests of exports, and the journal that they export."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from qldb_simulator.operations import CreateTable, Insert

from tests.support.api import EXPORT

if TYPE_CHECKING:
    from tests.support.api import Api
    from tests.support.memory_s3 import MemoryS3

EXPORTS = "/ledgers/one/journal-s3-exports"
KEY_ARN = "arn:aws:kms:us-east-1:000000000000:key/k"
SECOND = timedelta(seconds=1)


class Now:
    """A clock that stands still unless it is set."""

    def __init__(self) -> None:
        self.now = datetime(2022, 5, 6, 7, 8, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def commit(api: Api, clock: Now, *names: str) -> None:
    """Commit a table and a block for each name, one second after the other, and pass on."""
    ledger = api.plane.ledger("one")
    ledger.commit([CreateTable(table="Person")])
    for name in names:
        clock.now += SECOND
        ledger.commit([Insert(table="Person", document={"name": name})])
    clock.now += SECOND


def now(clock: Now) -> float:
    """Return the clock's time as requests have it: in seconds since the epoch."""
    return clock.now.timestamp()


def waiting_export(api: Api, s3: MemoryS3, clock: Now) -> str:
    """Request an export that waits, after its first manifest, until S3 accepts more."""
    commit(api, clock, "a")
    s3.gate.clear()
    return api.create_export("one", ExclusiveEndTime=now(clock))


def configuration(**changes: object) -> dict[str, Any]:
    """Return the member of a request that says where to write, with changes."""
    whole: Any = EXPORT["S3ExportConfiguration"]
    return {"S3ExportConfiguration": whole | changes}


def encryption(**members: str) -> dict[str, Any]:
    """Return the same, with another encryption of the objects."""
    return configuration(EncryptionConfiguration=members)
