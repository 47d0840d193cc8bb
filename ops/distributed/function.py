"""The entry point of the Lambda function that replays an export: one step for each invocation."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from botocore.session import get_session

from handler.app import handler_environment
from handler.clients import statement_client
from handler.exception_place import place
from handler.failure_client import LazyFailureClient
from handler.failures import FailureStore
from handler.http_limits import HttpLimits
from handler.process import collect_garbage_less_often, keep_requests_out_of_logs
from handler.replay_contract import EventField, ReplayVariable, Step
from handler.settings import HandlerSettings, SettingsError, required
from handler.writer import REQUESTS_IN_FLIGHT, BatchStatementWriter
from ops import connections
from ops.distributed.batch_item import Item
from ops.distributed.check_step import check
from ops.distributed.gather_step import gather
from ops.distributed.plan_step import plan
from ops.distributed.redacted_revisions import RedactedRevisions
from ops.distributed.replay_bucket import ReplayBucket
from ops.distributed.request import Request
from ops.distributed.run import Run
from ops.distributed.scan_step import scan
from ops.distributed.verify_step import verify
from ops.distributed.workplace import Workplace
from ops.distributed.write_step import write
from ops.errors import OpsError
from ops.exports.bucket import open_bucket
from ops.exports.timed_source import TimedSource
from ops.replay.pacing import PacedClient

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handler.batch import LambdaContext
    from handler.corrections import Correction

_MARGIN_SECONDS = 20.0
"""Time that is left when the last write begins: for its answer, the failure bucket and the counts.
"""

_READ_MARGIN_SECONDS = 45.0
"""Time that is left when the last piece of an object is asked for: a connection without an answer
is given up after 30 seconds, and what was read is to be written."""

_READS_TOO_LONG = (
    "the batch cannot be read within the 15 minutes of a function: lower replayBatchMebibytes, or "
    "raise replayMemoryMegabytes, with which CPU and network grow; batches that are done stay done"
)
_WRITES_TOO_LONG = (
    "the batch cannot be read and written within the 15 minutes of a function: lower "
    "replayBatchMebibytes, raise replayMemoryMegabytes, with which CPU and network grow, or give "
    "the tables more capacity if they throttle (tableWarmWriteUnits); batches that are done stay "
    "done"
)
_ATTEMPTS = 5
"""Of a request to the replay bucket: each that fails for good costs a batch that is done again."""

_PUTS_IN_FLIGHT = 8


class InvocationError(Exception):
    """An unexpected exception ended the invocation.

    Its text has no message, which may quote a document: see `handler.app.InvocationError`.
    """


def lambda_handler(event: Mapping[str, Any], context: LambdaContext) -> Mapping[str, Any] | None:
    """Run one step of the state machine; `handler.replay_contract.EventField` tells the event."""
    try:
        return _run(event, context)
    except (OpsError, SettingsError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001 (its message may quote a document)
        raise InvocationError(place(error)) from None


def _run(event: Mapping[str, Any], context: LambdaContext) -> Mapping[str, Any] | None:
    workplace = _workplace()
    end = time.time() + context.get_remaining_time_in_millis() / 1000
    step = Step(event[EventField.STEP])
    if step is Step.PLAN:
        return plan(Request.from_json(event[EventField.REQUEST]), workplace).to_json()
    run = Run.from_json(event[EventField.RUN])
    if step is Step.SCAN:
        read = verify if run.request.verify else scan
        batch = Item.from_json(event[EventField.BATCH])
        read(run, batch, _timed(workplace, end, _READS_TOO_LONG))
    elif step is Step.GATHER:
        return gather(run, workplace).to_json()
    elif step is Step.WRITE:
        write(
            run,
            Item.from_json(event[EventField.BATCH]),
            _timed(workplace, end, _WRITES_TOO_LONG),
            redacted=_redacted(run.redacted_key),
            writer=_writer(run.job(workplace).correction),
            failures=_failures(),
            deadline=end - _MARGIN_SECONDS,
        )
    else:
        return check(run, event[EventField.EXECUTION], workplace)
    return None


def _timed(workplace: Workplace, end: float, problem: str) -> Workplace:
    """Return a workplace whose source is not read when the invocation is about to end."""
    source = TimedSource(workplace.source, end - _READ_MARGIN_SECONDS, problem)
    return replace(workplace, source=source)


@lru_cache(maxsize=1)
def _workplace() -> Workplace:
    """Return what all invocations of this container share."""
    environment = handler_environment()
    settings = HandlerSettings.from_environment(environment)
    keep_requests_out_of_logs()
    location = required(environment, ReplayVariable.EXPORT_LOCATION)
    owner = environment.get(ReplayVariable.EXPORT_BUCKET_OWNER) or None
    client = connections.client("s3", None, attempts=_ATTEMPTS)
    workplace = Workplace(
        settings=settings,
        source=open_bucket(location, owner),
        bucket=ReplayBucket(client, required(environment, ReplayVariable.REPLAY_BUCKET)),
        batch_bytes=int(required(environment, ReplayVariable.BATCH_BYTES)),
    )
    collect_garbage_less_often()
    return workplace


@lru_cache(maxsize=1)
def _redacted(key: str | None) -> RedactedRevisions:
    content = None if key is None else _workplace().bucket.get_bytes(key)
    if content is None:
        raise OpsError("what the export redacts is not known: start the execution again")
    return RedactedRevisions(content)


@lru_cache(maxsize=2)
def _writer(correction: Correction | None) -> BatchStatementWriter:
    client = statement_client(get_session(), HttpLimits(connections=REQUESTS_IN_FLIGHT))
    paced = PacedClient(client, requests_in_flight=REQUESTS_IN_FLIGHT)
    return BatchStatementWriter(paced, correction=correction)


@lru_cache(maxsize=1)
def _failures() -> FailureStore:
    client = LazyFailureClient(get_session(), HttpLimits(connections=_PUTS_IN_FLIGHT))
    bucket = _workplace().settings.failure_bucket
    return FailureStore(client, bucket, puts_in_flight=_PUTS_IN_FLIGHT)
