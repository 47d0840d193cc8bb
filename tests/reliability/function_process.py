"""`python -m tests.reliability.function_process`: runs the function as in Lambda, with all output.

Every logger is at DEBUG level. The function's own clients call a server that answers like DynamoDB
and S3, and whose errors quote documents. `first_leak` reads stdout and stderr.
"""

from __future__ import annotations

import json
import logging
import os
import random
import threading
import zlib
from collections import deque
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, TypeAlias
from unittest.mock import patch

from typing_extensions import override

from handler.contract import METRICS_NAMESPACE, SERVICE_NAME, Variable
from tests.reliability.assembly import environment
from tests.reliability.backends import MemoryBackend
from tests.reliability.history_factory import make_history
from tests.reliability.kinesis_stream import KinesisStream
from tests.reliability.plan import Plan
from tests.support.failure_bucket import BUCKET
from tests.support.kinesis_events import STREAM_ARN
from tests.support.lambda_context import LambdaContext
from tests.support.sentinel import MESSAGE, SENTINEL, printed_form

DEBUG_IS_ON = "records of the DEBUG level are logged"
_MILLISECONDS = 5_000
"""Time limit of each invocation."""


class Answer(NamedTuple):
    """An answer of the server, which hangs up without a body."""

    status: int
    body: bytes | None
    headers: dict[str, str]


Script: TypeAlias = Callable[[int], Answer]
"""Returns the answer for a request by its number of statements."""


def _json(content: object, status: int = 200) -> Answer:
    body = json.dumps(content).encode()
    return Answer(status, body, {"x-amz-crc32": str(zlib.crc32(body))})


def _raw(body: bytes | None, status: int = 200, **headers: str) -> Script:
    return lambda _: Answer(status, body, headers)


def _refused(code: str, status: int = 400) -> Script:
    error = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": MESSAGE}
    return lambda _: _json(error, status)


def _each(code: str) -> Script:
    item = {"data": {"M": {"name": {"S": MESSAGE}}}}
    error = {"Code": code, "Message": MESSAGE, "Item": item}
    return lambda statements: _json({"Responses": [{"Error": error}] * statements})


def _refused_item() -> Script:
    error = {
        "__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
        "message": MESSAGE,
        "Item": {"data": {"S": MESSAGE}},
    }
    return lambda _: _json(error, 400)


def _s3(code: str, status: int) -> Script:
    text = f"<Error><Code>{code}</Code><Message>{MESSAGE}</Message><Key>{SENTINEL}</Key></Error>"
    return _raw(text.encode(), status)


_PUT: Script = lambda _: _json({})  # noqa: E731 (a script like the others)
_STORED = _raw(b"", ETag='"etag"')


class Scenario(NamedTuple):
    """The first answers of both services; all later ones are successful."""

    dynamodb: tuple[Script, ...] = ()
    s3: tuple[Script, ...] = ()
    puts: tuple[Script, ...] = ()
    """Of DynamoDB, to ``PutItem``."""


SCENARIOS = {
    "all is well": Scenario(),
    "statements are refused": Scenario((_each("ValidationError"),)),
    "statements fail with an unknown code": Scenario((_each("Unheard"),)),
    "versions are stale": Scenario((_each("ConditionalCheckFailed"),)),
    "a request is refused": Scenario((_refused("ValidationException"),)),
    "a request is throttled": Scenario((_refused("ThrottlingException"),)),
    "a request fails with an unknown code": Scenario((_refused("Unheard"),)),
    "a permission is missing": Scenario((_refused("AccessDeniedException"),) * 3),
    "DynamoDB has an internal error": Scenario((_refused("InternalServerError", 500),)),
    "a proxy answers": Scenario((_raw(f"<html>{MESSAGE}".encode(), 502),)),
    "an answer is not JSON": Scenario((_raw(MESSAGE.encode()),)),
    "an answer has too few parts": Scenario((_raw(b'{"Responses": []}'),)),
    "an answer has a wrong checksum": Scenario(
        (_raw(json.dumps({"Responses": MESSAGE}).encode(), 200, **{"x-amz-crc32": "1"}),)
    ),
    "DynamoDB hangs up": Scenario((_raw(None),)),
    "an item is refused": Scenario(puts=(_refused("ValidationException"),)),
    "an item has no version": Scenario(puts=(_refused_item(),)),
    "the failure bucket refuses": Scenario(s3=(_s3("AccessDenied", 403),) * 2),
    "the failure bucket slows down": Scenario(s3=(_s3("SlowDown", 503),)),
    "the failure bucket talks nonsense": Scenario(s3=(_raw(MESSAGE.encode(), 400),)),
    "the failure bucket hangs up": Scenario(s3=(_raw(None),)),
}


