"""The failure bucket: one object for each quarantined record (a dead letter)."""

from __future__ import annotations

import base64
import json
import threading
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from handler import json_fields
from handler.contract import RECORDS_PREFIX
from handler.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

FORMAT_VERSION = 1
"""Version of the objects' format, in each object."""


@dataclass(frozen=True, kw_only=True)
class Position:
    """Where a user record was in the stream, which identifies it across redeliveries.

    Attributes
    ----------
    stream_arn, shard_id, sequence_number
        Of the Kinesis record.
    sub_sequence_number
        Position in the aggregate; None for a whole Kinesis record.
    """

    stream_arn: str
    shard_id: str
    sequence_number: str
    sub_sequence_number: int | None

    @property
    def stream_name(self) -> str:
        """The stream's name, the last part of its ARN."""
        return self.stream_arn.rpartition("/")[2]


def object_key(position: Position) -> str:
    """Return the key of a record's object, the same for every delivery of the record."""
    sub = position.sub_sequence_number
    place = "whole" if sub is None else f"{sub:08d}"
    return (
        f"{RECORDS_PREFIX}{position.stream_name}/{position.shard_id}/"
        f"{position.sequence_number}/{place}.json"
    )


@dataclass(frozen=True, kw_only=True)
class FailedRecord:
    """A record that can never be written, with everything that is needed to redrive it.

    Attributes
    ----------
    position
        Where it was in the stream.
    payload
        The user record's bytes; the whole Kinesis record's if its frame is damaged.
    reason
        The kind of fault, such as ``malformed`` or ``refused``.
    code
        The fault: a constant text of the handler or an error code of DynamoDB.
    partition_key
        The record's partition key.
    approximate_arrival
        When Kinesis received it, in seconds since the epoch.
    function_name, function_version
        The function that found the fault.
    failed_at
        When it failed first, in seconds since the epoch; redrives that fail keep it.
    attempts
        Number of redrives that failed; None if there were none.
    """

    position: Position
    payload: bytes
    reason: str
    code: str
    partition_key: str
    approximate_arrival: float
    function_name: str
    function_version: str
    failed_at: float
    attempts: int | None = None

    def to_json(self) -> bytes:
        """Return the body of the object."""
        body: dict[str, Any] = {
            "formatVersion": FORMAT_VERSION,
            "reason": self.reason,
            "code": self.code,
            "streamArn": self.position.stream_arn,
            "shardId": self.position.shard_id,
            "sequenceNumber": self.position.sequence_number,
            "subSequenceNumber": self.position.sub_sequence_number,
            "partitionKey": self.partition_key,
            "approximateArrivalTimestamp": self.approximate_arrival,
            "functionName": self.function_name,
            "functionVersion": self.function_version,
            "failedAt": self.failed_at,
        }
        if self.attempts is not None:
            body["attempts"] = self.attempts
        body["payload"] = base64.b64encode(self.payload).decode("ascii")
        return json.dumps(body).encode()

    @classmethod
    def from_json(cls, body: bytes) -> FailedRecord:
        """Read the body of an object.

        Raises
        ------
        ValueError
            If the body is not of this format.
        """
        try:
            fields: Mapping[str, Any] = json.loads(body)
            if fields["formatVersion"] != FORMAT_VERSION:
                raise ValueError("an object of another format version")
            return cls(
                position=Position(
                    stream_arn=json_fields.text(fields["streamArn"]),
                    shard_id=json_fields.text(fields["shardId"]),
                    sequence_number=json_fields.digits(fields["sequenceNumber"]),
                    sub_sequence_number=json_fields.count(fields["subSequenceNumber"]),
                ),
                payload=base64.b64decode(json_fields.text(fields["payload"]), validate=True),
                reason=json_fields.text(fields["reason"]),
                code=json_fields.text(fields["code"]),
                partition_key=json_fields.text(fields["partitionKey"]),
                approximate_arrival=json_fields.moment(fields["approximateArrivalTimestamp"]),
                function_name=json_fields.text(fields["functionName"]),
                function_version=json_fields.text(fields["functionVersion"]),
                failed_at=json_fields.moment(fields["failedAt"]),
                attempts=json_fields.count(fields.get("attempts")),
            )
        except (KeyError, TypeError, RecursionError, json.JSONDecodeError, UnicodeError):
            raise ValueError("not an object of the failure store") from None


class UnexpectedAnswerError(Exception):
    """Something that is not S3 answered."""


class ObjectClient(Protocol):
    """The part of S3's client that writes objects."""

    @property
    def put_object(self) -> Callable[..., Any]:
        """Write one object."""


class FailureStore:
    """Stores quarantined records in the failure bucket.

    Parameters
    ----------
    client
        An S3 client that several threads may use.
    bucket
        The bucket's name.
    puts_in_flight
        Requests at a time; with 1, they run in the caller's thread.
    clock
        Seconds since the epoch.
    """

    def __init__(
        self,
        client: ObjectClient,
        bucket: str,
        *,
        puts_in_flight: int = 1,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._clock = clock
        self._workers = Workers(puts_in_flight, "failures", clock)

    def put_all(self, records: Sequence[FailedRecord], deadline: float) -> list[bool]:
        """Store as many records as the bucket takes in time.

        Parameters
        ----------
        records
            Each with its own position.
        deadline
            Seconds since the epoch: later, no request starts and none is waited for.

        Returns
        -------
        list
            Whether each record is certainly stored. After the first refusal no other is tried: the
            batch will be redelivered regardless.
        """
        stored = [False] * len(records)
        refused = threading.Event()

        def put(place: int, record: FailedRecord) -> None:
            if refused.is_set() or self._clock() >= deadline:
                return
            try:
                self.put(record)
            except Exception:  # noqa: BLE001 (the record is not stored, whatever the exception)
                refused.set()
            else:
                stored[place] = True

        self._workers.run([partial(put, *each) for each in enumerate(records)], deadline)
        return list(stored)

    def put(self, record: FailedRecord) -> None:
        """Store a record; if an exception is raised, it is not stored.

        Raises
        ------
        UnexpectedAnswerError
            If an answer is not that of S3, which names the object's entity tag (S3 API reference,
            ``PutObject``). A proxy, for instance, may answer 200 to anything.
        """
        answer = self._client.put_object(
            Bucket=self._bucket,
            Key=object_key(record.position),
            Body=record.to_json(),
            ContentType="application/json",
        )
        if not answer.get("ETag"):
            raise UnexpectedAnswerError
