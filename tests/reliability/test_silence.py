"""No log line, metric or exception of the handler holds anything of a document.

Every text in the documents of the schedules starts with a sentinel, and the schedules drive every
path, faults included. It cannot prove that for libraries whose own debug logging is switched on:
that is botocore's, which writes whole requests.
"""

from __future__ import annotations

import base64
import logging
from typing import TYPE_CHECKING

from handler.telemetry import PowertoolsTelemetry
from tests.reliability.history import SENTINEL
from tests.reliability.plan import Plan
from tests.reliability.schedule import run

if TYPE_CHECKING:
    import pytest

SCHEDULES = 40
# The sentinel's bytes at each of the three places that they can have in base64.
_FORMS = (
    SENTINEL,
    *(base64.b64encode(b"x" * n + SENTINEL.encode()).decode()[4:10] for n in (0, 1, 2)),
)


def test_nothing_of_a_document_is_told(
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "qldb-replica-silence")
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "QldbReplica")
    monkeypatch.setenv("POWERTOOLS_LOG_LEVEL", "DEBUG")
    telemetry = PowertoolsTelemetry()
    # Given documents full of sentinels, when many schedules with faults and poison run
    for seed in range(SCHEDULES):
        run(Plan.from_seed(seed), telemetry=telemetry)
    # Then much is told, but nothing of them
    written = capfd.readouterr()
    told = written.out + written.err + caplog.text
    assert written.out.count('"Batch replicated"') > SCHEDULES
    assert '"RevisionsApplied"' in told
    assert "quarantined" in told
    assert [form for form in _FORMS if form in told] == []