class Services(ThreadingHTTPServer):
    """DynamoDB and S3 at one address."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Exchange)
        self.dynamodb: deque[Script] = deque()
        self.s3: deque[Script] = deque()
        self.puts: deque[Script] = deque()

    def play(self, scenario: Scenario) -> None:
        """Start a scenario."""
        self.dynamodb, self.s3 = deque(scenario.dynamodb), deque(scenario.s3)
        self.puts = deque(scenario.puts)


class _Exchange(BaseHTTPRequestHandler):
    server: Services
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self._body())
        if "Item" in body:
            self._answer((self.server.puts.popleft() if self.server.puts else _PUT)(0))
            return
        statements = len(body["Statements"])
        script = self.server.dynamodb.popleft() if self.server.dynamodb else None
        if script is None:
            self._answer(_json({"Responses": [{}] * statements}))
        else:
            self._answer(script(statements))

    def do_PUT(self) -> None:
        self._body()
        script = self.server.s3.popleft() if self.server.s3 else _STORED
        self._answer(script(0))

    def _body(self) -> bytes:
        if self.headers.get("Expect"):
            self.send_response_only(100)
            self.end_headers()
        return self.rfile.read(int(self.headers["Content-Length"]))

    def _answer(self, answer: Answer) -> None:
        if answer.body is None:
            self.close_connection = True
            return
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)


class _BrokenContext(LambdaContext):
    @override
    def get_remaining_time_in_millis(self) -> int:
        raise ValueError(MESSAGE)


class _BrokenEvent(dict[str, Any]):
    def __getitem__(self, _: str) -> Any:  # noqa: ANN401 (whatever an event holds)
        raise KeyError(MESSAGE)


_PLAN = Plan(
    seed=13,
    commits=8,
    documents=8,
    poison=4,
    generations=1,
    projected_history=True,
    whole_history=True,
    indexed=True,
)


def _event() -> dict[str, Any]:
    """Return a batch with documents, deletes, broken records and broken frames."""
    stream = KinesisStream(arn=STREAM_ARN, shard_count=1)
    entries = make_history(_PLAN, random.Random(_PLAN.seed)).entries
    records = [stream.put(each.partition_key, each.data, now=1.0) for each in entries]
    return {"Records": [stream.event_record("shardId-000000000000", each) for each in records]}


def _settings(endpoint: str) -> dict[str, str]:
    return environment(MemoryBackend(), BUCKET, _PLAN.tables) | {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        Variable.SERVICE_NAME: SERVICE_NAME,
        Variable.METRICS_NAMESPACE: METRICS_NAMESPACE,
        Variable.LOG_LEVEL: "DEBUG",
    }


def main() -> None:
    """Run every scenario, then invocations with unexpected exceptions."""
    logging.basicConfig(level=logging.DEBUG)
    logging.getLogger(__name__).debug(DEBUG_IS_ON)
    with Services() as services:
        threading.Thread(target=services.serve_forever, daemon=True).start()
        os.environ.update(_settings(f"http://127.0.0.1:{services.server_port}"))
        event = _event()
        context = LambdaContext(remaining_milliseconds=lambda: _MILLISECONDS)
        for name, scenario in SCENARIOS.items():
            services.play(scenario)
            _invoke(name, event, context)
        with patch("handler.batch.read_record", side_effect=ValueError(MESSAGE)):
            _invoke("records that raise an unexpected exception", event, context)
        _invoke("an event that breaks", _BrokenEvent(), context)
        _invoke("a context that breaks", event, _BrokenContext())
        services.shutdown()


def _invoke(name: str, event: dict[str, Any], context: LambdaContext) -> None:
    # Like the container: the settings are in the environment before the module is loaded.
    from handler.app import lambda_handler  # noqa: PLC0415 (see above)

    print(f"scenario: {name}", flush=True)  # noqa: T201 (read by `first_leak`)
    try:
        print(lambda_handler(event, context), flush=True)  # noqa: T201 (as above)
    except Exception as error:  # noqa: BLE001 (Lambda logs whatever it is)
        print(printed_form(error), flush=True)  # noqa: T201 (as above)


if __name__ == "__main__":
    main()
