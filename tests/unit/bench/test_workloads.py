"""The batches of the benchmark, read by the handler's own code.

Proves that each workload matches its name and that every record can be read. Cannot prove that
the mix of a real ledger is the same.
"""

from __future__ import annotations

import base64
from collections import Counter
from typing import Any

import pytest

from bench.workloads import (
    AGGREGATES_PER_EVENT,
    BIG_DOCUMENTS,
    DELETES,
    DUPLICATES,
    HOT,
    NEW,
    PLAIN_RECORDS,
    UPDATES,
    WIDE_DOCUMENTS,
    WORKLOADS,
    Workload,
    events,
    replica_tables,
    revisions_per_event,
)
from handler.aggregation import user_records
from journal.revisions import Ignored, Redactions, Revision, RevisionKind, read_record


def found(event: dict[str, Any]) -> list[Revision | Redactions | Ignored]:
    return [
        read_record(record.data, replica_tables())
        for entry in event["Records"]
        for record in user_records(base64.b64decode(entry["kinesis"]["data"]))
    ]


def revisions(workload: Workload, count: int) -> list[list[Revision]]:
    return [
        [record for record in found(event) if isinstance(record, Revision)]
        for _, event in events(workload, count)
    ]


@pytest.mark.parametrize("workload", WORKLOADS, ids=lambda workload: workload.name)
def test_every_revision_comes_with_the_summary_of_its_block(workload: Workload) -> None:
    [(count, event)] = events(workload, 10)

    kinds = Counter(type(record) for record in found(event))

    assert count >= 10
    assert kinds == {Revision: count, Ignored: count}


@pytest.mark.parametrize("workload", WORKLOADS, ids=lambda workload: workload.name)
def test_batches_are_the_same_at_any_time(workload: Workload) -> None:
    # Times differ in size: with the clock's, two runs could have batches of other sizes.
    assert list(events(workload, 10)) == list(events(workload, 10))


@pytest.mark.parametrize("workload", WORKLOADS, ids=lambda workload: workload.name)
def test_documents_have_the_versions_of_the_workload(workload: Workload) -> None:
    [batch] = revisions(workload, 10)

    assert {revision.version for revision in batch} == set(
        range(workload.versions[0], workload.versions[1] + 1)
    )


def test_all_versions_of_a_hot_document_are_in_one_batch() -> None:
    batches = revisions(HOT, revisions_per_event(HOT) + 10)

    assert len(batches) == 2
    for batch in batches:
        assert set(Counter(revision.document_id for revision in batch).values()) == {10}


def test_deletes_have_no_document() -> None:
    [batch] = revisions(DELETES, 10)

    assert {revision.kind for revision in batch} == {RevisionKind.DELETE}


def test_updates_apply_to_the_documents_of_the_insert_workload() -> None:
    [created], [updated], [delivered_again] = (
        revisions(workload, 10) for workload in (NEW, UPDATES, DUPLICATES)
    )

    ids = [revision.document_id for revision in created]
    assert len(set(ids)) == 10
    assert [revision.document_id for revision in updated] == ids
    assert [revision.document_id for revision in delivered_again] == ids


@pytest.mark.parametrize(
    ("workload", "least", "most"),
    [(NEW, 500, 600), (WIDE_DOCUMENTS, 2_000, 4_000), (BIG_DOCUMENTS, 90_000, 120_000)],
    ids=lambda value: value.name if isinstance(value, Workload) else "",
)
def test_revisions_have_the_size_of_the_workload(workload: Workload, least: int, most: int) -> None:
    [(_, event)] = events(workload, 1)

    sizes = [
        len(record.data)
        for entry in event["Records"]
        for record in user_records(base64.b64decode(entry["kinesis"]["data"]))
        if b"REVISION_DETAILS" in record.data
    ]

    assert least <= sizes[0] <= most


def test_a_full_batch_has_about_fifty_aggregates_and_plain_records_stand_alone() -> None:
    _, event = next(events(NEW, revisions_per_event(NEW)))
    _, plain = next(events(PLAIN_RECORDS, revisions_per_event(PLAIN_RECORDS)))

    assert abs(len(event["Records"]) - AGGREGATES_PER_EVENT) <= 5
    assert len(plain["Records"]) == 100
    assert all(
        len(user_records(base64.b64decode(entry["kinesis"]["data"]))) == 1
        for entry in plain["Records"]
    )
