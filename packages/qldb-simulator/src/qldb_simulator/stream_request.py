"""The request of StreamJournalToKinesis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qldb_simulator.api_errors import invalid
from qldb_simulator.parameters import (
    KINESIS_ARN,
    ROLE_ARN,
    check_name,
    optional,
    read_time,
    required,
    required_arn,
)
from qldb_simulator.tags import read_tags

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Self


@dataclass(frozen=True, kw_only=True)
class StreamRequest:
    """A request for a new stream.

    Attributes
    ----------
    role_arn
        Role under which QLDB writes to the Kinesis stream.
    inclusive_start, exclusive_end
        Block times that the stream covers.
    aggregation
        Whether records are sent in KPL aggregates.
    """

    name: str
    role_arn: str
    kinesis_stream_arn: str
    aggregation: bool
    inclusive_start: datetime
    exclusive_end: datetime | None
    tags: dict[str, str]

    @classmethod
    def from_body(cls, body: Mapping[str, Any], *, now: datetime) -> Self:
        """Read and check a request's body.

        Raises
        ------
        ApiError
            If the request breaks a rule of the API model.
        """
        name = required(body, "StreamName", str)
        check_name(name, "StreamName")
        role_arn = required_arn(body, "RoleArn", ROLE_ARN)
        kinesis = required(body, "KinesisConfiguration", dict)
        kinesis_stream_arn = required_arn(kinesis, "StreamArn", KINESIS_ARN)
        aggregation = optional(kinesis, "AggregationEnabled", bool)
        start, end = _time_range(body, now)
        return cls(
            name=name,
            role_arn=role_arn,
            kinesis_stream_arn=kinesis_stream_arn,
            aggregation=True if aggregation is None else aggregation,
            inclusive_start=start,
            exclusive_end=end,
            tags=read_tags(body.get("Tags") or {}),
        )


def _time_range(body: Mapping[str, Any], now: datetime) -> tuple[datetime, datetime | None]:
    start = read_time(required(body, "InclusiveStartTime", int | float | str), "InclusiveStartTime")
    if start > now:
        raise invalid("InclusiveStartTime", "expected a time that is not in the future")
    end = None
    if body.get("ExclusiveEndTime") is not None:
        end = read_time(body["ExclusiveEndTime"], "ExclusiveEndTime")
        if end <= start:
            raise invalid("ExclusiveEndTime", "expected a time after the start")
    return start, end
