"""Records of a QLDB stream.

Shapes follow the QLDB developer guide ("Streams record types") and the genuine aggregate that the
tests compare with. No genuine CONTROL, delete or redacted record is publicly known.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from amazon.ion import simpleion

if TYPE_CHECKING:
    from qldb_simulator.blocks import Block, Revision

RecordType = Literal["CONTROL", "BLOCK_SUMMARY", "REVISION_DETAILS"]


@dataclass(frozen=True, kw_only=True)
class StreamRecord:
    """One record of a QLDB stream, which Kinesis calls a user record.

    Attributes
    ----------
    sequence_no
        Block that the record belongs to; None for a CONTROL record.
    partition_key
        The record's own hash (block or revision) in lower-case hex, as in genuine streams.
    data
        Binary Ion, symbol table included.
    """

    record_type: RecordType
    sequence_no: int | None
    partition_key: str
    data: bytes


def control_record(stream_arn: str, control_type: Literal["CREATED", "COMPLETED"]) -> StreamRecord:
    """Return the first (CREATED) or last (COMPLETED) record of a stream.

    The genuine partition key is not known; here it is the SHA-256 of the record.
    """
    data = _record(stream_arn, "CONTROL", {"controlRecordType": control_type})
    return StreamRecord(
        record_type="CONTROL",
        sequence_no=None,
        partition_key=hashlib.sha256(data).hexdigest(),
        data=data,
    )


def block_summary_record(stream_arn: str, block: Block) -> StreamRecord:
    """Return the record of a block: hashes, statements, hashes of revisions."""
    payload = block.header()
    if block.revisions:
        payload["revisionSummaries"] = [
            {"hash": revision.hash, **({"documentId": document_id} if document_id else {})}
            for revision in block.revisions
            for document_id in [getattr(revision, "document_id", None)]
        ]
    return StreamRecord(
        record_type="BLOCK_SUMMARY",
        sequence_no=block.sequence_no,
        partition_key=block.block_hash.hex(),
        data=_record(stream_arn, "BLOCK_SUMMARY", payload),
    )


def revision_details_record(stream_arn: str, revision: Revision) -> StreamRecord:
    """Return the record of a revision: a delete has no data, a redacted revision has dataHash."""
    payload = {
        "tableInfo": {"tableName": revision.table_name, "tableId": revision.table_id},
        "revision": revision.to_ion(),
    }
    return StreamRecord(
        record_type="REVISION_DETAILS",
        sequence_no=revision.sequence_no,
        partition_key=revision.hash.hex(),
        data=_record(stream_arn, "REVISION_DETAILS", payload),
    )


def block_records(stream_arn: str, block: Block) -> list[StreamRecord]:
    """Return all records of a block: its summary, then its documents; none for system revisions."""
    return [
        block_summary_record(stream_arn, block),
        *(revision_details_record(stream_arn, revision) for revision in block.documents),
    ]


def _record(stream_arn: str, record_type: RecordType, payload: dict[str, Any]) -> bytes:
    record = {"qldbStreamArn": stream_arn, "recordType": record_type, "payload": payload}
    return bytes(simpleion.dumps(record))
