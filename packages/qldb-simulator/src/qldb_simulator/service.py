"""The simulated QLDB as an HTTP service: ``python -m qldb_simulator.service --port N``.

Under the control plane's own paths it speaks QLDB's protocol (REST with JSON, API version
2019-01-02; signatures are not checked). Below ``/simulator/`` is what has no counterpart there:
transactions (QLDB's session protocol is not simulated), the state, and the delivery's controls.

| method and path below /simulator/ledgers/NAME | body -> answer |
|---|---|
| POST transactions | Ion list of operations (see `operations`) -> JSON of the block |
| GET tables | JSON: ids by name |
| GET tables/TABLE | binary Ion: latest revision by document id |
| GET blocks?from=N | binary Ion: blocks as in an S3 export |
| GET verification | JSON: what does not verify |
| GET delivery | JSON: blocks, and the progress of each stream |
| PUT delivery-options | JSON: copies, shuffle, seed, recordsPerAggregate, aggregateBytes |
| POST redeliveries | JSON: fromSequenceNo and the options of this redelivery -> progress |
| POST delivery/pause, delivery/resume | -> progress |
"""

from __future__ import annotations

import argparse
import json
import logging
import re
import signal
import socket
import sys
import threading
import traceback
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar, Final
from urllib.parse import parse_qs, unquote, urlsplit

from amazon.ion import simpleion

from qldb_simulator.control_plane import ApiError, ControlPlane, LedgerResource, Surroundings
from qldb_simulator.journal import Block, Revision, TransactionError
from qldb_simulator.operations import load_operations
from qldb_simulator.proofs import get_block, get_digest, get_revision
from qldb_simulator.records import DeliveryOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType
    from typing import Self

HOST: Final = "127.0.0.1"
JSON_TYPE: Final = "application/json"
ION_TYPE: Final = "application/ion"
MAX_BODY_BYTES: Final = 16 * 1024 * 1024

_OPTION_FIELDS: Final = {
    "copies": ("copies", int),
    "shuffle": ("shuffle", bool),
    "seed": ("seed", int),
    "recordsPerAggregate": ("records_per_aggregate", int),
    "aggregateBytes": ("aggregate_bytes", int),
}

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class _Request:
    parts: tuple[str, ...]
    query: Mapping[str, list[str]]
    body: bytes

    def json(self) -> dict[str, Any]:
        """Give the body as a JSON object, of which none is an empty one."""
        try:
            value = json.loads(self.body or b"{}")
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise ApiError("InvalidParameterException", "the body is not a JSON object")
        return value


