"""Objects under `handler.contract.RECORDS_PREFIX`: one quarantined record each. Pure."""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from handler.failures import FailedRecord, object_key
from ops.aggregate_of_one import aggregate_of_one
from ops.failure_object import Description, Payload, UnreadableObjectError, payloads_of, place

if TYPE_CHECKING:
    from collections.abc import Mapping


def read(key: str, body: bytes) -> QuarantinedRecord:
    """Read an object.

    Raises
    ------
    UnreadableObjectError
        If it is not what the handler writes.
    """
    try:
        record = FailedRecord.from_json(body)
        belongs = object_key(record.position) == key
    except ValueError:
        raise UnreadableObjectError("not an object of the handler") from None
    if not belongs:
        raise UnreadableObjectError("the position in it is not that of its key")
    return QuarantinedRecord(key=key, record=record)


@dataclass(frozen=True, kw_only=True)
class QuarantinedRecord:
    """A record that the handler quarantined.

    Attributes
    ----------
    key
        Key of the object.
    record
        The record in it.
    """

    key: str
    record: FailedRecord

    @property
    def _attempts(self) -> int:
        return self.record.attempts or 0

    def event(self) -> Mapping[str, Any]:
        """Return an event of one Kinesis record.

        A user record from an aggregate is put into an aggregate of one. Sent plain, it would be
        taken for a Kinesis record, or even for an aggregate if its bytes happen to start like one.
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
        """Return a failed record with its true position and history.

        If the handler can now read a frame that it could not read before, each of its user records
        has a position of its own. Any other failed record is the record of this object.
        """
        own = replace(failed, failed_at=self.record.failed_at, attempts=self._attempts + 1)
        if self.record.position.sub_sequence_number is None:
            return own
        return replace(own, position=self.record.position, payload=self.record.payload)

    def failed_again(self, reason: str, code: str, at: float) -> bytes:  # noqa: ARG002 (protocol)
        """Return the same record with another reason. It still failed when it failed first."""
        attempts = self._attempts + 1
        return replace(self.record, reason=reason, code=code, attempts=attempts).to_json()

    def describe(self, size: int) -> Description:
        """Return a description without document data."""
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
        """Return the user records in it."""
        position = self.record.position
        if position.sub_sequence_number is None:
            return payloads_of(position.sequence_number, self.record.payload)
        where = place(position.sequence_number, position.sub_sequence_number)
        return [Payload(place=where, data=self.record.payload)]
