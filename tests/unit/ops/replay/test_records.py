"""A revision of an export that cannot be written is in the failure bucket as QLDB streams it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handler.failures import FailedRecord, Position, object_key
from journal.exports.block_facts import Table
from journal.ion.stream import single_value
from journal.ion.structure import struct
from journal.ion.symbols import ImportingSymbols
from journal.revisions import Redaction, Redactions, Revision, read_record
from ops.failure_objects import read_object
from ops.replay.records import EXPORT_SHARD, export_arn, redaction_record, revision_record
from tests.support.ion import binary

if TYPE_CHECKING:
    from journal.ion.structure import Span

TABLE = Table("ABCDEFGHIJKLMNOPQRSTUV", "Person")
STRAND = "HgXAkLjAtV0HQ4lNYdzX60"
HASH = "MLpNkjWwnvmmtPF7PtufWSYu4lu9mcnbb27wu4X75fE="


def a_revision(data: str = '{name: "Ann"}') -> Span:
    return single_value(
        binary(
            f'{{blockAddress: {{strandId: "{STRAND}", sequenceNo: 5}}, hash: {{{{{HASH}}}}}, '
            f'data: {data}, metadata: {{id: "one", version: 3, '
            'txTime: 2021-02-09T02:16:06.240Z, txId: "tx"}}'
        )
    )


def test_the_record_is_read_as_the_streams_own() -> None:
    payload = revision_record(a_revision(), TABLE, STRAND)

    found = read_record(payload, {"Person"})

    assert isinstance(found, Revision)
    assert (found.table_name, found.table_id) == (TABLE.name, TABLE.table_id)
    assert (found.document_id, found.version) == ("one", 3)
    assert found.data is not None
    assert list(struct(found.data)) == ["name"]


def test_a_redaction_is_read_as_the_streams_own() -> None:
    payload = redaction_record(Redaction("table", "one", 3), STRAND)

    found = read_record(payload, {"Person"}, with_redactions=True)

    assert found == Redactions((Redaction("table", "one", 3),))


def test_a_redaction_without_its_table_has_none() -> None:
    payload = redaction_record(Redaction(None, "one", 3), STRAND)

    found = read_record(payload, {"Person"}, with_redactions=True)

    assert found == Redactions((Redaction(None, "one", 3),))


def test_symbols_of_a_shared_table_leave_no_payload() -> None:
    data, names, head, start, stop = a_revision()
    assert isinstance(names, tuple)

    payload = revision_record((data, ImportingSymbols(5, names), head, start, stop), TABLE, STRAND)

    assert payload == b""


def test_a_redrive_reads_the_object() -> None:
    record = FailedRecord(
        position=Position(
            stream_arn=export_arn(STRAND),
            shard_id=EXPORT_SHARD,
            sequence_number="5",
            sub_sequence_number=1,
        ),
        payload=revision_record(a_revision(), TABLE, STRAND),
        reason="refused",
        code="ValidationException",
        partition_key=STRAND,
        approximate_arrival=1_612_837_000.0,
        function_name="ops replay",
        function_version="not in Lambda",
        failed_at=1_612_837_000.0,
    )

    found = read_object(object_key(record.position), record.to_json())

    (payload,) = found.payloads()
    assert isinstance(read_record(payload.data, {"Person"}), Revision)
    assert found.describe(1).sequence_number == "5"
