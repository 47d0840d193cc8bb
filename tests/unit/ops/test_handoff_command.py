"""`python -m ops handoff`: what it prints, and its exit status."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING, Any

import pytest
from qldb_simulator.delivery_plan import delivery_plan

from ops import connections
from ops.command_line import main
from tests.support.exports import ExportFormat, export_of
from tests.support.journals import busy_ledger
from tests.support.memory_shards import MemoryShard, MemoryShards
from tests.support.stream_records import records_of, start_record

if TYPE_CHECKING:
    from pathlib import Path

    from qldb_simulator.records import StreamRecord

LEDGER = busy_ledger()
STRAND = LEDGER.blocks[0].strand_id
LAST = LEDGER.blocks[-1].sequence_no


@pytest.fixture
def folder(tmp_path: Path) -> str:
    """An export with the blocks 0 to 4."""
    export = export_of(LEDGER.blocks[:5], ExportFormat.ION_TEXT)
    return str(export.write_to(tmp_path / "export"))


@pytest.fixture
def kinesis(monkeypatch: pytest.MonkeyPatch) -> MemoryShards:
    """The stack's stream, without any record."""
    kinesis = MemoryShards({"a": MemoryShard(), "b": MemoryShard()})
    monkeypatch.setattr(connections, "kinesis", lambda _: kinesis)
    return kinesis


def deliver(kinesis: MemoryShards, records: list[StreamRecord]) -> None:
    """Put records into the two shards by turns."""
    for number, each in enumerate(records):
        (entry,) = delivery_plan([each])
        kinesis.shards["ab"[number % 2]].records.append(entry.data)


def run(folder: str, outputs: list[str], *arguments: str) -> int:
    return main(["handoff", folder, *outputs, "--wait", "0", *arguments])


def test_without_a_stack_it_tells_where_the_export_ends_and_where_a_stream_has_to_start(
    folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["handoff", folder]) == 0

    out = capsys.readouterr().out
    assert f"blocks 0 to 4 of the strand {STRAND}" in out
    assert "pulumi config set inclusiveStartTime 2021-02-03T04:05:06Z" in out


def test_a_stream_that_goes_on_is_contiguous_in_whatever_order(
    folder: str,
    outputs: list[str],
    kinesis: MemoryShards,
    capsys: pytest.CaptureFixture[str],
) -> None:
    deliver(kinesis, [start_record(), *reversed(records_of(LEDGER.blocks[3:]) * 2)])

    assert run(folder, outputs) == 0

    out = capsys.readouterr().out
    assert "CONTIGUOUS: the journal goes on" in out
    assert "Blocks 3 to 4 are in both. That is harmless" in out


def test_a_gap_in_the_middle_is_told_with_its_remedies(
    folder: str,
    outputs: list[str],
    kinesis: MemoryShards,
    capsys: pytest.CaptureFixture[str],
) -> None:
    deliver(kinesis, records_of([*LEDGER.blocks[4:6], *LEDGER.blocks[7:]]))

    assert run(folder, outputs) == 1

    out = capsys.readouterr().out
    assert "GAP" in out
    assert "  block 6\n" in out
    assert "python -m ops replay" in out
    assert "inclusiveStartTime 2021-02-03T04:05:06Z" in out


def test_a_stream_that_started_too_late_is_told_apart_from_what_kinesis_dropped(
    folder: str,
    outputs: list[str],
    kinesis: MemoryShards,
    capsys: pytest.CaptureFixture[str],
) -> None:
    deliver(kinesis, records_of(LEDGER.blocks[6:]))
    assert run(folder, outputs) == 1
    assert "Kinesis may have dropped" in capsys.readouterr().out

    deliver(kinesis, [start_record()])

    assert run(folder, outputs) == 1
    out = capsys.readouterr().out
    assert "The QLDB stream started after the export's end." in out
    assert "Kinesis may have dropped" not in out


def test_a_stream_without_anything_newer_is_fine_with_an_explanation(
    folder: str,
    outputs: list[str],
    kinesis: MemoryShards,
    capsys: pytest.CaptureFixture[str],
) -> None:
    deliver(kinesis, records_of(LEDGER.blocks[2:4]))

    assert run(folder, outputs) == 0

    out = capsys.readouterr().out
    assert "The export is newer than what the stream holds." in out
    assert "It is not fine if" in out


