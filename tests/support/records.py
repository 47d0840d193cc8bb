"""Records as QLDB writes them, built from Ion text: synthesised, no genuine ones are public."""

from __future__ import annotations

import base64
import hashlib
import io
from typing import TYPE_CHECKING, Any

from amazon.ion import simpleion

from handler.aggregation import MAGIC, AggregatedRecord

if TYPE_CHECKING:
    from collections.abc import Sequence

STREAM_ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/journal"
SHARD_ID = "shardId-000000000000"
HASH = "MLpNkjWwnvmmtPF7PtufWSYu4lu9mcnbb27wu4X75fE="
TX_TIME = "2021-02-09T02:16:06.240Z"
_LONG = 10_000


def binary(text: str) -> bytes:
    """Turn Ion text into binary Ion, by amazon.ion's Python reader and writer.

    Long texts go through its C extension, which changes long fractions of a second but takes a
    hundredth of the time.
    """
    if len(text) > _LONG:
        value = simpleion.loads(text, text_buffer_size_limit=len(text))
        return bytes(simpleion.dumps(value, binary=True))
    out = io.BytesIO()
    simpleion.dump_python(simpleion.load_python(io.StringIO(text)), out, binary=True)
    return out.getvalue()


def revision(
    *,
    document_id: str = "6WXz9wdajiY7K5u6YwGUN4",
    version: int = 0,
    data: str | None = '{firstName: "Ann"}',
    data_hash: str | None = None,
    table: str = "Person",
    tx_time: str = TX_TIME,
    metadata: str | None = None,
) -> bytes:
    """Make a REVISION_DETAILS record. ``data`` and ``data_hash`` are Ion text; None leaves out."""
    fields = [
        'blockAddress: {strandId: "HgXAkLjAtV0HQ4lNYdzX60", sequenceNo: 14}',
        f"hash: {{{{{HASH}}}}}",
    ]
    if data is not None:
        fields.append(f"data: {data}")
    if data_hash is not None:
        fields.append(f"dataHash: {data_hash}")
    if metadata is None:
        metadata = (
            f'{{id: "{document_id}", version: {version}, txTime: {tx_time}, '
            'txId: "5pxmz8FD9Aj8Cbl5kuvXxP"}'
        )
    fields.append(f"metadata: {metadata}")
    return record(
        "REVISION_DETAILS",
        f'{{tableInfo: {{tableName: "{table}", tableId: "ABCDEFGHIJKLMNOPQRSTUV"}}, '
        f"revision: {{{', '.join(fields)}}}}}",
    )


def record(record_type: str, payload: str) -> bytes:
    """Make a record of any type; the payload is Ion text."""
    return binary(
        '{qldbStreamArn: "arn:aws:qldb:us-east-1:000000000000:stream/ledger/ABCDEFGHIJKLMNOPQRSTUV"'
        f', recordType: "{record_type}", payload: {payload}}}'
    )


def control() -> bytes:
    """Make a CONTROL record."""
    return record("CONTROL", '{controlRecordType: "CREATED"}')


def block_summary(statement: str = "INSERT INTO Person ?") -> bytes:
    """Make a BLOCK_SUMMARY record, cut down to what matters here."""
    return record(
        "BLOCK_SUMMARY", f'{{transactionInfo: {{statements: [{{statement: "{statement}"}}]}}}}'
    )


def message(records: Sequence[bytes], **changes: Any) -> bytes:  # noqa: ANN401  (protobuf fields)
    """Make the protobuf message of an aggregate."""
    aggregate: Any = AggregatedRecord()
    aggregate.partition_key_table.extend(f"key-{number}" for number in range(len(records)))
    aggregate.explicit_hash_key_table.extend(changes.get("hash_keys", ()))
    for number, data in enumerate(records):
        entry = aggregate.records.add()
        entry.partition_key_index = changes.get("partition_key_index", number)
        if "hash_key_index" in changes:
            entry.explicit_hash_key_index = changes["hash_key_index"]
        entry.data = data
    return bytes(aggregate.SerializePartialToString())


def frame(message_bytes: bytes) -> bytes:
    """Put a message into the frame of the Kinesis Producer Library."""
    digest = hashlib.md5(message_bytes, usedforsecurity=False).digest()
    return MAGIC + message_bytes + digest


def aggregate(*records: bytes) -> bytes:
    """Make an aggregate."""
    return frame(message(records))


def event(*kinesis_records: bytes, first: int = 100) -> dict[str, Any]:
    """Make the event of a batch; sequence numbers count from ``first``."""
    return {
        "Records": [
            {
                "kinesis": {
                    "kinesisSchemaVersion": "1.0",
                    "partitionKey": "outer",
                    "sequenceNumber": str(number),
                    "data": base64.b64encode(data).decode(),
                    "approximateArrivalTimestamp": 1612836966.24,
                },
                "eventSource": "aws:kinesis",
                "eventID": f"{SHARD_ID}:{number}",
                "eventSourceARN": STREAM_ARN,
            }
            for number, data in enumerate(kinesis_records, first)
        ]
    }
