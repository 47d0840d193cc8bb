"""Measurements: both contenders on the stub.

Proves that both contenders really replicate the batches, and that the numbers are those of the
batches. Proves nothing about speed, which is the purpose of the benchmark itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.contenders import BASELINE, HANDLER
from bench.measure import Plan, compare_on_stub, flatness
from bench.stub_server import StubDynamoDB
from bench.workloads import HOT, HOT_VERSIONS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def stub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StubDynamoDB]:
    with StubDynamoDB(tmp_path_factory.mktemp("stub") / "stub.log") as stub:
        yield stub


def test_both_contenders_write_every_document_and_only_the_handler_coalesces(
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


def test_a_run_stops_at_the_batch_that_reaches_the_limit(
    stub: StubDynamoDB, tmp_path: Path
) -> None:
    [one], [two] = flatness(stub, {HANDLER: (1,), BASELINE: (2,)}, tmp_path).values()

    assert one.revisions == two.revisions > 1