class _Service:
    """Routes of the service; each gives a JSON value or the bytes of an Ion value."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane
        name, rest = "([^/]+)", "(.+)"
        simulator = f"/simulator/ledgers/{name}"
        streams = f"/ledgers/{name}/journal-kinesis-streams"
        routes: list[tuple[str, str, Callable[[_Request], Any]]] = [
            ("POST", "/ledgers", lambda r: plane.create_ledger(r.json())),
            ("GET", "/ledgers", lambda r: plane.list_ledgers(r.query)),
            ("GET", f"/ledgers/{name}", lambda r: plane.describe_ledger(*r.parts)),
            ("PATCH", f"/ledgers/{name}", lambda r: plane.update_ledger(r.parts[0], r.json())),
            ("DELETE", f"/ledgers/{name}", lambda r: plane.delete_ledger(*r.parts)),
            (
                "PATCH",
                f"/ledgers/{name}/permissions-mode",
                lambda r: plane.update_permissions_mode(r.parts[0], r.json()),
            ),
            ("POST", streams, lambda r: plane.stream_journal(r.parts[0], r.json())),
            ("GET", streams, lambda r: plane.list_streams(r.parts[0], r.query)),
            ("GET", f"{streams}/{name}", lambda r: plane.describe_stream(*r.parts)),
            ("DELETE", f"{streams}/{name}", lambda r: plane.cancel_stream(*r.parts)),
            ("POST", f"/ledgers/{name}/digest", lambda r: get_digest(self._ledger(r))),
            ("POST", f"/ledgers/{name}/block", lambda r: get_block(self._ledger(r), r.json())),
            (
                "POST",
                f"/ledgers/{name}/revision",
                lambda r: get_revision(self._ledger(r), r.json()),
            ),
            ("GET", f"/tags/{rest}", lambda r: plane.list_tags(*r.parts)),
            ("POST", f"/tags/{rest}", lambda r: plane.tag(r.parts[0], r.json())),
            (
                "DELETE",
                f"/tags/{rest}",
                lambda r: plane.untag(r.parts[0], r.query.get("tagKeys", [])),
            ),
            ("POST", f"{simulator}/transactions", self._commit),
            ("GET", f"{simulator}/tables", self._tables),
            ("GET", f"{simulator}/tables/{name}", self._state),
            ("GET", f"{simulator}/blocks", self._blocks),
            ("GET", f"{simulator}/verification", self._verify),
            ("GET", f"{simulator}/delivery", self._delivery),
            ("PUT", f"{simulator}/delivery-options", self._set_options),
            ("POST", f"{simulator}/redeliveries", self._redeliver),
            ("POST", f"{simulator}/delivery/pause", lambda r: self._pause(r, paused=True)),
            ("POST", f"{simulator}/delivery/resume", lambda r: self._pause(r, paused=False)),
        ]
        self._routes = [(method, re.compile(path), route) for method, path, route in routes]

    def answer(self, method: str, target: str, body: bytes) -> Any:  # noqa: ANN401 - JSON or Ion
        """Find the route and follow it; None if there is none."""
        url = urlsplit(target)
        for route_method, path, route in self._routes:
            found = path.fullmatch(url.path) if method == route_method else None
            if found is not None:
                parts = tuple(unquote(part) for part in found.groups())
                query = parse_qs(url.query, keep_blank_values=True)
                return route(_Request(parts=parts, query=query, body=body))
        return None

    def _ledger(self, request: _Request) -> LedgerResource:
        return self._plane.ledger(request.parts[0])

    def _commit(self, request: _Request) -> Any:  # noqa: ANN401
        return _block_json(self._ledger(request).commit(load_operations(request.body)))

    def _tables(self, request: _Request) -> Any:  # noqa: ANN401
        return self._ledger(request).journal.tables

    def _state(self, request: _Request) -> bytes:
        revisions = self._ledger(request).state(request.parts[1])
        return _ion({key: revision.to_ion() for key, revision in revisions.items()})

    def _blocks(self, request: _Request) -> bytes:
        start = request.query.get("from", ["0"])[0]
        if not start.isdecimal():
            raise ApiError("InvalidParameterException", "from is a sequence number")
        ledger = self._ledger(request)
        blocks = ledger.read_blocks(int(start), ledger.count_blocks())
        return _ion([block.to_ion() for block in blocks])

    def _verify(self, request: _Request) -> Any:  # noqa: ANN401
        ledger = self._ledger(request)
        with ledger.lock:
            return {"Faults": ledger.journal.verify()}

    def _delivery(self, request: _Request) -> Any:  # noqa: ANN401
        ledger = self._ledger(request)
        return {
            "blocks": ledger.count_blocks(),
            "streams": [
                {
                    "streamId": stream.stream_id,
                    "streamName": stream.name,
                    "status": progress.status,
                    "errorCause": progress.error_cause,
                    "nextSequenceNo": progress.next_sequence_no,
                    "records": progress.records,
                    "entries": progress.entries,
                    "retriedEntries": progress.retried_entries,
                    "pendingRedeliveries": progress.pending_redeliveries,
                    "paused": progress.paused,
                    "settled": progress.settled,
                }
                for stream in list(ledger.streams.values())
                for progress in [stream.delivery.progress]
            ],
        }

    def _set_options(self, request: _Request) -> Any:  # noqa: ANN401
        ledger = self._ledger(request)
        ledger.options = _options(request.json())
        for stream in ledger.active_streams():
            stream.delivery.set_options(ledger.options)
        return self._delivery(request)

    def _redeliver(self, request: _Request) -> Any:  # noqa: ANN401
        body = request.json()
        start = body.pop("fromSequenceNo", 0)
        if not isinstance(start, int) or start < 0:
            raise ApiError("InvalidParameterException", "fromSequenceNo is a sequence number")
        options = _options(body)
        for stream in self._ledger(request).active_streams():
            stream.delivery.redeliver(from_sequence_no=start, options=options)
        return self._delivery(request)

    def _pause(self, request: _Request, *, paused: bool) -> Any:  # noqa: ANN401
        for stream in self._ledger(request).active_streams():
            stream.delivery.set_paused(paused=paused)
        return self._delivery(request)


class QldbService:
    """The service in this process, from `start` (or ``with``) until `stop`.

    Parameters
    ----------
    port
        TCP port of the loopback interface; 0 takes a free one, see `port`.
    surroundings
        Where the emulator is, and in which region and account this service.
    plane
        The control plane to serve, instead of a new one.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        surroundings: Surroundings | None = None,
        plane: ControlPlane | None = None,
    ) -> None:
        if (surroundings is None) == (plane is None):
            raise TypeError("either surroundings or plane")
        self.plane = plane or ControlPlane(surroundings or Surroundings(aws_endpoint=""))
        handler = type("_BoundHandler", (_Handler,), {"service": _Service(self.plane)})
        self._server = _Server((HOST, port), handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )

    @property
    def port(self) -> int:
        """TCP port on which the service listens."""
        return int(self._server.server_address[1])

    @property
    def endpoint(self) -> str:
        """URL of the service."""
        return f"http://{HOST}:{self.port}"

    def start(self) -> None:
        """Answer requests from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Cancel all streams and stop answering."""
        self._server.shutdown()
        self._server.server_close()
        self.plane.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # A port that was in use a moment ago may be taken, one that is in use may not.
    allow_reuse_address = True


