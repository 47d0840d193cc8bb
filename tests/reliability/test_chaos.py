"""The command that runs thousands of schedules reports the results, also by its exit status."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.reliability import chaos
from tests.reliability.fault_injection import all_kinds
from tests.reliability.plan import Plan
from tests.reliability.poison import POISON_KINDS
from tests.reliability.schedule import Report

_PLAN = Plan.from_seed(7)


def report(
    plan: Plan = _PLAN, *, violations: tuple[str, ...] = (), lost: int = 0, left: int = 0
) -> Report:
    return Report(
        plan=plan,
        lost=lost,
        resurrected=0,
        redacted_left=left,
        violations=list(violations),
        faults=Counter(dict.fromkeys(all_kinds(), 50)),
        user_records=1,
    )


def test_schedules_that_keep_every_promise_end_with_0(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(chaos, "run", report)
    assert chaos.main(["--schedules", "200", "--processes", "1"]) == 0
    printed = capsys.readouterr().out
    assert "200 schedules, 0 lost, 0 resurrected, 0 with redacted data left" in printed


def test_a_broken_promise_ends_with_1_and_the_command_that_repeats_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        chaos, "run", lambda plan: report(plan, violations=("it broke",), lost=2, left=3)
    )
    assert chaos.main(["--schedules", "1", "--seed", "7", "--processes", "1"]) == 1
    printed = capsys.readouterr().out
    assert "it broke" in printed
    assert "python -m tests.reliability.chaos --schedules 1 --seed 7" in printed
    assert "1 schedules, 2 lost, 0 resurrected, 3 with redacted data left" in printed


@pytest.mark.parametrize("kind", ["shard split", *POISON_KINDS])
def test_a_kind_that_was_survived_too_rarely_ends_with_1(
    kind: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rare = report()
    del rare.faults[kind]
    monkeypatch.setattr(chaos, "run", lambda _: rare)
    assert chaos.main(["--schedules", "200", "--processes", "1"]) == 1
    assert f"survived fewer than 2 times: {kind}" in capsys.readouterr().out


def test_faults_of_a_schedule_that_broke_a_promise_are_not_survived() -> None:
    tally = chaos.Tally()
    tally.add(report(violations=("it broke",)))
    assert tally.injected["shard split"] == 50
    assert tally.survived["shard split"] == 0


@pytest.mark.parametrize("plan", [_PLAN, Plan(seed=7, commits=3)])
def test_the_printed_command_runs_the_same_plan(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Plan] = []

    def run(given: Plan) -> Report:
        seen.append(given)
        return report(given)

    monkeypatch.setattr(chaos, "run", run)
    words = chaos.command(plan).replace("'", "").split()
    chaos.main(words[words.index("tests.reliability.chaos") + 1 :])
    assert seen == [plan]
