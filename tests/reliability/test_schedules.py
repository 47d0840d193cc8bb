"""Nothing is lost, resurrected or left after its redaction, regardless of faults and order.

Each schedule creates a random history of a ledger, delivers its stream with duplicates and disorder
through the model of the event source mapping to concurrent handlers, injects faults at any call,
and compares current state, history and failure bucket with the ledger: at every write, after quiet,
after redrive, and after a redrive so late that tombstones have expired. A failure prints the one
command that repeats it. What it cannot prove: that AWS behaves as the models do. The models have
separate tests; some schedules run on DynamoDB Local.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ops.record_processing import RecordProcessor
from tests.reliability import schedule
from tests.reliability.backends import LocalBackend
from tests.reliability.chaos import command
from tests.reliability.event_source_mapping import MappingSettings
from tests.reliability.plan import Plan
from tests.reliability.schedule import Report, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_dynamodb import DynamoDBClient

    from handler.dynamodb_transport import StatementTransport

SCHEDULES = 300
ON_THE_ENGINE = 10

PLANS = st.builds(
    Plan,
    seed=st.integers(0, 2**32 - 1),
    commits=st.integers(1, 25),
    documents=st.integers(1, 12),
    wide=st.sampled_from((0, 0, 0, 30)),
    hot=st.booleans(),
    aggregation=st.booleans(),
    records_per_aggregate=st.integers(1, 12),
    copies=st.integers(1, 3),
    shuffle=st.booleans(),
    live=st.booleans(),
    replay=st.booleans(),
    revivals=st.booleans(),
    earlier_deployment=st.booleans(),
    generations=st.integers(0, 2),
    projected_lifetime=st.sampled_from((0, 400, 500)),
    whole_lifetime=st.sampled_from((0, 400)),
    projected_history=st.booleans(),
    whole_history=st.booleans(),
    indexed=st.booleans(),
    shards=st.integers(1, 4),
    reshards=st.integers(0, 2),
    consumers=st.integers(1, 4),
    mappings=st.integers(1, 2),
    batch_size=st.sampled_from((1, 3, 10, 100)),
    parallelization_factor=st.sampled_from((1, 2, 10)),
    maximum_retry_attempts=st.sampled_from((-1, 0, 2, 60)),
    maximum_record_age=st.sampled_from((-1, 300)),
    bisect=st.booleans(),
    timeout=st.sampled_from((3, 60, 900)),
    faults=st.integers(0, 20),
    fault_rate=st.sampled_from((0.05, 0.2, 0.5)),
    outages=st.integers(0, 2),
    redrives=st.integers(0, 2),
    poison=st.integers(0, 2),
    # Each takes half as long again; `make chaos` has more of them.
    exports=st.sampled_from((0, 0, 0, 0, 0, 0, 1, 2)),
    overlaps=st.integers(0, 3),
    late_redactions=st.integers(0, 3),
)


def assert_kept(report: Report) -> None:
    """Fail with the broken promises and the command that repeats the schedule."""
    if report.violations:
        lines = "\n  ".join(report.violations)
        pytest.fail(f"{lines}\nrepeat: {command(report.plan)}", pytrace=False)


@pytest.mark.timeout(1200)
@settings(
    max_examples=SCHEDULES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(PLANS)
def test_every_promise_is_kept(plan: Plan) -> None:
    assert_kept(run(plan))


@pytest.mark.engine
@pytest.mark.parametrize("seed", range(ON_THE_ENGINE))
def test_every_promise_is_kept_on_dynamodb_local(
    make_tables: Callable[..., DynamoDBClient], statements: StatementTransport, seed: int
) -> None:
    def make_backend(plan: Plan, _: object) -> LocalBackend:
        return LocalBackend(make_tables, statements, plan.tables, f"schedule-{seed}")

    assert_kept(run(Plan.from_seed(seed), make_backend))


def test_a_redrive_that_ignores_the_lifetime_of_tombstones_is_detected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given an operator's command that writes whatever its age
    monkeypatch.setattr(RecordProcessor, "is_safe", lambda *_: True)
    # When schedules with tombstones that expire run
    plans = [
        Plan(
            seed=seed,
            commits=25,
            projected_lifetime=400,
            whole_lifetime=400,
            maximum_retry_attempts=0,
            bisect=False,
        )
        for seed in range(20)
    ]
    # Then documents come back
    assert sum(run(plan).resurrected for plan in plans) > 0


def test_records_that_leave_the_stream_unprocessed_are_detected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(schedule, "MappingSettings", partial(MappingSettings, retention=0.001))
    report = run(Plan(seed=1, faults=0))
    assert any("left the stream before" in violation for violation in report.violations)


@pytest.mark.parametrize(
    "plan", [Plan.from_seed(20), Plan(seed=1, exports=1, overlaps=3, late_redactions=3)]
)
def test_a_plan_gives_the_same_run_each_time(plan: Plan) -> None:
    first, second = run(plan), run(plan)
    assert first == second
    assert sum(first.faults.values()) > 0


def test_a_printed_plan_is_the_same_plan() -> None:
    plan = Plan.from_seed(3)
    assert Plan.from_json(plan.to_json()) == plan
