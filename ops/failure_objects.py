"""The two kinds of objects in the failure bucket: how each is read, sent again and kept. Pure.

* ``records/...``: one record that the handler put aside (`handler.failures`).
* ``aws/lambda/...``: one batch that the event source mapping gave up, with the whole event (Lambda
  developer guide, "Retain discarded batch records in Amazon S3").
"""

from __future__ import annotations

import base64
import hashlib
import json
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

import pybase64

from handler import json_fields
from handler.aggregation import MAGIC, FrameError, user_records
from handler.contract import BATCHES_PREFIX, RECORDS_PREFIX
from handler.failures import FailedRecord, object_key

if TYPE_CHECKING:
    from collections.abc import Mapping

PREFIXES = (RECORDS_PREFIX, BATCHES_PREFIX)

UNREADABLE = "unreadable"
DISCARDED_BATCH = "discarded batch"

_REDRIVE = "redrive"
"""Field that a redrive adds to the object of a batch; the rest stays as Lambda wrote it."""


class UnreadableObjectError(Exception):
    """An object is of neither format.

    Attributes
    ----------
    reason
        A constant text without any of the object's content.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, kw_only=True)
class Description:
    """What may be told of an object without telling its payload.

    Attributes
    ----------
    key
        Of the object.
    size
        Bytes of the object.
    reason, code
        Why it is there.
    failed_at
        Seconds since the epoch; None where unknown.
    attempts
        How often it was sent again.
    records
        Kinesis records in it.
    stream_arn, shard_id, sequence_number, last_sequence_number, sub_sequence_number
        Position; the last sequence number is that of a batch.
    """

    key: str
    size: int
    reason: str
    code: str
    failed_at: float | None = None
    attempts: int = 0
    records: int = 0
    stream_arn: str | None = None
    shard_id: str | None = None
    sequence_number: str | None = None
    last_sequence_number: str | None = None
    sub_sequence_number: int | None = None


@dataclass(frozen=True, kw_only=True)
class Payload:
    """One user record, or a frame that cannot be taken apart.

    Attributes
    ----------
    place
        Sequence number and, in an aggregate, sub-sequence number.
    data
        The bytes.
    """

    place: str
    data: bytes


class FailureObject(Protocol):
    """An object of either kind."""

    @property
    def key(self) -> str:
        """Of the object."""

    def event(self) -> Mapping[str, Any]:
        """Give the event that delivers its records to the handler again."""

    def own(self, failed: FailedRecord) -> FailedRecord:
        """Give a record of that event, which failed again, its true position and history."""

    def failed_again(self, reason: str, code: str, at: float) -> bytes:
        """Give the object's new body, where it failed as a whole."""

    def describe(self, size: int) -> Description:
        """Tell about it without its payload."""

    def payloads(self) -> list[Payload]:
        """Give its documents: for who asks for them."""


def read_object(key: str, body: bytes) -> FailureObject:
    """Read an object of the failure bucket.

    Raises
    ------
    UnreadableObjectError
        It is of neither format.
    """
    if key.startswith(RECORDS_PREFIX):
        return _quarantined_record(key, body)
    if key.startswith(BATCHES_PREFIX):
        return _discarded_batch(key, body)
    raise UnreadableObjectError("under a key of neither format")


def describe(key: str, body: bytes) -> Description:
    """Tell about an object without its payload, whatever it is."""
    try:
        return read_object(key, body).describe(len(body))
    except UnreadableObjectError as error:
        return Description(key=key, size=len(body), reason=UNREADABLE, code=error.reason)


