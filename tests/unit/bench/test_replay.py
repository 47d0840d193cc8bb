"""The exports of flat documents, read by the project's own code, and the figures of a run.

Cannot prove that the documents of a real ledger are the same.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from bench.flat_export import TABLE, FlatJournal, write_flat_export
from bench.fresh_process import function_environment
from bench.replay import LoadRun, Purpose, outputs
from bench.report import replay_table
from bench.targets import TARGETS
from ops import stack_outputs
from ops.exports.catalogue import catalogue
from ops.exports.options import chosen_sequence
from ops.exports.source import open_source
from ops.replay.revisions import Found, read_part

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _small_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.flat_export.BLOCKS_PER_OBJECT", 2)


def found_in(folder: Path) -> Found:
    source = open_source(str(folder))
    sequence = chosen_sequence(catalogue(source), None)
    assert not sequence.gaps
    found = Found()
    for part in sequence.parts:
        read_part(source, part, sequence.strand_id, found)
    assert not found.problems
    assert not found.faulty
    return found


def test_every_document_has_all_its_versions_in_their_order(tmp_path: Path) -> None:
    write_flat_export(FlatJournal(documents=10, versions=3), tmp_path / "export", processes=1)

    found = found_in(tmp_path / "export")

    versions = defaultdict(list)
    for each in found.revisions:
        assert each.revision.table_name == TABLE
        versions[each.revision.document_id].append(each.revision.version)
    assert list(versions.values()) == [[0, 1, 2]] * 10


def test_the_versions_of_a_document_are_not_neighbours() -> None:
    numbers = [each.number for each in FlatJournal(documents=100, versions=5).order()]

    assert sum(one == next_ for one, next_ in pairwise(numbers)) < 25


def test_the_first_versions_may_be_missing() -> None:
    order = list(FlatJournal(documents=10, versions=2, first_version=1).order())

    assert sorted(order) == [(number, version) for number in range(10) for version in (1, 2)]


def test_documents_have_about_550_bytes(tmp_path: Path) -> None:
    size = write_flat_export(FlatJournal(documents=60), tmp_path / "export", processes=1)

    data = [each.revision.data for each in found_in(tmp_path / "export").revisions]
    sizes = [stop - start for _, _, _, start, stop in filter(None, data)]
    assert len(sizes) == 60
    assert 500 < sum(sizes) / 60 < 600
    assert size == sum(path.stat().st_size for path in (tmp_path / "export").iterdir())


def test_the_same_journal_is_the_same_bytes(tmp_path: Path) -> None:
    contents = []
    for name in ("one", "two"):
        write_flat_export(FlatJournal(documents=20, versions=2), tmp_path / name, processes=1)
        contents.append({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()})

    assert contents[0] == contents[1]
    assert len(contents[0]) == 7


def test_the_outputs_are_those_of_a_stack() -> None:
    parsed = stack_outputs.parse(outputs(function_environment("http://localhost")))

    assert list(parsed.settings.replica_tables) == [TABLE]
    assert stack_outputs.version_difference(parsed.version) is None


def run(command: str, purpose: Purpose, seconds: float, **figures: object) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "documents": 1_000,
        "revisions": 1_000,
        "megabytes": 1.0,
        "cpu_seconds": 0.2,
        "peak_megabytes": 200.0,
        "index_bytes": 30_000,
        "writes": 1_000,
        "stub_cpu_seconds": 0.01,
        **figures,
    }
    return LoadRun(command=command, purpose=purpose, seconds=seconds, **fields).figures()


RESULTS: dict[str, Any] = {
    "replay": {
        "processes": 2,
        "bytes_per_document": 900.0,
        "runs": [
            run("replay", Purpose.SPEED, 0.1),
            run("convert", Purpose.SPEED, 0.05, index_bytes=None, writes=0),
            run("replay", Purpose.SPEED, 0.2),
            run("convert", Purpose.SPEED, 0.1, index_bytes=None, writes=0),
            run("replay", Purpose.SPEED, 0.4),
            run("convert", Purpose.SPEED, 0.2, index_bytes=None, writes=0),
            run("replay", Purpose.VERSIONS, 1.0, revisions=5_000, writes=1_010),
            run("replay", Purpose.LARGE, 9.0, peak_megabytes=250.0, index_bytes=45_000),
        ],
    }
}


def test_loads_have_their_own_targets() -> None:
    measured = {target.title: target.measured(RESULTS) for target in TARGETS}

    assert {title: figure for title, figure in measured.items() if figure is not None} == {
        "replay, documents/s": 5_000,
        "replay, writes per document": 1.01,
        "replay, index per million": 45,
        "replay, peak memory": 250,
        "convert against replay": 2,
    }


def test_loads_have_a_row_for_each_run() -> None:
    table = replay_table(RESULTS["replay"])

    assert table.row_count == len(RESULTS["replay"]["runs"])
