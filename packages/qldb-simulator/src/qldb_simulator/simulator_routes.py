"""Routes below ``/simulator/``, which have no counterpart in QLDB's own API.

They commit transactions (QLDB's session protocol is not simulated), read the state and the journal,
and control deliveries and exports.

| method and path below /simulator/ledgers/NAME | body -> answer |
|---|---|
| POST transactions | Ion list of operations (see `operation_encoding`) -> JSON of the block |
| GET tables | JSON: ids by name |
| GET tables/TABLE | binary Ion: latest revision by document id |
| GET generations | JSON: name, id and state of every table, dropped ones included |
| GET generations/ID | binary Ion: all revisions of a table by document id |
| GET blocks?from=N | binary Ion: blocks as in an S3 export |
| GET verification | JSON: faults of the journal |
| GET delivery | JSON: blocks, and the progress of each stream |
| PUT delivery-options | JSON: copies, shuffle, seed, recordsPerAggregate, aggregateBytes |
| POST redeliveries | JSON: fromSequenceNo and the options of this redelivery -> progress |
| POST delivery/pause, delivery/resume | -> progress |
| PUT export-layout | JSON: blocksPerObject, bytesPerObject of exports from now on -> the same |
| GET exports/ID | JSON: progress of an export, with the reason why it was cancelled |
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from qldb_simulator.api_errors import ApiError
from qldb_simulator.control_plane_routes import NAME
from qldb_simulator.delivery_plan import DeliveryOptions
from qldb_simulator.http_messages import ion_response, json_response
from qldb_simulator.operation_encoding import load_operations

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qldb_simulator.blocks import Block, Revision
    from qldb_simulator.control_plane import ControlPlane
    from qldb_simulator.control_plane_routes import Route
    from qldb_simulator.http_messages import Request, Response
    from qldb_simulator.resources import LedgerResource, StreamResource

_OPTION_FIELDS: Final = {
    "copies": ("copies", int),
    "shuffle": ("shuffle", bool),
    "seed": ("seed", int),
    "recordsPerAggregate": ("records_per_aggregate", int),
    "aggregateBytes": ("aggregate_bytes", int),
}
_LAYOUT_FIELDS: Final = {
    "blocksPerObject": ("blocks_per_object", int),
    "bytesPerObject": ("bytes_per_object", int),
}


def simulator_routes(plane: ControlPlane) -> list[Route]:
    """Return method, path pattern and handler of each operation."""
    handlers = _Handlers(plane)
    ledger = f"/simulator/ledgers/{NAME}"
    return [
        ("POST", f"{ledger}/transactions", handlers.commit),
        ("GET", f"{ledger}/tables", handlers.tables),
        ("GET", f"{ledger}/tables/{NAME}", handlers.state),
        ("GET", f"{ledger}/generations", handlers.generations),
        ("GET", f"{ledger}/generations/{NAME}", handlers.revisions),
        ("GET", f"{ledger}/blocks", handlers.blocks),
        ("GET", f"{ledger}/verification", handlers.verify),
        ("GET", f"{ledger}/delivery", handlers.delivery),
        ("PUT", f"{ledger}/delivery-options", handlers.set_options),
        ("POST", f"{ledger}/redeliveries", handlers.redeliver),
        ("PUT", f"{ledger}/export-layout", handlers.set_export_layout),
        ("GET", f"{ledger}/exports/{NAME}", handlers.export_progress),
        ("POST", f"{ledger}/delivery/pause", lambda r: handlers.set_paused(r, paused=True)),
        ("POST", f"{ledger}/delivery/resume", lambda r: handlers.set_paused(r, paused=False)),
    ]


class _Handlers:
    """Handlers of the routes; the first part of every path is a ledger's name."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane

    def commit(self, request: Request) -> Response:
        block = self._ledger(request).commit(load_operations(request.body))
        return json_response(_block_json(block))

    def tables(self, request: Request) -> Response:
        return json_response(self._ledger(request).journal.tables)

    def state(self, request: Request) -> Response:
        revisions = self._ledger(request).state(request.parts[1])
        return ion_response({key: revision.to_ion() for key, revision in revisions.items()})

    def generations(self, request: Request) -> Response:
        ledger = self._ledger(request)
        with ledger.lock:
            active = set(ledger.journal.tables.values())
            tables = ledger.journal.generations
        return json_response(
            {
                "Tables": [
                    {
                        "tableName": table.name,
                        "tableId": table.table_id,
                        "isActive": table.table_id in active,
                    }
                    for table in tables
                ]
            }
        )

    def revisions(self, request: Request) -> Response:
        documents = self._ledger(request).revisions(request.parts[1])
        return ion_response(
            {
                key: [revision.to_ion() for revision in revisions]
                for key, revisions in documents.items()
            }
        )

    def blocks(self, request: Request) -> Response:
        start = request.query.get("from", ["0"])[0]
        if not start.isdecimal():
            raise ApiError("InvalidParameterException", "expected a sequence number as from")
        ledger = self._ledger(request)
        blocks = ledger.read_blocks(int(start), ledger.count_blocks())
        return ion_response([block.to_ion() for block in blocks])

    def verify(self, request: Request) -> Response:
        ledger = self._ledger(request)
        with ledger.lock:
            return json_response({"Faults": ledger.journal.verify()})

    def delivery(self, request: Request) -> Response:
        ledger = self._ledger(request)
        return json_response(
            {
                "blocks": ledger.count_blocks(),
                "streams": [_progress_json(stream) for stream in list(ledger.streams.values())],
            }
        )

    def set_options(self, request: Request) -> Response:
        ledger = self._ledger(request)
        ledger.options = _options(request.json())
        for stream in ledger.active_streams():
            stream.delivery.set_options(ledger.options)
        return self.delivery(request)

    def redeliver(self, request: Request) -> Response:
        body = request.json()
        start = body.pop("fromSequenceNo", 0)
        if not isinstance(start, int) or start < 0:
            raise ApiError(
                "InvalidParameterException", "expected a sequence number as fromSequenceNo"
            )
        options = _options(body)
        for stream in self._ledger(request).active_streams():
            stream.delivery.redeliver(from_sequence_no=start, options=options)
        return self.delivery(request)

    def set_paused(self, request: Request, *, paused: bool) -> Response:
        for stream in self._ledger(request).active_streams():
            stream.delivery.set_paused(paused=paused)
        return self.delivery(request)

    def set_export_layout(self, request: Request) -> Response:
        ledger = self._ledger(request)
        try:
            # What a body leaves out is as configured, whatever an earlier one said.
            layout = replace(
                self._plane.export_layout, **_arguments(request.json(), _LAYOUT_FIELDS)
            )
        except ValueError as error:
            raise ApiError("InvalidParameterException", str(error)) from error
        ledger.export_layout = layout
        return json_response(
            {
                "blocksPerObject": layout.blocks_per_object,
                "bytesPerObject": layout.bytes_per_object,
            }
        )

    def export_progress(self, request: Request) -> Response:
        progress = self._plane.export(*request.parts).progress
        return json_response(
            {
                "status": progress.status,
                "blocks": progress.blocks,
                "objects": progress.objects,
                "bytes": progress.bytes,
                "error": progress.error,
            }
        )

    def _ledger(self, request: Request) -> LedgerResource:
        return self._plane.ledger(request.parts[0])


def _options(body: Mapping[str, Any]) -> DeliveryOptions:
    try:
        return DeliveryOptions(**_arguments(body, _OPTION_FIELDS))
    except ValueError as error:
        raise ApiError("InvalidParameterException", str(error)) from error


def _arguments(body: Mapping[str, Any], fields: Mapping[str, tuple[str, type]]) -> dict[str, Any]:
    """Return the members of a body by attribute; a null is left out."""
    arguments: dict[str, Any] = {}
    for name, value in body.items():
        if name not in fields:
            raise ApiError("InvalidParameterException", f"unknown option {name}")
        attribute, kind = fields[name]
        if value is None:
            continue
        if not isinstance(value, kind):
            raise ApiError("InvalidParameterException", f"{name}: expected {kind.__name__}")
        arguments[attribute] = value
    return arguments


def _progress_json(stream: StreamResource) -> dict[str, Any]:
    progress = stream.delivery.progress
    return {
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
