"""Objects under `handler.contract.BATCHES_PREFIX`: one discarded batch each. Pure.

The event source mapping writes them when it gives up on a batch (Lambda developer guide, "Retain
discarded batch records in Amazon S3").
"""

from __future__ import annotations

import base64
import json
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pybase64

from handler import json_fields
from ops.failure_object import Description, Payload, UnreadableObjectError, payloads_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handler.failures import FailedRecord

DISCARDED_BATCH = "discarded batch"
"""Reason of an object that no redrive has tried."""

_REDRIVE = "redrive"
"""Field that a redrive adds to the object; the rest is unchanged."""


def read(key: str, body: bytes) -> DiscardedBatch:
    """Read an object.

    Raises
    ------
    UnreadableObjectError
        If it is not what the event source mapping writes.
    """
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


@dataclass(frozen=True, kw_only=True)
class DiscardedBatch:
    """A batch that the event source mapping gave up on.

    Attributes
    ----------
    key
        Key of the object.
    fields
        Content of the object.
    records
        Records of the event, at least one.
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

    @property
    def _failed_at(self) -> float | None:
        """When the mapping gave up on it, or else when the last redrive failed; None if unknown."""
        times = (_seconds(self.fields.get("timestamp")), self._redrive.get("failedAt"))
        return next((each for each in times if _is_moment(each)), None)

    def event(self) -> Mapping[str, Any]:
        """Return the event as the function received it."""
        return {"Records": self.records}

    def own(self, failed: FailedRecord) -> FailedRecord:
        """Return a failed record with the batch's history."""
        first = self._failed_at
        return replace(
            failed,
            failed_at=failed.failed_at if first is None else first,
            attempts=self._attempts + 1,
        )

    def failed_again(self, reason: str, code: str, at: float) -> bytes:
        """Return the same batch with another reason."""
        redrive = {
            "reason": reason,
            "code": code,
            "failedAt": at,
            "attempts": self._attempts + 1,
        }
        return json.dumps({**self.fields, _REDRIVE: redrive}).encode()

    def describe(self, size: int) -> Description:
        """Return a description without document data."""
        first, last = self.records[0], self.records[-1]
        context = self.fields.get("requestContext")
        condition = context.get("condition") if isinstance(context, dict) else None
        known = condition if _is_text(condition) else None
        return Description(
            key=self.key,
            size=size,
            reason=str(self._redrive.get("reason", DISCARDED_BATCH)),
            code=str(self._redrive.get("code", known or "no condition given")),
            failed_at=self._failed_at,
            attempts=self._attempts,
            records=len(self.records),
            stream_arn=first["eventSourceARN"],
            shard_id=first["eventID"].partition(":")[0],
            sequence_number=first["kinesis"]["sequenceNumber"],
            last_sequence_number=last["kinesis"]["sequenceNumber"],
        )

    def payloads(self) -> list[Payload]:
        """Return the user records in it."""
        return [
            payload
            for record in self.records
            for payload in payloads_of(
                record["kinesis"]["sequenceNumber"], base64.b64decode(record["kinesis"]["data"])
            )
        ]


def _check(record: Mapping[str, Any]) -> None:
    """Raise an error unless a record has the fields that the handler reads."""
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


def _is_moment(value: object) -> bool:
    try:
        json_fields.moment(value)
    except TypeError:
        return False
    return True


def _is_history(redrive: Mapping[str, Any]) -> bool:
    """Return whether a redrive wrote this; a batch with other content is sent regardless."""
    attempts = redrive.get("attempts")
    return (
        _is_text(redrive.get("reason"))
        and _is_text(redrive.get("code"))
        and isinstance(redrive.get("failedAt"), int | float)
        and isinstance(attempts, int)
        and 0 <= attempts < sys.maxsize
    )


def _seconds(text: object) -> float | None:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