def test_a_stream_with_other_journals_alone_tells_nothing_and_names_them(
    folder: str,
    outputs: list[str],
    kinesis: MemoryShards,
    capsys: pytest.CaptureFixture[str],
) -> None:
    other = busy_ledger(seed=2)
    deliver(kinesis, records_of(other.blocks))

    assert run(folder, outputs) == 2

    out = capsys.readouterr().out
    assert "NOT KNOWN" in out
    assert f"strand {other.blocks[0].strand_id}" in out


def test_a_record_that_cannot_be_read_is_told_without_its_content(
    folder: str,
    outputs: list[str],
    kinesis: MemoryShards,
    capsys: pytest.CaptureFixture[str],
) -> None:
    deliver(kinesis, records_of(LEDGER.blocks[4:]))
    kinesis.shards["a"].records.append(b"secret")

    assert run(folder, outputs) == 2

    out = capsys.readouterr().out
    assert "Records that could not be read: 1" in out
    assert "secret" not in out


def test_json_has_the_same(
    folder: str,
    outputs: list[str],
    kinesis: MemoryShards,
    capsys: pytest.CaptureFixture[str],
) -> None:
    deliver(kinesis, records_of([*LEDGER.blocks[3:6], *LEDGER.blocks[7:]]))

    assert run(folder, outputs, "--json") == 1

    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert (found["outcome"], found["exitStatus"]) == ("gap", 1)
    assert found["export"]["lastBlock"] == 4
    assert found["export"]["inclusiveStartTime"] == "2021-02-03T04:05:06Z"
    assert found["stream"]["gaps"] == [{"first": 6, "last": 6}]
    assert found["stream"]["overlap"] == {"first": 3, "last": 4}
    assert found["stream"]["lastBlock"] == LAST


def test_json_without_a_stack_has_no_stream(
    folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["handoff", folder, "--json"]) == 0

    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert found["outcome"] is None
    assert found["stream"] is None


def test_an_export_with_a_gap_fails_without_a_stack_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export = export_of(LEDGER.blocks)
    folder = export.write_to(tmp_path / "export")
    (folder / export.data_keys[1]).unlink()

    assert main(["handoff", str(folder)]) == 1

    out = capsys.readouterr().out
    assert "  blocks 2 to 3\n" in out
    assert f"{export.data_keys[1]} is not there" in out
    assert f"nothing below {folder} has this key" in out


def test_a_stream_that_cannot_be_read_has_a_status_of_its_own(
    folder: str,
    outputs: list[str],
    kinesis: MemoryShards,
    capsys: pytest.CaptureFixture[str],
) -> None:
    kinesis.faults = ["AccessDeniedException"]

    assert run(folder, outputs) == 2

    assert "kinesis:GetRecords" in capsys.readouterr().err


def test_ctrl_c_ends_it_with_what_is_known_so_far(
    folder: str,
    outputs: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    class Interrupted(MemoryShards):
        def get_records(self, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401 (as the base's)
            signal.raise_signal(signal.SIGINT)
            return super().get_records(**arguments)

    kinesis = Interrupted({"a": MemoryShard(), "b": MemoryShard()})
    deliver(kinesis, records_of(LEDGER.blocks[6:]))
    monkeypatch.setattr(connections, "kinesis", lambda _: kinesis)

    assert run(folder, outputs) == 130

    out = capsys.readouterr().out
    assert "Not seen yet:\n  block" in out
    assert "It was stopped before the end of the stream" in out
    assert "GAP" not in out


def test_a_folder_without_an_export_cannot_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["handoff", str(tmp_path)]) == 2
    assert "is empty" in capsys.readouterr().err


@pytest.mark.parametrize("value", ["-1", "nan", "soon", "inf"])
def test_a_wait_that_is_no_number_of_seconds_is_a_usage_error(
    folder: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["handoff", folder, f"--wait={value}"])
    assert caught.value.code == 2
    assert "expected 0 or more" in capsys.readouterr().err
