"""The QLDB control plane, with its state in memory.

Operations, members, rules of validation and errors follow the API model 2019-01-02. A ledger is
ACTIVE as soon as it is described, and gone as soon as it is deleted.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from qldb_simulator.api_errors import (
    ApiError,
    already_exists,
    in_use,
    not_found,
    precondition_not_met,
)
from qldb_simulator.delivery import StreamDelivery, StreamTarget
from qldb_simulator.delivery_role import DeliveryRole
from qldb_simulator.export_request import ExportRequest
from qldb_simulator.exports import MAX_ACTIVE_EXPORTS, Export
from qldb_simulator.ids import new_ids
from qldb_simulator.journal import Ledger, utc_now
from qldb_simulator.pages import page
from qldb_simulator.parameters import check_name, kms_key, optional, permissions_mode, required
from qldb_simulator.resources import LedgerResource, StreamResource
from qldb_simulator.stream_request import StreamRequest
from qldb_simulator.tags import check_tag_keys, merge_tags, read_tags

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from qldb_simulator.config import ExportLayout, SimulatorConfig
    from qldb_simulator.export_writer import ExportClientSource
    from qldb_simulator.kinesis_writer import ClientSource

MAX_ACTIVE_STREAMS: Final = 5
"""Active streams of one ledger ("Quotas and limits in Amazon QLDB")."""

FIRST_ATTEMPT_SECONDS: Final = 5.0
"""How long StreamJournalToKinesis waits for Kinesis's first answer, to report it as status."""