@dataclass(frozen=True, kw_only=True)
class QuarantinedRecord:
    """A record that the handler put aside.

    Parameters
    ----------
    key
        Of the object.
    record
        What is in it.
    """

    key: str
    record: FailedRecord

    @property
    def _attempts(self) -> int:
        return self.record.attempts or 0

    def event(self) -> Mapping[str, Any]:
        """Give an event of one Kinesis record.

        A user record that came out of an aggregate goes into an aggregate of one: sent plain, it
        would be taken for a Kinesis record, and for an aggregate if its own bytes begin like one.
        """
        position = self.record.position
        data = self.record.payload
        if position.sub_sequence_number is not None:
            data = aggregate_of_one(data, self.record.partition_key)
        return {
            "Records": [
                {
                    "kinesis": {
                        "kinesisSchemaVersion": "1.0",
                        "partitionKey": self.record.partition_key,
                        "sequenceNumber": position.sequence_number,
                        "data": base64.b64encode(data).decode("ascii"),
                        "approximateArrivalTimestamp": self.record.approximate_arrival,
                    },
                    "eventSource": "aws:kinesis",
                    "eventVersion": "1.0",
                    "eventID": f"{position.shard_id}:{position.sequence_number}",
                    "eventName": "aws:kinesis:record",
                    "eventSourceARN": position.stream_arn,
                }
            ]
        }

    def own(self, failed: FailedRecord) -> FailedRecord:
        """Give a failed record its true position and history.

        A frame that the handler can read by now may leave user records behind, at places of their
        own. Everything else is the record of this object.
        """
        attempts = self._attempts + 1
        if self.record.position.sub_sequence_number is None:
            return replace(failed, attempts=attempts)
        return replace(
            failed, position=self.record.position, payload=self.record.payload, attempts=attempts
        )

    def failed_again(self, reason: str, code: str, at: float) -> bytes:
        """Give the same record with another reason."""
        attempts = self._attempts + 1
        return replace(
            self.record, reason=reason, code=code, failed_at=at, attempts=attempts
        ).to_json()

    def describe(self, size: int) -> Description:
        """Tell about it without its payload."""
        position = self.record.position
        return Description(
            key=self.key,
            size=size,
            reason=self.record.reason,
            code=self.record.code,
            failed_at=self.record.failed_at,
            attempts=self._attempts,
            records=1,
            stream_arn=position.stream_arn,
            shard_id=position.shard_id,
            sequence_number=position.sequence_number,
            sub_sequence_number=position.sub_sequence_number,
        )

    def payloads(self) -> list[Payload]:
        """Give its document."""
        position = self.record.position
        if position.sub_sequence_number is None:
            return _user_payloads(position.sequence_number, self.record.payload)
        return [_payload(position.sequence_number, position.sub_sequence_number, self.record)]


@dataclass(frozen=True, kw_only=True)
class DiscardedBatch:
    """A batch that the event source mapping gave up.

    Parameters
    ----------
    key
        Of the object.
    fields
        All that is in it.
    records
        Of the event, not empty.
    """

    key: str
    fields: Mapping[str, Any]
    records: list[Mapping[str, Any]]

    @property
    def _redrive(self) -> Mapping[str, Any]:
        found = self.fields.get(_REDRIVE)
        return found if isinstance(found, dict) and _is_history(found) else {}

    @property
    def _attempts(self) -> int:
        attempts: int = self._redrive.get("attempts", 0)
        return attempts

    def event(self) -> Mapping[str, Any]:
        """Give the event as the function received it."""
        return {"Records": self.records}

    def own(self, failed: FailedRecord) -> FailedRecord:
        """Give a failed record the batch's history; its position is right as it is."""
        return replace(failed, attempts=self._attempts + 1)

    def failed_again(self, reason: str, code: str, at: float) -> bytes:
        """Give the same batch with another reason."""
        redrive = {
            "reason": reason,
            "code": code,
            "failedAt": at,
            "attempts": self._attempts + 1,
        }
        return json.dumps({**self.fields, _REDRIVE: redrive}).encode()

    def describe(self, size: int) -> Description:
        """Tell about it without its payload."""
        first, last = self.records[0], self.records[-1]
        context = self.fields.get("requestContext")
        condition = context.get("condition") if isinstance(context, dict) else None
        known = condition if _is_text(condition) else None
        return Description(
            key=self.key,
            size=size,
            reason=str(self._redrive.get("reason", DISCARDED_BATCH)),
            code=str(self._redrive.get("code", known or "no condition given")),
            failed_at=self._redrive.get("failedAt", _seconds(self.fields.get("timestamp"))),
            attempts=self._attempts,
            records=len(self.records),
            stream_arn=first["eventSourceARN"],
            shard_id=first["eventID"].partition(":")[0],
            sequence_number=first["kinesis"]["sequenceNumber"],
            last_sequence_number=last["kinesis"]["sequenceNumber"],
        )

    def payloads(self) -> list[Payload]:
        """Give its documents."""
        return [
            payload
            for record in self.records
            for payload in _user_payloads(
                record["kinesis"]["sequenceNumber"], base64.b64decode(record["kinesis"]["data"])
            )
        ]