class _Handler(BaseHTTPRequestHandler):
    """One connection; `QldbService` derives a class that knows the service."""

    protocol_version = "HTTP/1.1"
    server_version = "simulated-qldb"
    service: ClassVar[_Service]

    def setup(self) -> None:
        super().setup()
        # Small answers would wait for the client's acknowledgement.
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def answer_request(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        if size > MAX_BODY_BYTES:
            self.close_connection = True
            self._refuse(413, "RequestEntityTooLarge", {"Message": "the body is too large"})
            return
        body = self.rfile.read(size)
        try:
            answer = self.service.answer(self.command, self.path, body)
        except ApiError as error:
            self._refuse(error.status, error.code, error.members)
        except TransactionError as error:
            self._refuse(400, "TransactionError", {"Message": str(error)})
        except Exception as error:  # noqa: BLE001 - the connection would end without an answer
            # No trace in the log: its text may quote a document.
            place = traceback.extract_tb(error.__traceback__)[-1]
            reason = f"{type(error).__name__} in {place.name}, line {place.lineno}"
            _log.error("%s %s: %s", self.command, self.path, reason)
            self._refuse(500, "InternalFailure", {"Message": reason})
        else:
            self._give(answer)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer_request  # noqa: N815 - its base's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its base's name
        _log.debug(format, *args)

    def _give(self, answer: object) -> None:
        if answer is None:
            message = f"no operation {self.command} {urlsplit(self.path).path}"
            self._refuse(404, "UnknownOperationException", {"Message": message})
        elif isinstance(answer, bytes):
            self._send(200, ION_TYPE, answer, {})
        else:
            self._send(200, JSON_TYPE, json.dumps(answer).encode(), {})

    def _refuse(self, status: int, code: str, members: Mapping[str, str]) -> None:
        body = json.dumps({"__type": code, **members}).encode()
        self._send(status, JSON_TYPE, body, {"x-amzn-ErrorType": code})

    def _send(self, status: int, kind: str, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def _options(body: Mapping[str, Any]) -> DeliveryOptions:
    arguments: dict[str, Any] = {}
    for name, value in body.items():
        if name not in _OPTION_FIELDS:
            raise ApiError("InvalidParameterException", f"there is no option {name}")
        attribute, kind = _OPTION_FIELDS[name]
        if value is None:
            continue
        if not isinstance(value, kind):
            raise ApiError("InvalidParameterException", f"{name} is not a {kind.__name__}")
        arguments[attribute] = value
    try:
        return DeliveryOptions(**arguments)
    except ValueError as error:
        raise ApiError("InvalidParameterException", str(error)) from error


def _ion(value: object) -> bytes:
    return bytes(simpleion.dumps(value))


def _block_json(block: Block) -> dict[str, Any]:
    return {
        "sequenceNo": block.sequence_no,
        "strandId": block.strand_id,
        "transactionId": block.transaction_id,
        "blockTimestamp": block.block_timestamp.isoformat(timespec="milliseconds"),
        "blockHash": block.block_hash.hex(),
        "documents": [_document_json(revision) for revision in block.documents],
    }


def _document_json(revision: Revision) -> dict[str, Any]:
    return {
        "tableName": revision.table_name,
        "documentId": revision.document_id,
        "version": revision.version,
        "isDeleted": revision.is_deleted,
        "hash": revision.hash.hex(),
    }


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m qldb_simulator.service", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="of the loopback interface")
    parser.add_argument("--aws-endpoint", required=True, help="URL of the emulator")
    parser.add_argument("--region", default="us-east-1")
    parser.add_argument("--account", default="000000000000")
    parser.add_argument("--log-level", default="INFO")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=options.log_level, format="%(asctime)s %(levelname)s %(message)s")
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    surroundings = Surroundings(
        aws_endpoint=options.aws_endpoint, region=options.region, account=options.account
    )
    try:
        service = QldbService(port=options.port, surroundings=surroundings)
    except OSError as error:
        print(
            f"port {options.port} cannot be used ({error.strerror}): end what listens there or "
            "choose another one with --port",
            file=sys.stderr,
        )
        return 1
    with service:
        print(f"simulated QLDB ready on {service.endpoint}", flush=True)
        ended.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
