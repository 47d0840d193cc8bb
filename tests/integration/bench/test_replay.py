"""Loads of small exports by the commands, with the stub DynamoDB.

Proves that each figure is of the run that it names. Cannot prove any speed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.replay import VERSIONS, ReplayScale, measure_replay
from bench.stub_server import StubDynamoDB

if TYPE_CHECKING:
    from pathlib import Path


def test_each_document_is_written_once_and_indexed_and_converted(tmp_path: Path) -> None:
    scale = ReplayScale(documents=60, repeats=1, versioned=30, large=90)

    with StubDynamoDB(tmp_path / "stub.log") as stub:
        measured = measure_replay(scale, stub, tmp_path / "replay", lambda _: None)

    runs = measured["runs"]
    assert [(run["command"], run["purpose"], run["documents"]) for run in runs] == [
        ("replay", "speed", 60),
        ("convert", "speed", 60),
        ("replay", "versions", 30),
        ("replay", "large", 90),
    ]
    assert [run["writes"] for run in runs] == [60, 0, 30, 90]
    assert runs[2]["revisions"] == 30 * VERSIONS
    assert [run["index_megabytes"] is None for run in runs] == [False, True, False, False]
    assert runs[0]["index_megabytes"] > 0
    assert not list((tmp_path / "replay" / "temporary").iterdir())
