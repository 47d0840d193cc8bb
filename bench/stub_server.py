"""A stub of DynamoDB that stores nothing and answers every request after a fixed time.

It serves to measure the client, not a database: answers have DynamoDB's form and cost the client as
much as genuine ones. To Lambda's clients it has no function, which `ops` takes for a stack whose
function is gone. It listens on one port for each kind of answer, runs in a separate process,
and reports the CPU time of that process, so that a run shows whether the stub was its limit.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import enum
import functools
import json
import re
import sys
import time
import zlib
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.counters import COUNTERS_PATH, read_counters
from handler import contract
from local.service_process import HOST, ServiceProcess, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

DELAY_SECONDS: Final = 0.004
_REPOSITORY: Final = Path(__file__).resolve().parent.parent

_HEADERS_END: Final = b"\r\n\r\n"
_LAMBDA: Final = b"GET /2015-03-31/functions/"
"""Lambda API reference, ``GetFunctionConfiguration``."""

_LENGTH: Final = re.compile(rb"\r\ncontent-length:[ ]*([0-9]+)", re.IGNORECASE)
_OPERATION: Final = re.compile(rb"\r\nx-amz-target:[ ]*DynamoDB_[0-9]+\.([A-Za-z]+)", re.IGNORECASE)
_STATEMENT: Final = re.compile(rb'"Statement":[ ]?"([A-Z]+)')
_WRITES_OF_ONE_ITEM: Final = frozenset({"UpdateItem", "PutItem"})
_REFUSAL: Final = "The conditional request failed"


class Answer(enum.Enum):
    """The stub's answer to every write."""

    ACCEPT = "accept"
    STALE = "stale"


class StubDynamoDB:
    """A context manager that runs the stub in a separate process.

    Parameters
    ----------
    log_file
        Receives the output of the process.
    """

    def __init__(self, log_file: Path) -> None:
        self._ports = {answer: free_port() for answer in Answer}
        ports = [str(self._ports[answer]) for answer in Answer]
        self._process = ServiceProcess(
            name="the stub DynamoDB",
            command=[sys.executable, "-m", "bench.stub_server", *ports],
            environment={"PYTHONPATH": str(_REPOSITORY), "PYTHONDONTWRITEBYTECODE": "1"},
            port=self._ports[Answer.ACCEPT],
            log_file=log_file,
            ready=self._answers,
        )

    def endpoint(self, answer: Answer) -> str:
        """Return the URL of one kind of answer."""
        return f"http://{HOST}:{self._ports[answer]}"

    def __enter__(self) -> Self:
        self._process.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._process.stop()

    def _answers(self) -> bool:
        try:
            for answer in Answer:
                read_counters(self.endpoint(answer))
        except OSError:
            return False
        return True


@dataclass(kw_only=True)
class Tally:
    """Counts of one stub process over all its ports."""

    requests: int = 0
    writes: int = 0


