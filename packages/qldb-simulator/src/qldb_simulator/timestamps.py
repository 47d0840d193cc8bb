"""Times in the precision of the journal."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from amazon.ion.core import Timestamp, TimestampPrecision

if TYPE_CHECKING:
    from datetime import datetime


def milliseconds(moment: datetime) -> Timestamp:
    """Return a time as QLDB writes it: milliseconds, UTC."""
    moment = moment.astimezone(UTC)
    return Timestamp(
        moment.year,
        moment.month,
        moment.day,
        moment.hour,
        moment.minute,
        moment.second,
        moment.microsecond // 1000 * 1000,
        UTC,
        precision=TimestampPrecision.SECOND,
        fractional_precision=3,
    )
