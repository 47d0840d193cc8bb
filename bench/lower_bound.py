"""Measures the CPU time of a batch's unavoidable steps, with the fastest code known for each."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import time
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import orjson
import pybase64
from amazon.ion import simpleion
from amazon.ion.simpleion import IonPyValueModel

from handler import aggregation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

_MODEL: Final = (
    IonPyValueModel.MAY_BE_BARE
    | IonPyValueModel.SYMBOL_AS_TEXT
    | IonPyValueModel.STRUCT_AS_STD_DICT
)
_FRAME: Final = slice(4, -16)
"""An aggregate's message, between its magic bytes and its MD5."""
_KEYS_OF_A_SIGNATURE: Final = 5
_REPEATS: Final = 5
_RECEIVED_BYTES: Final = 65536


def lower_bound(file: Path, bodies: Sequence[bytes], endpoint: str) -> dict[str, float]:
    """Measure each step on the first batch of a file.

    Encryption is not included: the stub speaks HTTP without TLS.

    Parameters
    ----------
    file
        Batches of aggregates, written by `workloads.write_events`.
    bodies
        The function's requests for the first batch.
    endpoint
        URL of the stub.

    Returns
    -------
    dict
        Microseconds of CPU time for each revision, by step; the best of a few repeats.
    """
    with file.open(encoding="ascii") as lines:
        batch = json.loads(next(lines))
    with socket.create_connection(_address(endpoint)) as connection:
        steps = _Steps(batch["event"], bodies, connection).steps()
        return {
            name: 1e6 * min(_timed(step) for _ in range(_REPEATS)) / batch["revisions"]
            for name, step in steps.items()
        }


class _Steps:
    def __init__(
        self, event: Mapping[str, Any], bodies: Sequence[bytes], connection: socket.socket
    ) -> None:
        self._encoded = [record["kinesis"]["data"] for record in event["Records"]]
        self._revisions = [
            record.data
            for data in self._encoded
            for record in aggregation.user_records(pybase64.b64decode(data))
            if b"REVISION_DETAILS" in record.data
        ]
        self._bodies = bodies
        self._requests = [orjson.loads(body) for body in bodies]
        self._connection = connection

    def steps(self) -> dict[str, Callable[[], None]]:
        return {
            "base64 and MD5": self._unpack,
            "Ion revision, by the C extension": self._decode,
            "JSON, by orjson": self._write,
            "SHA-256 and HMAC": self._sign,
            "socket, without TLS": self._exchange,
        }

    def _unpack(self) -> None:
        for data in self._encoded:
            hashlib.md5(pybase64.b64decode(data)[_FRAME], usedforsecurity=False).digest()

    def _decode(self) -> None:
        for record in self._revisions:
            simpleion.loads(record, value_model=_MODEL)

    def _write(self) -> None:
        for request in self._requests:
            orjson.dumps(request)

    def _sign(self) -> None:
        for body in self._bodies:
            hashlib.sha256(body).hexdigest()
            for _ in range(_KEYS_OF_A_SIGNATURE):
                hmac.digest(b"k" * 32, b"t" * 64, "sha256")

    def _exchange(self) -> None:
        for body in self._bodies:
            self._connection.sendall(_request(body))
            _read_answer(self._connection)


def _timed(step: Callable[[], None]) -> float:
    began = time.thread_time()
    step()
    return time.thread_time() - began


def _address(endpoint: str) -> tuple[str, int]:
    url = urlsplit(endpoint)
    return url.hostname or "", url.port or 0


def _request(body: bytes) -> bytes:
    return (
        "POST / HTTP/1.1\r\nX-Amz-Target: DynamoDB_20120810.BatchExecuteStatement\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def _read_answer(connection: socket.socket) -> None:
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(_RECEIVED_BYTES)
    head, _, body = received.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
    while len(body) < length:
        body += connection.recv(_RECEIVED_BYTES)
