"""The entry point builds its handler, and its exceptions reveal no document."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from handler import app
from handler.app import InvocationError
from handler.settings import SettingsError
from tests.support.kinesis_events import event
from tests.support.lambda_context import LambdaContext
from tests.support.paths import REPOSITORY
from tests.support.qldb_records import control

if TYPE_CHECKING:
    from pathlib import Path


def test_an_unexpected_exception_is_reported_without_its_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Broken:
        def process(self, *_: object) -> None:
            raise KeyError("a secret document")

    monkeypatch.setattr(app, "_handler", Broken)

    with pytest.raises(InvocationError) as caught:
        app.lambda_handler({"Records": []}, LambdaContext())

    assert str(caught.value).startswith("KeyError in process, line ")
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def assert_a_record_is_processed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FAILURE_BUCKET", "failures")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "qldb-replica")
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "QldbReplica")
    app._handler.cache_clear()
    response = app.lambda_handler(event(control()), LambdaContext())
    app._handler.cache_clear()
    assert response == {"batchItemFailures": []}
    assert '"RecordsIgnored"' in capsys.readouterr().out


def test_the_function_builds_its_handler_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REPLICA_TABLES", '{"Person": {"tableName": "person-1"}}')

    assert_a_record_is_processed(monkeypatch, capsys)


def test_the_sdk_logs_no_requests_at_any_log_level(monkeypatch: pytest.MonkeyPatch) -> None:
    # given Lambda's own setting of the log level, which reaches every logger
    monkeypatch.setattr(logging.getLogger(), "level", logging.DEBUG)
    monkeypatch.setenv("REPLICA_TABLES", '{"Person": {"tableName": "person-1"}}')
    monkeypatch.setenv("FAILURE_BUCKET", "failures")
    app._handler.cache_clear()
    # when the function builds its handler
    app._handler()
    app._handler.cache_clear()
    # then the loggers that log bodies at level DEBUG are silent
    for name in ("botocore.endpoint", "botocore.auth", "urllib3.connectionpool"):
        assert not logging.getLogger(name).isEnabledFor(logging.DEBUG)


def test_the_function_reads_its_tables_from_the_code_archive(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # given a file beside the packages and no variable
    file = tmp_path / "replica_tables.json"
    file.write_text('{"Person": {"tableName": "person-1"}}', encoding="utf-8")
    monkeypatch.setattr(app, "_TABLES_FILE", file)
    monkeypatch.delenv("REPLICA_TABLES", raising=False)
    # when a record arrives / then it is processed
    assert_a_record_is_processed(monkeypatch, capsys)


def test_the_file_of_the_code_archive_is_at_its_root() -> None:
    assert app._TABLES_FILE == REPOSITORY / "replica_tables.json"


def test_tables_that_are_neither_in_the_archive_nor_in_the_environment_are_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("REPLICA_TABLES", raising=False)
    app._handler.cache_clear()
    with pytest.raises(SettingsError, match=r"replica_tables\.json .*REPLICA_TABLES is not set"):
        app.lambda_handler(event(control()), LambdaContext())
