"""Profiles the function's CPU time by part, over all its threads.

Functions at the boundaries of the parts are wrapped with a clock of the thread's CPU time. The time
of a nested part counts for the inner one only. Sampling or tracing profilers see only one thread,
or cost more than what they measure. The lower bound is the cost of the same batches with the
fastest code known for each unavoidable step.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import json
import os
import sys
import threading
import time
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from bench.contenders import HANDLER, Context, contender
from bench.lower_bound import lower_bound
from bench.measured_process import Totals, run
from handler.direct_http import DirectSession

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.awsrequest import AWSPreparedRequest

    from handler.direct_http import Answer

AGGREGATION: Final = "base64 and de-aggregation"
DECODING: Final = "Ion: what the record is"
CONVERSION: Final = "Ion to attribute values"
STATEMENTS: Final = "statements and requests"
SERIALIZATION: Final = "request to JSON"
SIGNING: Final = "signing"
HTTP: Final = "HTTP and sockets"
PARSING: Final = "response to objects"
CLIENT: Final = "rest of the client"
TELEMETRY: Final = "metrics and log"
REST: Final = "rest: batch, threads, locks"

PARTS: Final = (
    (AGGREGATION, "pybase64:b64decode"),
    (AGGREGATION, "handler.aggregation:user_records"),
    (DECODING, "journal.revisions:read_record"),
    (CONVERSION, "handler.replica:write_for"),
    (STATEMENTS, "handler.replica:insert_statement"),
    (STATEMENTS, "handler.replica:update_statement"),
    (STATEMENTS, "handler.writer:BatchStatementWriter._request"),
    (STATEMENTS, "handler.writer:BatchStatementWriter.write"),
    (SERIALIZATION, "botocore.serialize:JSONSerializer.serialize_to_request"),
    (SERIALIZATION, "orjson:dumps"),
    (SERIALIZATION, "json:dumps"),
    (SIGNING, "botocore.signers:RequestSigner.sign"),
    (SIGNING, "botocore.auth:SigV4Auth.add_auth"),
    (SIGNING, "handler.signature:Signature.headers"),
    (HTTP, "handler.direct_http:DirectSession.send"),
    (HTTP, "botocore.httpsession:URLLib3Session.send"),
    (HTTP, "urllib3.connectionpool:HTTPConnectionPool.urlopen"),
    (PARSING, "botocore.parsers:ResponseParser.parse"),
    (PARSING, "orjson:loads"),
    (CLIENT, "botocore.client:BaseClient._make_api_call"),
    (CLIENT, "handler.dynamodb_transport:StatementTransport.batch_execute_statement"),
    (TELEMETRY, "handler.telemetry:PowertoolsTelemetry.publish"),
)
"""The measured functions, as module and name."""


@dataclass(frozen=True, kw_only=True)
class Profile:
    """CPU time per revision, in microseconds.

    Attributes
    ----------
    total
        CPU time of the unchanged function, measured without the clocks.
    parts
        CPU time of each part, with the clocks; their own cost is subtracted from the rest.
    lower_bound
        CPU time of the unavoidable steps.
    unknown
        Names that do not exist in the code.
    """

    total: float
    parts: dict[str, float]
    lower_bound: dict[str, float]
    unknown: list[str]


class Clocks:
    """Measures the CPU time of all threads by part."""

    def __init__(self) -> None:
        self._local = threading.local()
        self._lock = threading.Lock()
        self._seconds: dict[str, float] = defaultdict(float)

    @property
    def seconds(self) -> dict[str, float]:
        """Seconds of each part so far."""
        return dict(self._seconds)

    def wrap(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that does the same and is measured."""

        @functools.wraps(function)
        def measured(*arguments: Any, **keywords: Any) -> Any:  # noqa: ANN401 (whatever it takes)
            stack = self._stack()
            stack.append(0.0)
            began = time.thread_time()
            try:
                return function(*arguments, **keywords)
            finally:
                took = time.thread_time() - began
                inner = stack.pop()
                if stack:
                    stack[-1] += took
                with self._lock:
                    self._seconds[part] += took - inner

        return measured

    def _stack(self) -> list[float]:
        stack: list[float] | None = getattr(self._local, "stack", None)
        if stack is None:
            stack = self._local.stack = []
        return stack


