"""Objects of the failure bucket as the handler writes them, and what can be wrong in one."""

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
"""What a field of an object may hold by mistake; some are right for some fields."""


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
    """Return what the handler quarantines of a record.

    Parameters
    ----------
    payload
        Bytes of the user record, or of the whole Kinesis record where `sub` is None.
    sequence, sub
        Its position in the shard: sequence and sub-sequence number.
    reason, code
        Why it was quarantined.
    partition_key
        Of the user record.
    attempts
        How often it was redriven; None for never.
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
    """Let the handler's own store quarantine a record; return the object's key."""
    FailureStore(s3, BUCKET).put(record)
    return object_key(record.position)
