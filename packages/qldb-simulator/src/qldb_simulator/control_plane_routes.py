"""Routes of QLDB's own API: REST with JSON, API version 2019-01-02. Signatures are not checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from qldb_simulator.http_messages import Request, Response, json_response
from qldb_simulator.proofs import get_block, get_digest, get_revision

if TYPE_CHECKING:
    from collections.abc import Callable

    from qldb_simulator.control_plane import ControlPlane
    from qldb_simulator.resources import LedgerResource

    Route = tuple[str, str, Callable[[Request], Response]]

NAME: Final = "([^/]+)"
"""One segment of a path, as a regular expression."""

_REST: Final = "(.+)"


def control_plane_routes(plane: ControlPlane) -> list[Route]:
    """Return method, path pattern and handler of each operation."""

    def ledger(request: Request) -> LedgerResource:
        return plane.ledger(request.parts[0])

    one, tags = f"/ledgers/{NAME}", f"/tags/{_REST}"
    streams, exports = f"{one}/journal-kinesis-streams", f"{one}/journal-s3-exports"
    operations: list[tuple[str, str, Callable[[Request], dict[str, Any]]]] = [
        ("POST", "/ledgers", lambda r: plane.create_ledger(r.json())),
        ("GET", "/ledgers", lambda r: plane.list_ledgers(r.query)),
        ("GET", one, lambda r: plane.describe_ledger(*r.parts)),
        ("PATCH", one, lambda r: plane.update_ledger(r.parts[0], r.json())),
        ("DELETE", one, lambda r: plane.delete_ledger(*r.parts)),
        (
            "PATCH",
            f"{one}/permissions-mode",
            lambda r: plane.update_permissions_mode(r.parts[0], r.json()),
        ),
        ("POST", streams, lambda r: plane.stream_journal(r.parts[0], r.json())),
        ("GET", streams, lambda r: plane.list_streams(r.parts[0], r.query)),
        ("GET", f"{streams}/{NAME}", lambda r: plane.describe_stream(*r.parts)),
        ("DELETE", f"{streams}/{NAME}", lambda r: plane.cancel_stream(*r.parts)),
        ("POST", exports, lambda r: plane.export_journal(r.parts[0], r.json())),
        ("GET", exports, lambda r: plane.list_ledger_exports(r.parts[0], r.query)),
        ("GET", f"{exports}/{NAME}", lambda r: plane.describe_export(*r.parts)),
        ("GET", "/journal-s3-exports", lambda r: plane.list_exports(r.query)),
        ("POST", f"{one}/digest", lambda r: get_digest(ledger(r))),
        ("POST", f"{one}/block", lambda r: get_block(ledger(r), r.json())),
        ("POST", f"{one}/revision", lambda r: get_revision(ledger(r), r.json())),
        ("GET", tags, lambda r: plane.list_tags(*r.parts)),
        ("POST", tags, lambda r: plane.tag(r.parts[0], r.json())),
        ("DELETE", tags, lambda r: plane.untag(r.parts[0], r.query.get("tagKeys", []))),
    ]
    return [(method, path, _with_json(operation)) for method, path, operation in operations]


def _with_json(operation: Callable[[Request], dict[str, Any]]) -> Callable[[Request], Response]:
    return lambda request: json_response(operation(request))
