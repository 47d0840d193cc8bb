"""De-aggregation of Kinesis records into user records.

By default, QLDB packs its records in the aggregation format of the Kinesis Producer Library (QLDB
developer guide, "Stream records"; format: github.com/awslabs/amazon-kinesis-producer,
aggregation-format.md): four magic bytes, a protobuf message, the MD5 of the message.

The messages are those of ``aws_kinesis_agg``. Its deaggregator is not used: after an error inside
an aggregate it prints the content and silently drops the rest.
"""

from __future__ import annotations

import hashlib
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from aws_kinesis_agg import config_pb2
from google.protobuf.message import DecodeError

from handler.protobuf_nesting import is_readable
from journal.errors import RecordError

if TYPE_CHECKING:
    from collections.abc import Sequence

# messages_pb2 imports its neighbour by a top-level name. The package's own deaggregator edits
# sys.path for that; registering the name is enough.
sys.modules.setdefault("config_pb2", config_pb2)

from aws_kinesis_agg import messages_pb2  # noqa: E402 (needs the line above)

MAGIC = b"\xf3\x89\x9a\xc2"
DIGEST_BYTES = 16
_NOT_A_MESSAGE = "not a protobuf message of an aggregate"

_MANY_RECORDS = 1000
_MIN_AVERAGE_BYTES = 64
"""Minimum of a record in an aggregate of many; a stream record's field names alone are more.
Without a limit one Kinesis record could demand 175,000 objects in the failure bucket."""

AggregatedRecord: Any = messages_pb2.AggregatedRecord


class FrameError(RecordError):
    """A record has the magic bytes of an aggregate but is not one."""

    kind = "frame"


class UserRecord(NamedTuple):
    """One record as its producer made it.

    Attributes
    ----------
    data
        The producer's bytes.
    sub_sequence_number
        Position in the aggregate; None for a record that is not aggregated.
    partition_key
        The producer's key; None for a record that is not aggregated (the Kinesis record has it).
    """

    data: bytes
    sub_sequence_number: int | None
    partition_key: str | None = None


def user_records(data: bytes) -> list[UserRecord]:
    """Return the user records of a Kinesis record.

    A record that does not start with the magic bytes is itself the only user record. An empty
    aggregate has none.

    Raises
    ------
    FrameError
        If the frame is damaged. None of its records may be used: which of them are intact is
        unknown.
    """
    if not data.startswith(MAGIC):
        return [UserRecord(data, None)]
    message = data[len(MAGIC) : -DIGEST_BYTES]
    digest = hashlib.md5(message, usedforsecurity=False).digest()
    if digest != data[len(MAGIC) + len(message) :]:
        raise FrameError("wrong MD5")
    if not is_readable(message):
        raise FrameError(_NOT_A_MESSAGE)
    try:
        aggregate = AggregatedRecord.FromString(message)
    except DecodeError:
        raise FrameError(_NOT_A_MESSAGE) from None
    if not aggregate.IsInitialized():  # protobuf 6 does not check required fields
        raise FrameError("a record of the aggregate is incomplete")
    count = len(aggregate.records)
    if count > _MANY_RECORDS and count * _MIN_AVERAGE_BYTES > len(message):
        raise FrameError("an aggregate of too many short records")
    # Lists: protobuf's containers do not raise IndexError for every index that is out of range.
    keys = list(aggregate.partition_key_table)
    if not all(type(key) is str for key in keys):  # protobuf returns bytes if not UTF-8
        raise FrameError("a partition key that is not UTF-8")
    try:
        return _records(aggregate.records, keys, list(aggregate.explicit_hash_key_table))
    except IndexError:
        raise FrameError("key index out of range") from None


def _records(
    records: Sequence[Any], keys: Sequence[str], hash_keys: Sequence[str]
) -> list[UserRecord]:
    if hash_keys:
        for record in records:
            if record.HasField("explicit_hash_key_index"):
                hash_keys[record.explicit_hash_key_index]
    return [
        UserRecord(record.data, number, keys[record.partition_key_index])
        for number, record in enumerate(records)
    ]
