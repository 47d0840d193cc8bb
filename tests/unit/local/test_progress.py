"""Progress overwrites itself on a terminal, and is rare in a log."""

from __future__ import annotations

import time

import pytest

from local.progress import ProgressLine


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_a_terminal_sees_one_line_and_none_at_the_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)

    with ProgressLine() as line:
        line.show("one")
        line.show("two")

    assert capsys.readouterr().err == "\r\033[Kone\r\033[Ktwo\r\033[K"


@pytest.mark.parametrize("length", [33, 200])
def test_a_line_is_cut_before_it_would_be_continued_on_the_next(
    length: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "40")

    with ProgressLine() as line:
        line.show("x" * length)

    assert capsys.readouterr().err == f"\r\033[K{'x' * 31}…\r\033[K"


def test_a_log_gets_a_line_every_ten_seconds_if_it_wants_any(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    for in_logs, expected in ((True, "10\n20\n"), (False, "")):
        clock[0] = 100.0
        with ProgressLine(in_logs=in_logs) as line:
            for second in range(0, 25, 5):
                clock[0] = 100.0 + second
                line.show(str(second))
        assert capsys.readouterr().err == expected
