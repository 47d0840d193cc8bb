"""A replay that could bring deleted documents back is refused."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from qldb_simulator.operations import CreateTable

from handler.settings import HandlerSettings, ReplicaTable
from ops.errors import OpsError
from ops.exports.catalogue import catalogue
from ops.exports.options import chosen_sequence
from ops.exports.source import open_source
from ops.replay.job import Job
from ops.replay.safety import refuse_expired_tombstones
from tests.support.exports import START, export_of, new_ledger

if TYPE_CHECKING:
    from pathlib import Path


def refuse(
    folder: Path,
    *,
    lifetime: int | None,
    age: timedelta = timedelta(),
    has_index: bool = True,
    tables: frozenset[str] = frozenset(),
) -> None:
    ledger = new_ledger(random.Random(1))
    ledger.commit([CreateTable(table="Person")])
    source = open_source(str(export_of(ledger.blocks).write_to(folder)))
    replica = ReplicaTable(
        ledger_table="Person", table_name="person", tombstone_lifetime_days=lifetime
    )
    settings = HandlerSettings(
        replica_tables={
            "Person": replica,
            "Car": ReplicaTable(ledger_table="Car", table_name="car"),
        },
        failure_bucket="failures",
    )
    job = Job(location=str(folder), strand_id="", settings=settings, tables=tables)
    refuse_expired_tombstones(
        job,
        source,
        chosen_sequence(catalogue(source), None),
        has_index=has_index,
        now=START + age,
    )


def test_an_export_that_is_older_than_the_tombstones_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OpsError, match="expire after 30 days, and the export ends at 2021-02-03"):
        refuse(tmp_path, lifetime=30, age=timedelta(days=30))


def test_a_younger_one_is_not(tmp_path: Path) -> None:
    refuse(tmp_path, lifetime=30, age=timedelta(days=28))


def test_tombstones_that_stay_allow_everything(tmp_path: Path) -> None:
    refuse(tmp_path, lifetime=None, age=timedelta(days=9999), has_index=False)


def test_tables_that_are_not_replayed_do_not_count(tmp_path: Path) -> None:
    refuse(tmp_path, lifetime=30, age=timedelta(days=99), tables=frozenset({"Car"}))


def test_without_an_index_no_tombstone_may_expire(tmp_path: Path) -> None:
    with pytest.raises(OpsError, match="--no-index"):
        refuse(tmp_path, lifetime=30, has_index=False)


def test_an_end_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    refuse(tmp_path, lifetime=30)
    for file in tmp_path.rglob("*.ion"):
        file.write_bytes(b"")

    source = open_source(str(tmp_path))
    with pytest.raises(OpsError, match="at an unknown time"):
        refuse_expired_tombstones(
            Job(
                location=str(tmp_path),
                strand_id="",
                settings=HandlerSettings(
                    replica_tables={
                        "Person": ReplicaTable(
                            ledger_table="Person", table_name="p", tombstone_lifetime_days=30
                        )
                    },
                    failure_bucket="failures",
                ),
            ),
            source,
            chosen_sequence(catalogue(source), None),
            has_index=True,
            now=datetime(2021, 2, 4, tzinfo=UTC),
        )
