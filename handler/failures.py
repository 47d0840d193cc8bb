"""The failure bucket: one object for each record that can never be written."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FORMAT_VERSION = 1
KEY_PREFIX = "records/"


@dataclass(frozen=True, kw_only=True)
class Position:
    """Where a user record stood: what makes a repeat of it the same record.

    Parameters
    ----------
    stream_arn, shard_id, sequence_number
        Of the Kinesis record.
    sub_sequence_number
        Place in the aggregate; None for a whole Kinesis record.
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
    """Give the key of a record's object. The same record always has the same one."""
    sub = position.sub_sequence_number
    place = "whole" if sub is None else f"{sub:08d}"
    return (
        f"{KEY_PREFIX}{position.stream_name}/{position.shard_id}/"
        f"{position.sequence_number}/{place}.json"
    )


@dataclass(frozen=True, kw_only=True)
class FailedRecord:
    """A record that can never be written, with all that is needed to try again by hand.

    Parameters
    ----------
    position
        Where it stood.
    payload
        The user record's bytes, or the whole Kinesis record's where its frame is damaged.
    reason
        What kind of fault, such as ``malformed`` or ``refused``.
    code
        Which one: a constant text of the handler or an error code of DynamoDB.
    partition_key
        The record's key.
    approximate_arrival
        Seconds since the epoch when Kinesis received it.
    function_name, function_version
        Who found the fault.
    failed_at
        Seconds since the epoch.
    attempts
        How often it was tried again by hand; None where never.
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
        """Write as the body of the object."""
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
            It is not one of this format.
        """
        try:
            fields: Mapping[str, Any] = json.loads(body)
            if fields["formatVersion"] != FORMAT_VERSION:
                raise ValueError("an object of another format version")
            return cls(
                position=Position(
                    stream_arn=fields["streamArn"],
                    shard_id=fields["shardId"],
                    sequence_number=fields["sequenceNumber"],
                    sub_sequence_number=fields["subSequenceNumber"],
                ),
                payload=base64.b64decode(fields["payload"], validate=True),
                reason=fields["reason"],
                code=fields["code"],
                partition_key=fields["partitionKey"],
                approximate_arrival=float(fields["approximateArrivalTimestamp"]),
                function_name=fields["functionName"],
                function_version=fields["functionVersion"],
                failed_at=fields["failedAt"],
                attempts=fields.get("attempts"),
            )
        except (KeyError, TypeError, json.JSONDecodeError, UnicodeDecodeError):
            raise ValueError("not an object of the failure store") from None


class ObjectClient(Protocol):
    """The part of S3's client that the store needs."""

    @property
    def put_object(self) -> Callable[..., Any]:
        """Write one object."""


class FailureStore:
    """Keeps failed records in a bucket.

    Parameters
    ----------
    client
        An S3 client.
    bucket
        The bucket's name.
    """

    def __init__(self, client: ObjectClient, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(self, record: FailedRecord) -> None:
        """Keep a record. Whatever the client raises passes through: then nothing is kept."""
        self._client.put_object(
            Bucket=self._bucket,
            Key=object_key(record.position),
            Body=record.to_json(),
            ContentType="application/json",
        )
