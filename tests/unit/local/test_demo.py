"""The demonstration without servers: its exit status, and one at a time.

The end-to-end tests run all of it.
"""

from __future__ import annotations

import fcntl
import io
from typing import TYPE_CHECKING
from unittest.mock import Mock

import pytest
from rich.console import Console

from local import aws, demo
from local.comparison import Row, Verdict
from local.errors import LocalError
from local.lag import Lags

if TYPE_CHECKING:
    from pathlib import Path

LAGS = Lags(probes=3, seconds=[0.1, 0.2, 0.3])
OUTPUTS = {"ledgerName": "ledger", "replicaTables": "{}"}


def row(verdict: Verdict) -> Row:
    return Row(table="Person", document_id="d", ledger="1 live", replica="1 live", verdict=verdict)


@pytest.mark.parametrize(
    ("rows", "status", "last"),
    [
        ([row(Verdict.EQUAL)], 0, "1 document: 1 equal, 0 on their way, 0 differ"),
        (
            [row(Verdict.EQUAL), row(Verdict.DIFFERENT)],
            1,
            "2 documents: 1 equal, 0 on their way, 1 differs",
        ),
        # However long it waited.
        ([row(Verdict.BEHIND)], 1, "1 document: 0 equal, 0 on their way, 1 differs"),
    ],
)
def test_a_difference_is_the_exit_status(
    rows: list[Row], status: int, last: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a deployment whose comparison ends with these rows, however long it waits
    monkeypatch.setattr(demo, "SETTLE_SECONDS", 0.1)
    monkeypatch.setattr(demo, "LedgerClient", Mock())
    monkeypatch.setattr(aws, "client", Mock())
    monkeypatch.setattr(demo, "commit_history", Mock())
    monkeypatch.setattr(demo, "measure_lag", Mock(return_value=LAGS))
    monkeypatch.setattr(demo, "compare", Mock(return_value=rows))
    shown = io.StringIO()
    # when the part after the deployment runs / then status and last line show it
    assert demo.demonstrate(Console(file=shown, width=80), Mock(), OUTPUTS) == status
    assert shown.getvalue().splitlines()[-1] == last
    assert ("median 0.20 s, longest 0.30 s" in shown.getvalue()) == (status == 0)


def test_a_document_that_does_not_arrive_in_time_is_a_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # given a deployment in which one of three documents that measure the lag comes too late
    monkeypatch.setattr(demo, "LedgerClient", Mock())
    monkeypatch.setattr(aws, "client", Mock())
    monkeypatch.setattr(demo, "commit_history", Mock())
    lags = Lags(probes=3, seconds=[0.1, 0.2])
    monkeypatch.setattr(demo, "measure_lag", Mock(return_value=lags))
    monkeypatch.setattr(demo, "compare", Mock(return_value=[row(Verdict.EQUAL)]))
    shown = io.StringIO()
    # when the part after the deployment runs / then it fails, and says how many arrived
    assert demo.demonstrate(Console(file=shown, width=80), Mock(), OUTPUTS) == 1
    assert "2 of 3 documents arrived" in shown.getvalue()


def test_a_second_demonstration_in_a_checkout_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a demonstration that runs in this checkout, and what it has written
    monkeypatch.setattr(demo, "DEFAULT_STATE", tmp_path)
    monkeypatch.setattr(demo, "ensure_pulumi", Mock())
    remove_settings = Mock()
    monkeypatch.setattr(demo, "remove_settings", remove_settings)
    (tmp_path / "demo").mkdir()
    with (tmp_path / "demo.lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # when another is started / then one line names the reason, and nothing is touched
        with pytest.raises(
            LocalError, match=r"^another demonstration is running in this checkout: .*$"
        ):
            demo.run(tmp_path)
    assert (tmp_path / "demo").is_dir()
    remove_settings.assert_not_called()