def aggregate_of_one(data: bytes, partition_key: str) -> bytes:
    """Put a user record into an aggregate of its own.

    Source: github.com/awslabs/amazon-kinesis-producer, aggregation-format.md. Partition keys are
    field 1, records field 3; in a record the index of the key is field 1, the data field 3.
    """
    record = b"\x08\x00" + _field(3, data)
    message = _field(1, partition_key.encode()) + _field(3, record)
    return MAGIC + message + hashlib.md5(message, usedforsecurity=False).digest()


def _field(number: int, content: bytes) -> bytes:
    """Write a protobuf field of bytes (Protocol Buffers documentation, "Encoding")."""
    length, size = bytearray(), len(content)
    while size > 0x7F:  # noqa: PLR2004  (seven bits of a number in each byte)
        length.append(size & 0x7F | 0x80)
        size >>= 7
    length.append(size)
    return bytes([number << 3 | 2]) + bytes(length) + content


def _quarantined_record(key: str, body: bytes) -> QuarantinedRecord:
    try:
        record = FailedRecord.from_json(body)
        belongs = object_key(record.position) == key
    except ValueError:
        raise UnreadableObjectError("not an object of the handler") from None
    if not belongs:
        raise UnreadableObjectError("the position in it is not that of its key")
    return QuarantinedRecord(key=key, record=record)


def _discarded_batch(key: str, body: bytes) -> DiscardedBatch:
    try:
        fields = json.loads(body)
        payload = fields["payload"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise UnreadableObjectError("not a batch with its payload") from None
    try:
        records = json.loads(payload)["Records"]
        for record in records:
            _check(record)
    except (ValueError, KeyError, TypeError, RecursionError):
        records = []
    if not records:
        raise UnreadableObjectError("the payload is not an event of Kinesis records")
    return DiscardedBatch(key=key, fields=fields, records=records)


def _check(record: Mapping[str, Any]) -> None:
    """Raise an error unless a record has what the handler reads, and bytes under ``data``."""
    kinesis = record["kinesis"]
    pybase64.b64decode(kinesis["data"], validate=True)
    json_fields.digits(kinesis["sequenceNumber"])
    json_fields.moment(kinesis["approximateArrivalTimestamp"])
    for value in (record["eventSourceARN"], record["eventID"], kinesis["partitionKey"]):
        json_fields.text(value)


def _is_text(value: object) -> bool:
    try:
        json_fields.text(value)
    except (TypeError, UnicodeError):
        return False
    return True


def _is_history(redrive: Mapping[str, Any]) -> bool:
    """Tell whether this is what a redrive adds; a batch with anything else is sent all the same."""
    attempts = redrive.get("attempts")
    return (
        _is_text(redrive.get("reason"))
        and _is_text(redrive.get("code"))
        and isinstance(redrive.get("failedAt"), int | float)
        and isinstance(attempts, int)
        and 0 <= attempts < sys.maxsize
    )


def _user_payloads(sequence_number: str, data: bytes) -> list[Payload]:
    try:
        inner = user_records(data)
    except FrameError:
        return [Payload(place=sequence_number, data=data)]
    return [
        Payload(place=_place(sequence_number, record.sub_sequence_number), data=record.data)
        for record in inner
    ]


def _payload(sequence_number: str, sub_sequence_number: int, record: FailedRecord) -> Payload:
    return Payload(place=_place(sequence_number, sub_sequence_number), data=record.payload)


def _place(sequence_number: str, sub_sequence_number: int | None) -> str:
    return (
        sequence_number
        if sub_sequence_number is None
        else f"{sequence_number}/{sub_sequence_number}"
    )


def _seconds(text: object) -> float | None:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
