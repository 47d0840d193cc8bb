"""The control-plane paths of the QLDB API that the provider calls, in a few lines."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType
    from typing import Self

_PREFIX = "arn:aws:qldb:us-east-1:000000000000"


class QldbStub:
    """A QLDB service that remembers ledgers, streams and tags and nothing else."""

    def __init__(self) -> None:
        self.ledgers: dict[str, dict[str, Any]] = {}
        self.streams: dict[str, dict[str, Any]] = {}
        self.tags: dict[str, dict[str, str]] = {}
        self._ids: Iterator[str] = (f"{number:022d}" for number in range(1, 1000))
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(length) or b"{}")
                url = urlsplit(self.path)
                parts = [unquote(part) for part in url.path.strip("/").split("/")]
                status, reply = stub.handle(self.command, parts, parse_qs(url.query), body)
                data = json.dumps(reply).encode()
                self.send_response(status)
                if status >= 400:
                    self.send_header("x-amzn-ErrorType", reply["code"])
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PATCH = do_DELETE = answer

            def log_message(self, *arguments: object) -> None:
                del arguments

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def handle(
        self, method: str, parts: list[str], query: dict[str, list[str]], body: dict[str, Any]
    ) -> tuple[int, dict[str, Any]]:
        match method, parts:
            case "POST", ["ledgers"]:
                return self._create_ledger(body)
            case _, ["ledgers", name, *_] if name not in self.ledgers:
                return 404, {"code": "ResourceNotFoundException", "Message": "no such ledger"}
            case "GET", ["ledgers", name]:
                return 200, self.ledgers[name]
            case "PATCH", ["ledgers", name, *_]:
                self.ledgers[name].update(body)
                return 200, self.ledgers[name]
            case "DELETE", ["ledgers", name]:
                if self.ledgers[name]["DeletionProtection"]:
                    code = "ResourcePreconditionNotMetException"
                    return 412, {"code": code, "Message": "deletion protection is on"}
                del self.ledgers[name]
                return 200, {}
            case "POST", ["ledgers", name, "journal-kinesis-streams"]:
                return self._create_stream(name, body)
            case _, ["ledgers", _, "journal-kinesis-streams", stream] if stream not in self.streams:
                return 404, {"code": "ResourceNotFoundException", "Message": "no such stream"}
            case "GET", ["ledgers", _, "journal-kinesis-streams", stream]:
                return 200, {"Stream": self.streams[stream]}
            case "DELETE", ["ledgers", _, "journal-kinesis-streams", stream]:
                self.streams[stream]["Status"] = "CANCELED"
                return 200, {"StreamId": stream}
            case "GET", ["tags", arn]:
                return 200, {"Tags": self.tags.get(arn, {})}
            case "POST", ["tags", arn]:
                self.tags.setdefault(arn, {}).update(body["Tags"])
                return 200, {}
            case "DELETE", ["tags", arn]:
                for key in query["tagKeys"]:
                    self.tags[arn].pop(key, None)
                return 200, {}
        return 400, {"code": "InvalidParameterException", "Message": f"{method} {parts}"}

    def _create_ledger(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        name = body["Name"]
        if name in self.ledgers:
            return 409, {"code": "ResourceAlreadyExistsException", "Message": "exists"}
        arn = f"{_PREFIX}:ledger/{name}"
        self.tags[arn] = body.pop("Tags")
        self.ledgers[name] = {**body, "Arn": arn, "State": "ACTIVE"}
        return 200, self.ledgers[name]

    def _create_stream(self, ledger: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        stream = next(self._ids)
        arn = f"{_PREFIX}:stream/{ledger}/{stream}"
        self.tags[arn] = body.pop("Tags")
        self.streams[stream] = {
            **body,
            "LedgerName": ledger,
            "StreamId": stream,
            "Arn": arn,
            "Status": "ACTIVE",
        }
        return 200, {"StreamId": stream}