def install(clocks: Clocks) -> list[str]:
    """Add clocks at the boundaries of all parts; return the names that do not exist."""
    unknown = []
    for part, name in PARTS:
        try:
            holder, attribute = holder_of(name)
            original = getattr(holder, attribute)
        except (ImportError, AttributeError):
            unknown.append(name)
            continue
        replacement = clocks.wrap(part, original)
        setattr(holder, attribute, replacement)
        if isinstance(holder, ModuleType):
            _replace_imported(original, replacement)
    return unknown


def holder_of(name: str) -> tuple[Any, str]:
    """Return the module or class that holds a function, and the function's name in it.

    Parameters
    ----------
    name
        As in `PARTS`.

    Raises
    ------
    ImportError, AttributeError
        If the module or class does not exist.
    """
    module_name, _, path = name.partition(":")
    *outer, attribute = path.split(".")
    return functools.reduce(getattr, outer, importlib.import_module(module_name)), attribute


def _replace_imported(original: object, replacement: object) -> None:
    """Replace a function in the modules that imported it by name."""
    for module_name, module in list(sys.modules.items()):
        if module_name.split(".")[0] == "handler":
            for name, value in list(vars(module).items()):
                if value is original:
                    setattr(module, name, replacement)


def profile(file: Path, endpoint: str) -> Profile:
    """Profile the function in this process on the batches of a file."""
    replicate = contender(HANDLER, os.environ)
    unclocked = run(replicate, file, warm_up=1)
    bodies = _request_bodies(file, replicate)
    clocks = Clocks()
    before: dict[str, float] = {}
    unknown = install(clocks)
    # The function's objects are older than the clocks, but their methods are looked up by class.
    measured = run(replicate, file, warm_up=1, on_warm=lambda: before.update(clocks.seconds))
    parts = {
        part: 1e6 * (seconds - before.get(part, 0.0)) / measured.revisions
        for part, seconds in clocks.seconds.items()
    }
    total = _microseconds(unclocked)
    order = dict.fromkeys(part for part, _ in PARTS)
    parts = {part: parts[part] for part in order if part in parts}
    return Profile(
        total=total,
        parts={**parts, REST: max(0.0, total - sum(parts.values()))},
        lower_bound=lower_bound(file, bodies, endpoint),
        unknown=unknown,
    )


def _microseconds(totals: Totals) -> float:
    return 1e6 * totals.cpu_seconds / totals.revisions


def _request_bodies(file: Path, replicate: Callable[..., object]) -> list[bytes]:
    """Return the requests that the function sends for the first batch."""
    bodies: list[Any] = []
    lock = threading.Lock()
    send = DirectSession.send

    def recorded(self: DirectSession, request: AWSPreparedRequest) -> Answer:
        with lock:
            bodies.append(request.body)
        return send(self, request)

    DirectSession.send = recorded  # type: ignore[method-assign]
    try:
        with file.open(encoding="ascii") as lines:
            replicate(json.loads(next(lines))["event"], Context())
    finally:
        DirectSession.send = send  # type: ignore[method-assign]
    return bodies


def main() -> None:
    """Profile in this process."""
    parser = argparse.ArgumentParser(prog="python -m bench.cpu_profile", description=__doc__)
    parser.add_argument("events", type=Path, help="file of batches")
    parser.add_argument("result", type=Path, help="file for the profile, as JSON")
    options = parser.parse_args()
    found = profile(options.events, os.environ["AWS_ENDPOINT_URL"])
    options.result.write_text(json.dumps(asdict(found)))


if __name__ == "__main__":
    main()
