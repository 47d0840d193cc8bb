"""Stream records equal the genuine ones, field by field.

Cannot compare CONTROL, delete and redacted records with genuine ones: none is publicly known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from amazon.ion import simpleion
from amazon.ion.core import IonType
from qldb_simulator.hash_chain import block_faults, revision_hash
from qldb_simulator.ion_reading import VERSION_MARKER
from qldb_simulator.journal import Ledger
from qldb_simulator.operations import CreateTable, Delete, Insert, Redact, Select, Update
from qldb_simulator.records import StreamRecord, block_records, control_record

from tests.support import genuine

if TYPE_CHECKING:
    from pathlib import Path

ARN = "arn:aws:qldb:us-east-1:000000000000:stream/ledger/0123456789abcdefABCDEF"


@pytest.fixture
def ledger() -> Ledger:
    """One insert; an update; a delete of it; version 0 redacted; a read."""
    ledger = Ledger()
    ledger.commit([CreateTable(table="attestations")])
    block = ledger.commit([Insert(table="attestations", document={"targetId": "some-target"})])
    document_id = block.documents[0].document_id
    ledger.commit([Update(table="attestations", document_id=document_id, document={"a": 1})])
    ledger.commit([Delete(table="attestations", document_id=document_id)])
    ledger.commit([Redact(table="attestations", document_id=document_id, version=0)])
    ledger.commit([Select(table="attestations")])
    return ledger


def _records(ledger: Ledger) -> list[StreamRecord]:
    return [record for block in ledger.blocks for record in block_records(ARN, block)]


def _decoded(record: StreamRecord) -> Any:  # noqa: ANN401 (any Ion value)
    return simpleion.loads(record.data)


def _shape(value: Any) -> Any:  # noqa: ANN401 (any Ion value)
    """Return field names and Ion types, recursively; for a list, the shape of each element."""
    match value.ion_type:
        case IonType.STRUCT:
            return [(name, _shape(item)) for name, item in value.items()]
        case IonType.LIST:
            return [_shape(item) for item in value]
        case IonType.TIMESTAMP:
            return (value.ion_type, value.precision, value.fractional_precision, value.tzinfo)
        case IonType.BLOB:
            return (value.ion_type, len(value))
        case _:
            return value.ion_type


def _without_own_names(value: Any, name: str) -> Any:  # noqa: ANN401 (any Ion value)
    """Return a record without the parts that differ between ledgers."""
    if isinstance(value, list) and name == "documents":
        return [("<documentId>", shape) for _, shape in value]
    if isinstance(value, list) and name == "data":
        return "<document>"
    if isinstance(value, list):
        return [
            (part[0], _without_own_names(part[1], part[0]))
            if isinstance(part, tuple) and isinstance(part[0], str)
            else _without_own_names(part, "")
            for part in value
        ]
    return value


def test_records_have_the_fields_and_types_of_genuine_ones_in_their_order(
    shared_data: Path,
) -> None:
    summary, details = [
        simpleion.loads(data) for _, data in genuine.user_records(genuine.kinesis_data(shared_data))
    ]
    ledger = Ledger()
    ledger.commit([CreateTable(table="attestations")])
    block = ledger.commit([Insert(table="attestations", document={"a": "b"})])
    ours = [_decoded(record) for record in block_records(ARN, block)]

    for genuine_record, our_record in zip([summary, details], ours, strict=True):
        expected = _without_own_names(_shape(genuine_record), "")
        assert _without_own_names(_shape(our_record), "") == expected


def test_partition_keys_are_the_records_own_hashes_as_in_the_genuine_event(
    shared_data: Path, ledger: Ledger
) -> None:
    def own_hash(record: Any) -> str:  # noqa: ANN401 (any Ion value)
        payload = record["payload"]
        return str((payload.get("blockHash") or payload["revision"]["hash"]).hex())

    for key, data in genuine.user_records(genuine.kinesis_data(shared_data)):
        assert key == own_hash(simpleion.loads(data))
    for record in _records(ledger):
        assert record.partition_key == own_hash(_decoded(record))


def test_a_streamed_block_verifies_from_its_summary_alone(ledger: Ledger) -> None:
    summaries = [
        _decoded(r)["payload"] for r in _records(ledger) if r.record_type == "BLOCK_SUMMARY"
    ]

    assert len(summaries) == len(ledger.blocks)
    assert [fault for summary in summaries for fault in block_faults(summary)] == []


def test_update_delete_and_redaction_differ_by_data_and_data_hash(ledger: Ledger) -> None:
    details = [
        _decoded(record)["payload"]
        for record in _records(ledger)
        if record.record_type == "REVISION_DETAILS"
    ]
    redacted, updated, deleted = (payload["revision"] for payload in details)

    assert "dataHash" in redacted
    assert "data" not in redacted
    assert updated["data"] == {"a": 1}
    assert "data" not in deleted
    assert "dataHash" not in deleted
    assert redacted["hash"] == revision_hash(redacted["metadata"], data_hash=redacted["dataHash"])
    assert [revision["metadata"]["version"] for revision in (redacted, updated, deleted)] == [
        0,
        1,
        2,
    ]


def test_system_revisions_and_reads_give_a_summary_only(ledger: Ledger) -> None:
    (created,) = block_records(ARN, ledger.blocks[0])
    (read,) = block_records(ARN, ledger.blocks[-1])

    assert [list(item) for item in _decoded(created)["payload"]["revisionSummaries"]] == [["hash"]]
    assert "revisionSummaries" not in _decoded(read)["payload"]
    assert "documents" not in _decoded(read)["payload"]["transactionInfo"]


def test_a_redaction_names_the_revision_in_its_summary(ledger: Ledger) -> None:
    (record,) = block_records(ARN, ledger.blocks[4])

    (named,) = _decoded(record)["payload"]["redactionInfo"]["revisions"]

    assert named["version"] == 0
    assert named["blockAddress"]["sequenceNo"] == 1


def test_a_control_record_holds_its_type_and_nothing_else() -> None:
    record = control_record(ARN, "CREATED")

    assert _decoded(record) == {
        "qldbStreamArn": ARN,
        "recordType": "CONTROL",
        "payload": {"controlRecordType": "CREATED"},
    }
    assert len(record.partition_key) == 64


def test_every_record_has_its_own_symbol_table(ledger: Ledger) -> None:
    assert all(record.data.startswith(VERSION_MARKER) for record in _records(ledger))
