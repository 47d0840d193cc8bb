"""Objects of the failure bucket as the handler writes them, with wrong values for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handler.contract import Variable
from handler.failures import FailedRecord, FailureStore, Position, object_key
from handler.settings import HandlerSettings
from tests.support.failure_bucket import BUCKET
from tests.support.kinesis_events import ARRIVAL, SEQUENCE_NUMBER, SHARD_ID, STREAM_ARN

if TYPE_CHECKING:
    from tests.support.failure_bucket import NotifyingS3

SETTINGS = HandlerSettings.from_environment(
    {
        Variable.REPLICA_TABLES: '{"Person":{"tableName":"person-1a2b3c"}}',
        Variable.FAILURE_BUCKET: BUCKET,
    }
)
WRONG_VALUES: tuple[Any, ...] = (
    *(None, True, -1, 1e300, float("nan"), float("inf"), 10**4299, "", "x", "\ud800", [], {}),
)
"""Wrong values for the fields of an object; some are valid for some fields."""


def failed_record(
    payload: bytes,
    *,
    sequence: str = SEQUENCE_NUMBER,
    sub: int | None = None,
    reason: str = "refused",
    code: str = "ValidationError",
    partition_key: str = "producer's key",
    attempts: int | None = None,
) -> FailedRecord:
    """Return the failed record that the handler makes of a record.

    Parameters
    ----------
    payload
        Bytes of the user record, or of the whole Kinesis record if `sub` is None.
    sequence, sub
        Position in the shard: sequence and sub-sequence number.
    reason, code
        Why it was quarantined.
    partition_key
        Partition key of the user record.
    attempts
        Number of failed redrives; None for none.
    """
    return FailedRecord(
        position=Position(
            stream_arn=STREAM_ARN,
            shard_id=SHARD_ID,
            sequence_number=sequence,
            sub_sequence_number=sub,
        ),
        payload=payload,
        reason=reason,
        code=code,
        partition_key=partition_key,
        approximate_arrival=ARRIVAL,
        function_name="replica",
        function_version="$LATEST",
        failed_at=1763888401.0,
        attempts=attempts,
    )


def quarantine(s3: NotifyingS3, record: FailedRecord) -> str:
    """Quarantine a record with the handler's store; return the object's key."""
    FailureStore(s3, BUCKET).put(record)
    return object_key(record.position)