class ControlPlane:
    """The ledgers of one account in one region. Thread-safe.

    Parameters
    ----------
    config
        Configuration of the simulator.
    clients
        Returns the source of a stream's Kinesis clients for a role ARN, stream id and stream ARN.
        By default, a source that uses a role of the simulator.
    export_clients
        The same for an export's S3 clients.
    clock
        Returns the current time for ledgers, streams and exports.
    """

    def __init__(
        self,
        config: SimulatorConfig,
        *,
        clients: Callable[[str, str, str], ClientSource] | None = None,
        export_clients: Callable[[str, str, str], ExportClientSource] | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._config = config
        self._clients = clients or self._delivery_role
        self._export_clients = export_clients or self._delivery_role
        self._clock = clock
        self._new_id = new_ids()
        self._lock = threading.RLock()
        self._ledgers: dict[str, LedgerResource] = {}

    @property
    def export_layout(self) -> ExportLayout:
        """Size of the objects of exports, for ledgers that set no other."""
        return self._config.export_layout

    def close(self) -> None:
        """Cancel all streams and exports and delete their roles, even if IAM no longer answers."""
        with self._lock:
            for ledger in self._ledgers.values():
                for export in ledger.active_exports():
                    export.cancel()
                for stream in ledger.active_streams():
                    with suppress(BotoCoreError, ClientError):
                        stream.delivery.cancel()

    def ledger(self, name: str) -> LedgerResource:
        """Return a ledger.

        Raises
        ------
        ApiError
            With the code ResourceNotFoundException, or InvalidParameterException for an invalid
            name.
        """
        check_name(name, "Name")
        with self._lock:
            found = self._ledgers.get(name)
        if found is None:
            raise not_found("Ledger", name)
        return found

    def create_ledger(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """CreateLedger."""
        name = required(body, "Name", str)
        check_name(name, "Name")
        mode = permissions_mode(body)
        protection = optional(body, "DeletionProtection", bool)
        key = kms_key(body)
        tags = read_tags(body.get("Tags") or {})
        with self._lock:
            if name in self._ledgers:
                raise already_exists("Ledger", name)
            ledger = LedgerResource(
                name=name,
                arn=self._arn(f"ledger/{name}"),
                created=self._clock(),
                permissions_mode=mode,
                deletion_protection=True if protection is None else protection,
                kms_key=key,
                tags=tags,
                journal=Ledger(clock=self._clock),
                export_layout=self._config.export_layout,
            )
            self._ledgers[name] = ledger
        answer = ledger.summarize(state="CREATING") | {"PermissionsMode": mode}
        if key:
            answer["KmsKeyArn"] = key
        return answer

    def describe_ledger(self, name: str) -> dict[str, Any]:
        """DescribeLedger."""
        ledger = self.ledger(name)
        return ledger.describe() | {"PermissionsMode": ledger.permissions_mode}

    def update_ledger(self, name: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """UpdateLedger."""
        ledger = self.ledger(name)
        protection = optional(body, "DeletionProtection", bool)
        key = kms_key(body)
        with self._lock:
            if protection is not None:
                ledger.deletion_protection = protection
            if key is not None:
                ledger.kms_key = key
        return ledger.describe()

    def update_permissions_mode(self, name: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """UpdateLedgerPermissionsMode."""
        ledger = self.ledger(name)
        ledger.permissions_mode = permissions_mode(body)
        return {
            "Name": name,
            "Arn": ledger.arn,
            "PermissionsMode": ledger.permissions_mode,
        }

    def delete_ledger(self, name: str) -> dict[str, Any]:
        """DeleteLedger: refused under deletion protection, or while a stream or export is active.

        That an export holds a ledger is a choice of this simulator.
        """
        with self._lock:
            ledger = self.ledger(name)
            if ledger.deletion_protection:
                raise precondition_not_met(
                    "Ledger",
                    name,
                    f"the deletion protection of ledger {name} is on; turn it off first",
                )
            if ledger.active_streams():
                raise in_use("Ledger", name, f"ledger {name} has active streams; cancel them first")
            if ledger.active_exports():
                raise in_use("Ledger", name, f"ledger {name} has an export in progress")
            del self._ledgers[name]
        return {}

    def list_ledgers(self, query: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        """ListLedgers."""
        with self._lock:
            ledgers = sorted(self._ledgers.values(), key=lambda ledger: ledger.name)
        return page("Ledgers", [ledger.list_entry() for ledger in ledgers], query)

    def stream_journal(self, name: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """StreamJournalToKinesis."""
        ledger = self.ledger(name)
        request = StreamRequest.from_body(body, now=self._clock())
        stream = self._new_stream(ledger, request)
        with self._lock:
            _check_room_for_stream(ledger, request.name)
            ledger.streams[stream.stream_id] = stream
            stream.delivery.start()
        stream.delivery.wait_for_first_attempt(FIRST_ATTEMPT_SECONDS)
        return {"StreamId": stream.stream_id}

    def describe_stream(self, name: str, stream_id: str) -> dict[str, Any]:
        """DescribeJournalKinesisStream."""
        return {"Stream": self._stream(name, stream_id).describe()}

    def cancel_stream(self, name: str, stream_id: str) -> dict[str, Any]:
        """CancelJournalKinesisStream: refused for a stream that has ended."""
        stream = self._stream(name, stream_id)
        if stream.has_ended:
            raise precondition_not_met("Stream", stream_id, f"stream {stream_id} has ended")
        stream.delivery.cancel()
        return {"StreamId": stream_id}

    def list_streams(self, name: str, query: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        """ListJournalKinesisStreamsForLedger, ended ones included."""
        streams = list(self.ledger(name).streams.values())
        return page("Streams", [stream.describe() for stream in streams], query)

    def export_journal(self, name: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """ExportJournalToS3."""
        ledger = self.ledger(name)
        request = ExportRequest.from_body(body, now=self._clock())
        export = self._new_export(ledger, request)
        with self._lock:
            _check_room_for_export(ledger)
            ledger.exports[export.export_id] = export
        try:
            # Without the lock: S3 may be slow.
            export.start()
        except BaseException:
            del ledger.exports[export.export_id]
            raise
        return {"ExportId": export.export_id}

    def export(self, name: str, export_id: str) -> Export:
        """Return an export that has not expired.

        Raises
        ------
        ApiError
            With the code ResourceNotFoundException.
        """
        export = self.ledger(name).current_exports(self._clock()).get(export_id)
        if export is None:
            raise not_found("Export", export_id)
        return export

    def describe_export(self, name: str, export_id: str) -> dict[str, Any]:
        """DescribeJournalS3Export."""
        return {"ExportDescription": self.export(name, export_id).describe()}

    def list_exports(self, query: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        """ListJournalS3Exports."""
        with self._lock:
            ledgers = list(self._ledgers.values())
        return self._export_page(ledgers, query)

    def list_ledger_exports(self, name: str, query: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        """ListJournalS3ExportsForLedger."""
        return self._export_page([self.ledger(name)], query)

    def list_tags(self, arn: str) -> dict[str, Any]:
        """ListTagsForResource."""
        with self._lock:
            return {"Tags": dict(self._tagged(arn).tags)}

    def tag(self, arn: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """TagResource."""
        with self._lock:
            resource = self._tagged(arn)
            resource.tags = merge_tags(resource.tags, read_tags(required(body, "Tags", dict)))
        return {}

    def untag(self, arn: str, keys: Sequence[str]) -> dict[str, Any]:
        """UntagResource; keys that the resource does not have are ignored."""
        with self._lock:
            resource = self._tagged(arn)
            check_tag_keys(keys)
            for key in keys:
                resource.tags.pop(key, None)
        return {}

    def _arn(self, resource: str) -> str:
        return f"arn:aws:qldb:{self._config.region}:{self._config.account}:{resource}"

    def _export_page(
        self, ledgers: Sequence[LedgerResource], query: Mapping[str, Sequence[str]]
    ) -> dict[str, Any]:
        now = self._clock()
        exports = [
            export.describe()
            for ledger in ledgers
            for export in ledger.current_exports(now).values()
        ]
        return page("JournalS3Exports", exports, query)

    def _new_export(self, ledger: LedgerResource, request: ExportRequest) -> Export:
        export_id = self._new_id()
        # An export has no ARN of its own: conditions can only match it by a wildcard for all of
        # QLDB, as AWS's own export role does (example-qldb-ledger-migration, ledger-export.yml).
        source_arn = self._arn(f"journal-s3-export/{ledger.name}/{export_id}")
        return Export(
            export_id=export_id,
            ledger_name=ledger.name,
            strand_id=ledger.journal.strand_id,
            source=ledger,
            request=request,
            layout=ledger.export_layout,
            clients=self._export_clients(request.role_arn, export_id, source_arn),
            clock=self._clock,
        )

    def _delivery_role(self, role_arn: str, source_id: str, source_arn: str) -> DeliveryRole:
        return DeliveryRole(
            endpoint=self._config.aws_endpoint,
            region=self._config.region,
            account=self._config.account,
            role_arn=role_arn,
            source_id=source_id,
            source_arn=source_arn,
            recheck_seconds=self._config.policy_recheck_seconds,
        )

    def _new_stream(self, ledger: LedgerResource, request: StreamRequest) -> StreamResource:
        stream_id = self._new_id()
        arn = self._arn(f"stream/{ledger.name}/{stream_id}")
        target = StreamTarget(
            stream_arn=arn,
            kinesis_stream_arn=request.kinesis_stream_arn,
            inclusive_start=request.inclusive_start,
            exclusive_end=request.exclusive_end,
            aggregation=request.aggregation,
        )
        delivery = StreamDelivery(
            source=ledger,
            target=target,
            clients=self._clients(request.role_arn, stream_id, arn),
            options=ledger.options,
            timing=self._config.timing,
            now=self._clock,
        )
        return StreamResource(
            stream_id=stream_id,
            name=request.name,
            arn=arn,
            ledger_name=ledger.name,
            role_arn=request.role_arn,
            created=self._clock(),
            tags=request.tags,
            delivery=delivery,
        )

    def _stream(self, name: str, stream_id: str) -> StreamResource:
        stream = self.ledger(name).streams.get(stream_id)
        if stream is None:
            raise not_found("Stream", stream_id)
        return stream

    def _tagged(self, arn: str) -> LedgerResource | StreamResource:
        for ledger in self._ledgers.values():
            if ledger.arn == arn:
                return ledger
            for stream in ledger.streams.values():
                if stream.arn == arn:
                    return stream
        raise not_found("Resource", arn)


def _check_room_for_stream(ledger: LedgerResource, stream_name: str) -> None:
    active = ledger.active_streams()
    if any(stream.name == stream_name for stream in active):
        raise precondition_not_met(
            "Stream", stream_name, f"ledger {ledger.name} has an active stream {stream_name}"
        )
    if len(active) >= MAX_ACTIVE_STREAMS:
        raise ApiError(
            "LimitExceededException",
            f"ledger {ledger.name} has {MAX_ACTIVE_STREAMS} active streams, which is the maximum",
            ResourceType="Stream",
        )


def _check_room_for_export(ledger: LedgerResource) -> None:
    if len(ledger.active_exports()) >= MAX_ACTIVE_EXPORTS:
        raise ApiError(
            "LimitExceededException",
            f"ledger {ledger.name} exceeds the limit of {MAX_ACTIVE_EXPORTS} concurrent journal "
            "export jobs",
            ResourceType="JournalS3Export",
        )
