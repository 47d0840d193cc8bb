"""Journal exports to S3: one thread for each export, from its request to its end.

Documented (API model, "Exporting journal data from Amazon QLDB"): the initial manifest is written
when the request is submitted, and a bucket that QLDB cannot write to refuses the request; the final
manifest is written last; a finished export expires after seven days.

Inferred: the status IN_PROGRESS ends as CANCELLED if S3 refuses an object later on, because the
model has no status for a failure and no member for its cause. The cause is in the simulator's log
and in `Export.progress`.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Literal

from botocore.exceptions import BotoCoreError, ClientError

from qldb_simulator.api_errors import ApiError, invalid
from qldb_simulator.delivery_role import PermissionRevokedError
from qldb_simulator.export_objects import (
    completed_manifest,
    completed_manifest_name,
    data_objects,
    started_manifest,
    started_manifest_name,
)
from qldb_simulator.export_writer import object_request
from qldb_simulator.kinesis_writer import error_code

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future
    from datetime import datetime

    from qldb_simulator.blocks import Block
    from qldb_simulator.config import ExportLayout
    from qldb_simulator.delivery import BlockSource
    from qldb_simulator.export_request import ExportRequest
    from qldb_simulator.export_writer import ExportClientSource

MAX_ACTIVE_EXPORTS: Final = 2
"""Concurrent exports of one ledger (API model, ExportJournalToS3)."""

EXPIRES_AFTER: Final = timedelta(days=7)
"""How long a finished export is described ("Quotas and limits in Amazon QLDB")."""

ExportStatus = Literal["IN_PROGRESS", "COMPLETED", "CANCELLED"]

_BLOCKS_PER_READ: Final = 100
_UPLOADS_AT_ONCE: Final = 4
_WAITING_UPLOADS: Final = 8
_INVALID_BUCKET: Final = frozenset({"AccessDenied", "NoSuchBucket"})

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class ExportProgress:
    """How far an export is.

    Attributes
    ----------
    blocks, objects, bytes
        What was sent to S3 so far, manifests excluded.
    error
        Why the export was cancelled, as a name; None without an error.
    """

    status: ExportStatus
    blocks: int = 0
    objects: int = 0
    bytes: int = 0
    error: str | None = None


class Export:
    """One export job. Thread-safe.

    Parameters
    ----------
    export_id
        Id of the export.
    ledger_name
        Name of the ledger.
    strand_id
        Strand of the ledger's journal.
    source
        The journal. Blocks that are committed after the request are not exported.
    request
        What to export, and where to.
    layout
        Size of the data objects.
    clients
        Provides the S3 client, or raises an error.
    clock
        The control plane's clock.
    """

    def __init__(
        self,
        *,
        export_id: str,
        ledger_name: str,
        strand_id: str,
        source: BlockSource,
        request: ExportRequest,
        layout: ExportLayout,
        clients: ExportClientSource,
        clock: Callable[[], datetime],
    ) -> None:
        self.export_id = export_id
        self._ledger_name = ledger_name
        self._strand_id = strand_id
        self._source = source
        self._block_count = source.count_blocks()
        self._request = request
        self._layout = layout
        self._clients = clients
        self._clock = clock
        self._created = clock()
        self._ended: datetime | None = None
        self._lock = threading.Lock()
        self._cancelled = threading.Event()
        self._progress = ExportProgress(status="IN_PROGRESS")
        self._thread = threading.Thread(target=self._run, name="qldb-export", daemon=True)

    def start(self) -> None:
        """Write the initial manifest, start the export and return.

        Raises
        ------
        ApiError
            With the code InvalidParameterException, if QLDB cannot assume the role or cannot write
            to the bucket.
        """
        name = started_manifest_name(self.export_id)
        manifest = started_manifest(self._ledger_name, self.export_id, self._request)
        try:
            self._put(name, self._request.format.encode(manifest))
        except (PermissionRevokedError, ClientError, BotoCoreError) as error:
            self._remove_role()
            raise _refusal(error) from error
        self._thread.start()

    def cancel(self) -> None:
        """End the export if it has not ended; return when its role is deleted."""
        self._cancelled.set()
        if self._thread.ident is not None:
            self._thread.join()

    @property
    def progress(self) -> ExportProgress:
        """The current progress."""
        with self._lock:
            return self._progress

    @property
    def has_ended(self) -> bool:
        """Whether the export is completed or cancelled."""
        return self.progress.status != "IN_PROGRESS"

    def is_expired(self, now: datetime) -> bool:
        """Return whether the export ended too long ago to be described."""
        with self._lock:
            return self._ended is not None and now - self._ended >= EXPIRES_AFTER

    def describe(self) -> dict[str, Any]:
        """Return the members of JournalS3ExportDescription."""
        request = self._request
        return {
            "LedgerName": self._ledger_name,
            "ExportId": self.export_id,
            "ExportCreationTime": self._created.timestamp(),
            "Status": self.progress.status,
            "InclusiveStartTime": request.inclusive_start.timestamp(),
            "ExclusiveEndTime": request.exclusive_end.timestamp(),
            "S3ExportConfiguration": request.target.describe(),
            "RoleArn": request.role_arn,
            "OutputFormat": request.format.name,
        }

    def _run(self) -> None:
        status: ExportStatus = "CANCELLED"
        failure = None
        try:
            if self._write_journal():
                status = "COMPLETED"
        except Exception as error:  # noqa: BLE001 (an exception would end the thread unnoticed)
            failure = error_code(error)
            _log.error("export %s is cancelled: %s", self.export_id, failure)
        self._remove_role()
        with self._lock:
            self._ended = self._clock()
            self._progress = replace(self._progress, status=status, error=failure)

    def _remove_role(self) -> None:
        try:
            self._clients.remove()
        except (ClientError, BotoCoreError) as error:
            _log.warning("the role of export %s is left: %s", self.export_id, error_code(error))

    def _write_journal(self) -> bool:
        """Write data objects and final manifest; return whether the export was not cancelled."""
        keys: list[str] = []
        uploads: deque[Future[None]] = deque()
        form = self._request.format
        with ThreadPoolExecutor(_UPLOADS_AT_ONCE, thread_name_prefix="qldb-export") as pool:
            for item in data_objects(self._blocks(), form, self._layout):
                if len(uploads) == _WAITING_UPLOADS:
                    uploads.popleft().result()
                key = self._request.target.key_prefix + item.name
                arguments = object_request(self._request, key, item.body)
                uploads.append(pool.submit(_upload, self._clients.s3(), arguments))
                keys.append(key)
                self._count(item.blocks, len(item.body))
            for upload in uploads:
                upload.result()
        if self._cancelled.is_set():
            return False
        name = completed_manifest_name(self.export_id, self._strand_id)
        self._put(name, form.encode(completed_manifest(keys)))
        return True

    def _blocks(self) -> Iterator[Block]:
        """Yield the blocks whose time is in the range, until the export is cancelled."""
        position = 0
        while position < self._block_count:
            limit = min(_BLOCKS_PER_READ, self._block_count - position)
            blocks = self._source.read_blocks(position, limit)
            position += len(blocks)
            for block in blocks:
                # Times of blocks never decrease.
                is_past = block.block_timestamp >= self._request.exclusive_end
                if is_past or self._cancelled.is_set():
                    return
                if block.block_timestamp >= self._request.inclusive_start:
                    yield block

    def _put(self, name: str, body: bytes) -> None:
        key = self._request.target.key_prefix + name
        self._clients.s3().put_object(**object_request(self._request, key, body))

    def _count(self, blocks: int, size: int) -> None:
        with self._lock:
            before = self._progress
            self._progress = replace(
                before,
                blocks=before.blocks + blocks,
                objects=before.objects + 1,
                bytes=before.bytes + size,
            )


def _upload(client: Any, arguments: Any) -> None:  # noqa: ANN401 (boto3's types exist for mypy only)
    client.put_object(**arguments)


def _refusal(error: Exception) -> ApiError:
    """Return the error of a request whose bucket or role is not usable."""
    if isinstance(error, PermissionRevokedError):
        return invalid("RoleArn", str(error))
    if isinstance(error, ClientError):
        code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
        if code in _INVALID_BUCKET:
            return invalid(
                "S3ExportConfiguration",
                f"QLDB encountered an error validating S3 configuration: {code} {message}",
            )
        reason = f"{code} {message}"
    else:
        reason = type(error).__name__
    return invalid(
        "S3ExportConfiguration",
        "unexpected response from Amazon S3 while validating the S3 configuration. "
        f"Response from S3: {reason}",
    )
