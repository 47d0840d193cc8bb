"""Measurements: both ways on the stub, and figures against targets.

Proves that both ways really replicate the batches, that the numbers are those of the batches, and
that marks follow the bounds. Says nothing about speed: that is what the benchmark itself is for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.measure import Plan, compare_on_stub, flatness
from bench.report import targets_table
from bench.sides import BASELINE, HANDLER
from bench.stub_server import StubDynamoDB
from bench.targets import TARGETS, Mark
from bench.workloads import HOT, HOT_VERSIONS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def stub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StubDynamoDB]:
    with StubDynamoDB(tmp_path_factory.mktemp("stub") / "stub.log") as stub:
        yield stub


def test_both_ways_write_every_document_and_only_one_coalesces(
    stub: StubDynamoDB, tmp_path: Path
) -> None:
    plan = Plan(baseline_revisions=50, handler_revisions=50, repeats=1)

    compared = compare_on_stub(HOT, stub, plan, tmp_path)

    assert compared.baseline.revisions == compared.handler.revisions == 50
    assert compared.baseline.requests_per_revision == 1
    assert compared.handler.requests_per_revision is not None
    assert compared.handler.requests_per_revision <= 1 / HOT_VERSIONS
    assert compared.speedup > 0
    assert compared.baseline.peak_megabytes > 10
    assert not list(tmp_path.iterdir())


def test_a_run_stops_at_the_batch_that_reaches_the_number(
    stub: StubDynamoDB, tmp_path: Path
) -> None:
    [one], [two] = flatness(stub, {HANDLER: (1,), BASELINE: (2,)}, tmp_path).values()

    assert one.revisions == two.revisions > 1


def test_marks_follow_the_bounds() -> None:
    speed, requests = TARGETS[0], TARGETS[4]

    assert speed.mark(20.0, speed.aim) is Mark.REACHED
    assert speed.mark(19.96, speed.aim) is Mark.MISSED
    assert requests.mark(0.0404, requests.aim) is Mark.REACHED
    assert requests.mark(0.06, requests.at_least) is Mark.MISSED
    assert speed.mark(None, speed.aim) is Mark.UNKNOWN


def test_what_was_not_measured_has_no_mark_and_no_figure() -> None:
    assert all(target.measured({}) is None for target in TARGETS)
    assert targets_table({}).row_count == len(TARGETS)
