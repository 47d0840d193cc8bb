"""The HTTP API without sockets, on a control plane whose streams and exports stay in memory."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from qldb_simulator.config import ExportLayout, SimulatorConfig, Timing
from qldb_simulator.control_plane import ControlPlane
from qldb_simulator.http_api import HttpApi
from qldb_simulator.journal import utc_now

from tests.support.memory_kinesis import KINESIS_ARN, wait_until
from tests.support.memory_s3 import MemoryS3

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from tests.support.memory_kinesis import MemoryKinesis

ROLE_ARN = "arn:aws:iam::000000000000:role/qldb"
STREAM = {
    "StreamName": "changes",
    "RoleArn": ROLE_ARN,
    "InclusiveStartTime": 1590710400.0,
    "KinesisConfiguration": {"StreamArn": KINESIS_ARN},
}
"""A body of StreamJournalToKinesis."""

EXPORT = {
    "InclusiveStartTime": 0.0,
    "ExclusiveEndTime": 1640995200.0,
    "S3ExportConfiguration": {
        "Bucket": "exports",
        "Prefix": "ledger/",
        "EncryptionConfiguration": {"ObjectEncryptionType": "NO_ENCRYPTION"},
    },
    "RoleArn": ROLE_ARN,
}
"""A body of ExportJournalToS3."""


def memory_plane(
    kinesis: MemoryKinesis,
    s3: MemoryS3 | None = None,
    clock: Callable[[], datetime] = utc_now,
    export_layout: ExportLayout | None = None,
) -> ControlPlane:
    config = SimulatorConfig(
        aws_endpoint="http://127.0.0.1:1",
        timing=Timing(retry=0.01, shuffle_window=0.05),
        export_layout=export_layout or ExportLayout(),
    )
    exports = s3 or MemoryS3()
    return ControlPlane(
        config, clients=lambda *_: kinesis, export_clients=lambda *_: exports, clock=clock
    )


class Api:
    """Sends requests to the API as the AWS provider would."""

    def __init__(self, plane: ControlPlane) -> None:
        self.plane = plane
        self._api = HttpApi(plane)

    def __call__(
        self, method: str, path: str, body: object = None
    ) -> tuple[int, str | None, dict[str, Any]]:
        """Return status, name of the error, and the JSON of the answer."""
        data = body if isinstance(body, bytes) else b"" if body is None else _json(body)
        response = self._api.respond(method, path, data)
        return response.status, response.error, json.loads(response.body)

    def create_ledger(self, name: str, **members: object) -> str:
        """Create a ledger that can be deleted and return its ARN."""
        defaults = {"Name": name, "PermissionsMode": "STANDARD", "DeletionProtection": False}
        status, _, answer = self("POST", "/ledgers", defaults | members)
        assert status == 200, answer
        return str(answer["Arn"])

    def create_stream(self, ledger: str, **members: object) -> str:
        """Start a stream of a ledger and return its id."""
        path = f"/ledgers/{ledger}/journal-kinesis-streams"
        status, _, answer = self("POST", path, STREAM | members)
        assert status == 200, answer
        return str(answer["StreamId"])

    def describe_stream(self, ledger: str, stream_id: str) -> dict[str, Any]:
        path = f"/ledgers/{ledger}/journal-kinesis-streams/{stream_id}"
        _, _, answer = self("GET", path)
        stream: dict[str, Any] = answer["Stream"]
        return stream

    def create_export(self, ledger: str, **members: object) -> str:
        """Start an export of a ledger and return its id."""
        path = f"/ledgers/{ledger}/journal-s3-exports"
        status, _, answer = self("POST", path, EXPORT | members)
        assert status == 200, answer
        return str(answer["ExportId"])

    def describe_export(self, ledger: str, export_id: str) -> dict[str, Any]:
        _, _, answer = self("GET", f"/ledgers/{ledger}/journal-s3-exports/{export_id}")
        export: dict[str, Any] = answer["ExportDescription"]
        return export

    def export(self, ledger: str, **members: object) -> str:
        """Export a ledger, wait until the export has ended and return its id."""
        export_id = self.create_export(ledger, **members)
        export = self.plane.export(ledger, export_id)
        wait_until(lambda: export.has_ended)
        return export_id


def _json(body: object) -> bytes:
    return json.dumps(body).encode()
