"""What is taken as a sign that records are still on their way."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local import aws, replication_activity
from local.comparison import Row, Verdict

OUTPUTS = {"ledgerName": "ledger", "eventSourceMappingId": "id", "logGroupName": "group"}
DELIVERED = {"settled": True, "paused": False, "status": "ACTIVE"}


@dataclass
class Pipeline:
    """A pipeline at rest, as the ledger and the emulator describe it."""

    stream: dict[str, Any] = field(default_factory=lambda: dict(DELIVERED))
    mapping: dict[str, str] = field(
        default_factory=lambda: {"State": "Enabled", "LastProcessingResult": "OK - 1 records"}
    )
    logged_seconds_ago: float = 3600
    committed_seconds_ago: float = 3600

    def delivery(self, _ledger: str) -> dict[str, Any]:
        return {"streams": [self.stream]}

    def get_event_source_mapping(self, **_: str) -> dict[str, str]:
        return self.mapping

    def filter_log_events(self, *, startTime: int, **_: object) -> dict[str, Any]:  # noqa: N803 (boto3's name)
        logged = (time.time() - self.logged_seconds_ago) * 1000
        return {"events": [{"message": "END"}] if logged >= startTime else []}

    def reason(self, monkeypatch: pytest.MonkeyPatch) -> str | None:
        monkeypatch.setattr(aws, "client", lambda *_: self)
        committed = datetime.now(UTC) - timedelta(seconds=self.committed_seconds_ago)
        row = Row(
            table="t",
            document_id="d",
            ledger="1 live",
            replica="0 live",
            verdict=Verdict.BEHIND,
            committed=committed,
        )
        # What is equal has arrived, however new it is.
        other = Row(
            table="t",
            document_id="e",
            ledger="1 live",
            replica="1 live",
            verdict=Verdict.EQUAL,
            committed=datetime.now(UTC),
        )
        return replication_activity.reason_for_delay(
            self,  # type: ignore[arg-type]
            OUTPUTS,
            "http://127.0.0.1:1",
            [row, other],
        )


def test_nothing_is_on_its_way_through_a_pipeline_at_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Pipeline().reason(monkeypatch) is None


@pytest.mark.parametrize(
    ("pipeline", "reason"),
    [
        (Pipeline(stream={**DELIVERED, "settled": False, "paused": True}), "(paused)"),
        (Pipeline(stream={**DELIVERED, "settled": False, "status": "IMPAIRED"}), "(IMPAIRED)"),
        (Pipeline(mapping={"State": "Disabled", "LastProcessingResult": "OK"}), "(Disabled)"),
        (Pipeline(mapping={"State": "Enabled", "LastProcessingResult": "FAILED"}), "comes again"),
        (Pipeline(logged_seconds_ago=1), "at work"),
        (Pipeline(committed_seconds_ago=1), "less than 60 s ago"),
    ],
)
def test_each_sign_of_activity_is_a_reason(
    pipeline: Pipeline, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = pipeline.reason(monkeypatch)

    assert found is not None
    assert reason in found
