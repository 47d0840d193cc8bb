"""`python -m ops redrive`: exit status, summary and interruption.

The services are in memory. `test_redrive_records.py` and its neighbours test the effects of a
redrive on objects.
"""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

from handler.outcomes import Permanent, Transient
from ops.command_line import main
from tests.support.failure_objects import failed_record, quarantine
from tests.support.qldb_records import secret_revision

if TYPE_CHECKING:
    import pytest

    from tests.support.deployed_function import DeployedFunction
    from tests.support.failure_bucket import NotifyingS3
    from tests.support.memory_table import MemoryTable


def test_an_empty_bucket_is_success(
    s3: NotifyingS3, table: MemoryTable, outputs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["redrive", *outputs]) == 0
    assert "objects       0 read" in capsys.readouterr().out
    assert (s3.bodies, table.items) == ({}, {})


def test_applied_records_are_success(
    s3: NotifyingS3, table: MemoryTable, outputs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    quarantine(s3, failed_record(secret_revision()))
    assert main(["redrive", *outputs]) == 0
    assert "applied       1" in capsys.readouterr().out
    assert set(table.items) == {"doc"}


def test_a_record_that_fails_again_is_status_1_with_its_reason(
    s3: NotifyingS3, table: MemoryTable, outputs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    quarantine(s3, failed_record(secret_revision("bad")))
    table.outcomes["bad"] = Permanent("ValidationError")
    assert main(["redrive", *outputs]) == 1
    assert "1 refused: ValidationError" in capsys.readouterr().out


def test_an_object_that_stays_because_it_is_ignored_is_status_1_with_the_remedy(
    s3: NotifyingS3, table: MemoryTable, outputs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    # given a record of a table that the outputs do not have
    quarantine(s3, failed_record(secret_revision(table="Vehicle")))
    # when it is redriven, first as a dry run
    for arguments in (["--dry-run"], []):
        assert main(["redrive", *outputs, *arguments]) == 1
        # then the operator learns what to do
        summary = capsys.readouterr().out
        assert "ignored       1 (1 unconfigured table)" in summary
        assert "objects that stay for it: 1." in summary
        assert "delete them with --drop-ignored" in summary
    # and the reason is listed
    assert main(["failures", *outputs]) == 0
    assert "ignored: unconfigured table" in capsys.readouterr().out
    assert table.items == {}


def test_drop_ignored_deletes_an_ignored_object(
    s3: NotifyingS3, table: MemoryTable, outputs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    # given a record of a table that the outputs do not have
    quarantine(s3, failed_record(secret_revision(table="Vehicle")))
    # when
    assert main(["redrive", *outputs, "--drop-ignored"]) == 0
    # then it is gone, and counted
    summary = capsys.readouterr().out
    assert "ignored       1 (1 unconfigured table)" in summary
    assert "that stay" not in summary
    assert (s3.bodies, table.items) == ({}, {})


def test_outputs_that_are_older_than_the_function_are_refused_before_anything_is_read(
    s3: NotifyingS3,
    table: MemoryTable,
    function: DeployedFunction,
    outputs: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    # given a function that was deployed again, with the history of a table for example
    quarantine(s3, failed_record(secret_revision()))
    function.code = "another"
    bodies = dict(s3.bodies)
    # when, then
    assert main(["redrive", *outputs]) == 1
    assert "not those of the deployed function replica-1a2b" in capsys.readouterr().err
    assert (s3.bodies, table.items) == (bodies, {})


def test_a_function_that_cannot_be_read_names_the_permission(
    function: DeployedFunction, outputs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    function.error = "AccessDeniedException"

    assert main(["redrive", *outputs]) == 1
    assert "allow your user or role the action lambda:GetFunctionConfiguration" in (
        capsys.readouterr().err
    )


def test_the_failures_of_a_function_that_is_gone_can_be_redriven(
    s3: NotifyingS3, table: MemoryTable, function: DeployedFunction, outputs: list[str]
) -> None:
    quarantine(s3, failed_record(secret_revision()))
    function.error = "ResourceNotFoundException"

    assert main(["redrive", *outputs]) == 0
    assert set(table.items) == {"doc"}


def test_ctrl_c_ends_after_the_object_with_a_summary(
    s3: NotifyingS3, table: MemoryTable, outputs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    # given three objects, and Ctrl-C while the first is read
    for number in range(3):
        quarantine(s3, failed_record(secret_revision(f"doc{number}"), sequence=str(number)))

    def interrupt(_operation: str, _key: str) -> None:
        s3.after = lambda _operation, _key: None
        os.kill(os.getpid(), signal.SIGINT)

    s3.after = interrupt
    # when
    status = main(["redrive", *outputs])
    # then
    captured = capsys.readouterr()
    assert status == 130
    assert "objects       1 read: 1 removed" in captured.out
    assert "Interrupted" in captured.out
    assert "Ctrl-C again" in captured.err
    assert len(table.items) == 1
    assert s3.queue.visible == 2


def test_a_second_ctrl_c_ends_at_once_and_shows_the_messages_again(
    s3: NotifyingS3, table: MemoryTable, outputs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    # given two objects, and Ctrl-C twice while the first is read
    for number in range(2):
        quarantine(s3, failed_record(secret_revision(f"doc{number}"), sequence=str(number)))

    def twice(_operation: str, _key: str) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)

    s3.after = twice
    # then
    assert main(["redrive", *outputs]) == 130
    assert "stopped" in capsys.readouterr().err
    assert table.items == {}
    assert s3.queue.visible == 2


def test_the_summary_is_printed_even_where_aws_refuses(
    s3: NotifyingS3, table: MemoryTable, outputs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    # given two objects, of which the second may not be written
    quarantine(s3, failed_record(secret_revision("first"), sequence="1"))
    quarantine(s3, failed_record(secret_revision("second"), sequence="2"))
    table.outcomes["second"] = Transient("AccessDenied")
    # then
    assert main(["redrive", *outputs, "--from-bucket"]) == 1
    captured = capsys.readouterr()
    assert "applied       1" in captured.out
    assert captured.err.startswith("error: DynamoDB refuses the writes (AccessDenied)")
