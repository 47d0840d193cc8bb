"""Tells whether records may still be on their way from the ledger to DynamoDB.

The ledger knows what it has put into the stream. Nothing says which of it the function has
consumed, so the rest is judged by what a pipeline at rest does not do.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from local import aws
from local.comparison import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from qldb_simulator.client import LedgerClient

    from local.comparison import Row

RECENT_SECONDS = 60.0
"""For so long, what was committed may be on its way: time for a few attempts of a batch."""
_QUIET_SECONDS = 10.0
"""Longer than the emulator waits between two attempts of a batch."""


def reason_for_delay(
    ledger: LedgerClient, outputs: Mapping[str, Any], endpoint: str, rows: Sequence[Row]
) -> str | None:
    """Return why documents that are behind are still expected in DynamoDB.

    Parameters
    ----------
    ledger
        The simulated ledger.
    outputs
        The pipeline's stack outputs.
    endpoint
        URL of the emulator.
    rows
        The comparison.

    Returns
    -------
    str or None
        None if the pipeline is at rest: what has not arrived will not arrive.
    """
    return (
        _undelivered(ledger, outputs["ledgerName"])
        or _unconsumed(outputs, endpoint)
        or _recent(rows)
        or _active(outputs, endpoint)
    )


def _undelivered(ledger: LedgerClient, name: str) -> str | None:
    for stream in ledger.delivery(name)["streams"]:
        if not stream["settled"]:
            state = "paused" if stream["paused"] else stream["status"]
            return f"the QLDB stream has not delivered everything ({state})"
    return None


def _unconsumed(outputs: Mapping[str, Any], endpoint: str) -> str | None:
    mapping = aws.client("lambda", endpoint).get_event_source_mapping(
        UUID=outputs["eventSourceMappingId"]
    )
    if mapping["State"] != "Enabled":
        return f"the event source mapping does not read the stream ({mapping['State']})"
    if mapping["LastProcessingResult"] == "FAILED":
        return "the function failed, and its batch comes again: `python -m local logs function`"
    return None


def _recent(rows: Sequence[Row]) -> str | None:
    committed = (
        row.committed.timestamp() for row in rows if row.committed and row.verdict is Verdict.BEHIND
    )
    if time.time() - max(committed, default=0.0) < RECENT_SECONDS:
        return f"committed less than {RECENT_SECONDS:.0f} s ago"
    return None


def _active(outputs: Mapping[str, Any], endpoint: str) -> str | None:
    logs = aws.client("logs", endpoint)
    events = logs.filter_log_events(
        logGroupName=outputs["logGroupName"],
        startTime=int((time.time() - _QUIET_SECONDS) * 1000),
        limit=1,
    )
    return "the function is at work" if events["events"] else None