class StubProtocol(asyncio.Protocol):
    """One connection: HTTP/1.1, kept open, without pipelining.

    Parameters
    ----------
    answer
        The answer to every write.
    tally
        Counts over all connections.
    delay
        Seconds from the end of a request to its answer.
    """

    def __init__(self, answer: Answer, tally: Tally, delay: float) -> None:
        self._answer = answer
        self._tally = tally
        self._delay = delay
        self._received = bytearray()
        self._needed = 0
        self._transport: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember the transport for the answers."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each complete request."""
        self._received += data
        if len(self._received) < self._needed:
            return
        for head, body in self._requests():
            if head.startswith(f"GET {COUNTERS_PATH} ".encode()):
                self._reply(_http(200, self._counters()))
                continue
            if head.startswith(_LAMBDA):
                self._reply(_no_function())
                continue
            operation = _OPERATION.search(head)
            writes, answer = answer_to(
                self._answer, operation[1].decode() if operation else "", body
            )
            self._tally.requests += 1
            self._tally.writes += writes
            self._loop.call_later(self._delay, self._reply, answer)

    def _requests(self) -> Iterator[tuple[bytes, bytes]]:
        """Remove and yield the complete requests."""
        while (end := self._received.find(_HEADERS_END)) >= 0:
            head = bytes(self._received[:end])
            length = _LENGTH.search(head)
            start = end + len(_HEADERS_END)
            self._needed = start + (int(length[1]) if length else 0)
            if len(self._received) < self._needed:
                return
            body = bytes(self._received[start : self._needed])
            del self._received[: self._needed]
            self._needed = 0
            yield head, body

    def _reply(self, answer: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(answer)

    def _counters(self) -> bytes:
        return json.dumps(
            {
                "requests": self._tally.requests,
                "writes": self._tally.writes,
                "cpu_seconds": time.process_time(),
            }
        ).encode()


def answer_to(answer: Answer, operation: str, body: bytes) -> tuple[int, bytes]:
    """Return the answer that DynamoDB would give to a request.

    Parameters
    ----------
    answer
        Whether writes succeed or find a newer item.
    operation
        Name of the operation of DynamoDB's API.
    body
        JSON of the request.

    Returns
    -------
    tuple
        The number of writes in the request, and the complete HTTP answer.
    """
    if operation == "BatchExecuteStatement":
        verbs = tuple(_STATEMENT.findall(body))
        return len(verbs), _batch_answer(answer, verbs)
    if operation in _WRITES_OF_ONE_ITEM:
        return 1, _item_answer(answer)
    return 0, _error(400, "UnknownOperationException", "the stub has writes only")


@functools.lru_cache(maxsize=1024)
def _batch_answer(answer: Answer, verbs: tuple[bytes, ...]) -> bytes:
    responses = [_statement_response(answer, verb) for verb in verbs]
    return _http(200, json.dumps({"Responses": responses}).encode())


def _statement_response(answer: Answer, verb: bytes) -> dict[str, object]:
    if answer is Answer.ACCEPT:
        return {"TableName": "replica"}
    if verb == b"INSERT":
        error = {"Code": "DuplicateItem", "Message": "Duplicate primary key exists in table"}
        return {"Error": error, "TableName": "replica"}
    refusal = {"Code": "ConditionalCheckFailed", "Message": _REFUSAL, "Item": _STORED_ITEM}
    return {"Error": refusal, "TableName": "replica"}


@functools.lru_cache
def _item_answer(answer: Answer) -> bytes:
    if answer is Answer.ACCEPT:
        return _http(200, b"{}")
    return _error(400, "ConditionalCheckFailedException", _REFUSAL)


_STORED_ITEM: Final = {
    contract.KEY_ATTRIBUTE: {"S": "0hqWPUUZVBv8DSfQUN6D4S"},
    contract.VERSION_ATTRIBUTE: {"N": "4000000000"},
    contract.TX_TIME_ATTRIBUTE: {"S": "2026-01-01T00:00:00.000Z"},
    contract.TX_ID_ATTRIBUTE: {"S": "3AMyX0pUNJl4C26cv2bbBn"},
    contract.HASH_ATTRIBUTE: {"B": base64.b64encode(bytes(range(32))).decode()},
    "firstName": {"S": "Angharad"},
    "lastName": {"S": "Evans-Richards"},
    "email": {"S": "angharad.evans-richards@example.com"},
    "address": {"M": {"city": {"S": "Swansea"}, "street": {"S": "1 Harbour Road"}}},
}


def _error(status: int, code: str, message: str) -> bytes:
    kind = f"com.amazonaws.dynamodb.v20120810#{code}"
    return _http(status, json.dumps({"__type": kind, "message": message}).encode())


def _no_function() -> bytes:
    error = {"__type": "ResourceNotFoundException", "message": "the stub has no functions"}
    return _http(404, json.dumps(error).encode())


def _http(status: int, body: bytes) -> bytes:
    """Return an HTTP answer, with the checksum that DynamoDB sends and SDKs verify."""
    return (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n"
        "Server: Server\r\n"
        "Content-Type: application/x-amz-json-1.0\r\n"
        f"Content-Length: {len(body)}\r\n"
        "Connection: keep-alive\r\n"
        "x-amzn-RequestId: 0GPQFR3ZJ3L6ABCDEFGHIJKLMNVV4KQNSO5AEMVJF66Q9ASUAAJG\r\n"
        f"x-amz-crc32: {zlib.crc32(body)}\r\n\r\n"
    ).encode() + body


async def serve(ports: dict[Answer, int], delay: float) -> None:
    """Serve until cancelled, one port for each kind of answer."""
    loop = asyncio.get_running_loop()
    tally = Tally()
    servers = [
        await loop.create_server(
            functools.partial(StubProtocol, answer, tally, delay), HOST, port, backlog=256
        )
        for answer, port in ports.items()
    ]
    await asyncio.gather(*(server.serve_forever() for server in servers))


def main() -> None:
    """Run the stub in this process."""
    parser = argparse.ArgumentParser(prog="python -m bench.stub_server", description=__doc__)
    for answer in Answer:
        parser.add_argument(answer.value, type=int, help=f"port whose answers are {answer.value}")
    parser.add_argument("--delay", type=float, default=DELAY_SECONDS, help="seconds")
    options = vars(parser.parse_args())
    ports = {answer: options[answer.value] for answer in Answer}
    asyncio.run(serve(ports, options["delay"]))


if __name__ == "__main__":
    main()
