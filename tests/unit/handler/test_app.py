"""The entry point builds its handler, and its exceptions reveal no document."""

from __future__ import annotations

import logging

import pytest

from handler import app
from handler.app import InvocationError
from handler.settings import SettingsError
from tests.support.kinesis_events import event
from tests.support.lambda_context import LambdaContext
from tests.support.qldb_records import control


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


def test_the_function_builds_its_handler_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REPLICA_TABLES", '{"Person": {"tableName": "person-1"}}')
    monkeypatch.setenv("FAILURE_BUCKET", "failures")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "qldb-replica")
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "QldbReplica")
    app._handler.cache_clear()

    response = app.lambda_handler(event(control()), LambdaContext())

    app._handler.cache_clear()
    assert response == {"batchItemFailures": []}
    assert '"RecordsIgnored"' in capsys.readouterr().out


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


def test_a_wrong_environment_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REPLICA_TABLES", raising=False)
    app._handler.cache_clear()
    with pytest.raises(SettingsError, match="REPLICA_TABLES"):
        app.lambda_handler(event(control()), LambdaContext())
