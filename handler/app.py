"""The entry point of the Lambda function."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.session import get_session

from handler.batch import Handler
from handler.clients import statement_client
from handler.contract import TABLES_FILE, Variable
from handler.exception_place import place
from handler.failure_client import LazyFailureClient
from handler.failures import FailureStore
from handler.http_limits import HttpLimits
from handler.process import collect_garbage_less_often, keep_requests_out_of_logs
from handler.settings import HandlerSettings, SettingsError
from handler.telemetry import PowertoolsTelemetry
from handler.writer import REQUESTS_IN_FLIGHT, BatchStatementWriter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handler.batch import BatchResponse, LambdaContext

_TABLES_FILE = Path(__file__).resolve().parent.parent / TABLES_FILE
_PUTS_IN_FLIGHT = 8


class InvocationError(Exception):
    """An unexpected exception ended the invocation. The batch will be redelivered.

    The text holds the kind of the exception and its place, but not its message, which may quote a
    document.
    """


def lambda_handler(event: Mapping[str, Any], context: LambdaContext) -> BatchResponse:
    """Replicate one batch of a Kinesis event source mapping."""
    try:
        return _handler().process(event, context)
    except SettingsError:
        raise
    except Exception as error:  # noqa: BLE001 (its message may quote a document)
        raise InvocationError(place(error)) from None


@lru_cache(maxsize=1)
def _handler() -> Handler:
    """Build the handler of this container."""
    settings = HandlerSettings.from_environment(handler_environment())
    keep_requests_out_of_logs()
    session = get_session()
    client = statement_client(session, HttpLimits(connections=REQUESTS_IN_FLIGHT))
    failure_client = LazyFailureClient(session, HttpLimits(connections=_PUTS_IN_FLIGHT))
    handler = Handler(
        settings=settings,
        writer=BatchStatementWriter(client, requests_in_flight=REQUESTS_IN_FLIGHT),
        failures=FailureStore(
            failure_client, settings.failure_bucket, puts_in_flight=_PUTS_IN_FLIGHT
        ),
        telemetry=PowertoolsTelemetry(settings.version),
    )
    collect_garbage_less_often()
    return handler


def handler_environment() -> Mapping[str, str]:
    """Return the environment, completed from the file in the code archive.

    Raises
    ------
    SettingsError
        If there is no such file.
    """
    if Variable.REPLICA_TABLES in os.environ:
        return os.environ
    try:
        text = _TABLES_FILE.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsError(
            f"the file {TABLES_FILE} of the code archive cannot be read ({error.strerror}), and "
            f"the environment variable {Variable.REPLICA_TABLES} is not set"
        ) from None
    return {**os.environ, Variable.REPLICA_TABLES: text}
