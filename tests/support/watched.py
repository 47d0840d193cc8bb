"""A stack's names, as alarms and dashboard take them."""

from __future__ import annotations

from infra.watched import Watched, WatchedTable

SERVICE = "project-stack"

WATCHED = Watched(
    service=SERVICE,
    stream_name="journal",
    stream_retention_hours=168,
    function_name="function",
    function_timeout_seconds=60,
    event_source_mapping_id="0a1b-mapping",
    tolerated_lag_minutes=15,
    failure_queue_name="failures",
    tables={
        "Person": WatchedTable(name="person-1", indexes=("by-email", "by-city")),
        "Car": WatchedTable(name="car-1"),
    },
    history_table_name="history-1",
)
"""Every optional part is there."""
