"""Client of the simulated QLDB service."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode

from amazon.ion.exceptions import IonException

from qldb_simulator.client_connection import ServiceConnection
from qldb_simulator.client_results import (
    CommittedBlock,
    DocumentState,
    RevisionState,
    TableGeneration,
)
from qldb_simulator.errors import SimulatorError
from qldb_simulator.ion_reading import read_binary
from qldb_simulator.operation_encoding import dump_operations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from qldb_simulator.operations import Operation

_POLL_SECONDS: Final = 0.05


class LedgerClient:
    """Client of the simulated QLDB's ledgers, streams, exports and transactions. Thread-safe.

    Every method raises SimulatorError if the service does not answer, and ServiceError (a kind of
    SimulatorError) if it refuses.

    Parameters
    ----------
    endpoint
        URL of the service.

    Raises
    ------
    SimulatorError
        If the endpoint is not a URL with a port.
    """

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._connection = ServiceConnection(endpoint)

    def create_ledger(
        self,
        name: str,
        *,
        permissions_mode: str = "STANDARD",
        deletion_protection: bool = False,
        tags: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Create a ledger, by default without deletion protection, unlike QLDB's own API."""
        return self._connection.json(
            "POST",
            "/ledgers",
            {
                "Name": name,
                "PermissionsMode": permissions_mode,
                "DeletionProtection": deletion_protection,
                "Tags": dict(tags or {}),
            },
        )

    def describe_ledger(self, name: str) -> dict[str, Any]:
        """Return the members of DescribeLedger."""
        return self._connection.json("GET", f"/ledgers/{quote(name)}")

    def list_ledgers(self) -> list[dict[str, Any]]:
        """Return the members of ListLedgers for all ledgers."""
        return self._pages("/ledgers", "Ledgers")

    def delete_ledger(self, name: str) -> None:
        """Delete a ledger whose deletion protection is off and whose streams have ended."""
        self._connection.json("DELETE", f"/ledgers/{quote(name)}")

    def stream_to_kinesis(
        self,
        ledger: str,
        *,
        stream_name: str,
        role_arn: str,
        kinesis_stream_arn: str,
        inclusive_start_time: float = 0.0,
        exclusive_end_time: float | None = None,
        aggregation: bool = True,
    ) -> str:
        """Start a stream and return its id; times are seconds since the epoch."""
        body: dict[str, Any] = {
            "StreamName": stream_name,
            "RoleArn": role_arn,
            "InclusiveStartTime": inclusive_start_time,
            "KinesisConfiguration": {
                "StreamArn": kinesis_stream_arn,
                "AggregationEnabled": aggregation,
            },
        }
        if exclusive_end_time is not None:
            body["ExclusiveEndTime"] = exclusive_end_time
        answer = self._connection.json("POST", self._streams(ledger), body)
        return str(answer["StreamId"])

    def describe_stream(self, ledger: str, stream_id: str) -> dict[str, Any]:
        """Return the members of JournalKinesisStreamDescription."""
        answer = self._connection.json("GET", f"{self._streams(ledger)}/{quote(stream_id)}")
        stream: dict[str, Any] = answer["Stream"]
        return stream

    def list_streams(self, ledger: str) -> list[dict[str, Any]]:
        """Return the members of all streams of a ledger, ended ones included."""
        return self._pages(self._streams(ledger), "Streams")

    def cancel_stream(self, ledger: str, stream_id: str) -> None:
        """Cancel a stream; it cannot be resumed."""
        self._connection.json("DELETE", f"{self._streams(ledger)}/{quote(stream_id)}")

    def export_to_s3(
        self,
        ledger: str,
        *,
        bucket: str,
        prefix: str,
        role_arn: str,
        inclusive_start_time: float = 0.0,
        exclusive_end_time: float | None = None,
        output_format: str | None = None,
        encryption_type: str = "NO_ENCRYPTION",
        kms_key_arn: str | None = None,
    ) -> str:
        """Start an export and return its id; times are seconds since the epoch, the end now."""
        encryption = {"ObjectEncryptionType": encryption_type}
        if kms_key_arn is not None:
            encryption["KmsKeyArn"] = kms_key_arn
        body: dict[str, Any] = {
            "InclusiveStartTime": inclusive_start_time,
            "ExclusiveEndTime": time.time() if exclusive_end_time is None else exclusive_end_time,
            "S3ExportConfiguration": {
                "Bucket": bucket,
                "Prefix": prefix,
                "EncryptionConfiguration": encryption,
            },
            "RoleArn": role_arn,
        }
        if output_format is not None:
            body["OutputFormat"] = output_format
        return str(self._connection.json("POST", self._exports(ledger), body)["ExportId"])

    def describe_export(self, ledger: str, export_id: str) -> dict[str, Any]:
        """Return the members of JournalS3ExportDescription."""
        answer = self._connection.json("GET", f"{self._exports(ledger)}/{quote(export_id)}")
        description: dict[str, Any] = answer["ExportDescription"]
        return description

    def list_exports(self, ledger: str | None = None) -> list[dict[str, Any]]:
        """Return the members of the exports of a ledger, or of all ledgers."""
        path = "/journal-s3-exports" if ledger is None else self._exports(ledger)
        return self._pages(path, "JournalS3Exports")

    def export_progress(self, ledger: str, export_id: str) -> dict[str, Any]:
        """Return status, blocks, objects, bytes and error (see `exports.ExportProgress`)."""
        return self._connection.json("GET", f"{_simulator(ledger)}/exports/{quote(export_id)}")

    def set_export_layout(
        self,
        ledger: str,
        *,
        blocks_per_object: int | None = None,
        bytes_per_object: int | None = None,
    ) -> None:
        """Change the size of the objects of exports from now on (see `config.ExportLayout`)."""
        body = {"blocksPerObject": blocks_per_object, "bytesPerObject": bytes_per_object}
        self._connection.json("PUT", f"{_simulator(ledger)}/export-layout", body)

    def wait_exported(
        self,
        ledger: str,
        export_id: str,
        timeout: float = 600.0,
        progress: Callable[[dict[str, Any]], None] = lambda _: None,
    ) -> dict[str, Any]:
        """Wait until an export is completed and return its last progress.

        Parameters
        ----------
        timeout
            In seconds.
        progress
            Receives the progress each time that it is read.

        Raises
        ------
        SimulatorError
            If the export is cancelled, or takes longer.
        """
        deadline = time.monotonic() + timeout
        while True:
            now = self.export_progress(ledger, export_id)
            progress(now)
            if now["status"] == "COMPLETED":
                return now
            if now["status"] == "CANCELLED":
                cause = now["error"] or "the simulated QLDB was stopped"
                raise SimulatorError(f"export {export_id} of ledger {ledger} is cancelled: {cause}")
            if time.monotonic() >= deadline:
                raise SimulatorError(
                    f"export {export_id} of ledger {ledger} is not completed within {timeout:g} s"
                )
            time.sleep(_POLL_SECONDS)

    def digest(self, ledger: str) -> dict[str, Any]:
        """Return the members of GetDigest."""
        return self._connection.json("POST", f"/ledgers/{quote(ledger)}/digest", {})

    def block(
        self, ledger: str, address: Mapping[str, str], tip: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """Return the members of GetBlock, with a proof if a digest's tip is given.

        Parameters
        ----------
        address, tip
            Members of ValueHolder, as in the answer of `digest`.
        """
        body: dict[str, Any] = {"BlockAddress": dict(address)}
        if tip is not None:
            body["DigestTipAddress"] = dict(tip)
        return self._connection.json("POST", f"/ledgers/{quote(ledger)}/block", body)

    def commit(self, ledger: str, operations: Iterable[Operation]) -> CommittedBlock:
        """Commit one transaction (see `operations`) and return its block."""
        try:
            body = dump_operations(operations)
        except (TypeError, ValueError, OverflowError, IonException) as error:
            # Without the cause: its text could quote the document.
            reason = type(error).__name__
            raise SimulatorError(f"a document holds a value that is not Ion ({reason})") from None
        answer = json.loads(
            self._connection.send("POST", f"{_simulator(ledger)}/transactions", body)
        )
        return CommittedBlock.from_json(answer)

    def tables(self, ledger: str) -> dict[str, str]:
        """Return the ids of the active tables by name."""
        return self._connection.json("GET", f"{_simulator(ledger)}/tables")

    def state(self, ledger: str, table: str) -> dict[str, DocumentState]:
        """Return the latest revision of every document of a table, deleted ones included."""
        body = self._connection.send("GET", f"{_simulator(ledger)}/tables/{quote(table)}")
        return {
            document_id: DocumentState.from_ion(document_id, revision)
            for document_id, revision in read_binary(body).items()
        }

    def generations(self, ledger: str) -> list[TableGeneration]:
        """Return every table that the ledger has had, dropped ones included, oldest first."""
        answer = self._connection.json("GET", f"{_simulator(ledger)}/generations")
        return [TableGeneration.from_json(table) for table in answer["Tables"]]

    def revisions(self, ledger: str, table_id: str) -> dict[str, list[RevisionState]]:
        """Return all revisions of every document of a table, which may have been dropped."""
        path = f"{_simulator(ledger)}/generations/{quote(table_id)}"
        documents = read_binary(self._connection.send("GET", path))
        return {
            document_id: [RevisionState.from_ion(document_id, revision) for revision in revisions]
            for document_id, revisions in documents.items()
        }

    def blocks(self, ledger: str, *, from_sequence_no: int = 0) -> list[Any]:
        """Return blocks as amazon.ion structs in the form of GetBlock and S3 exports."""
        query = urlencode({"from": from_sequence_no})
        return list(
            read_binary(self._connection.send("GET", f"{_simulator(ledger)}/blocks?{query}"))
        )

    def verify(self, ledger: str) -> list[str]:
        """Recompute the journal's hashes and return the faults, if any."""
        faults: list[str] = self._connection.json("GET", f"{_simulator(ledger)}/verification")[
            "Faults"
        ]
        return faults

    def delivery(self, ledger: str) -> dict[str, Any]:
        """Return the number of blocks and the progress of each stream (see `simulator_routes`)."""
        return self._connection.json("GET", f"{_simulator(ledger)}/delivery")

    def set_delivery(
        self,
        ledger: str,
        *,
        copies: int = 1,
        shuffle: bool = False,
        seed: int = 0,
        records_per_aggregate: int | None = None,
    ) -> None:
        """Change how blocks are delivered from now on (see `delivery_plan.DeliveryOptions`)."""
        body = _options(copies, seed, records_per_aggregate, shuffle=shuffle)
        self._connection.json("PUT", f"{_simulator(ledger)}/delivery-options", body)

    def redeliver(
        self,
        ledger: str,
        *,
        from_sequence_no: int = 0,
        copies: int = 1,
        shuffle: bool = False,
        seed: int = 0,
        records_per_aggregate: int | None = None,
    ) -> None:
        """Deliver all blocks committed so far once more; `wait_delivered` waits for the end."""
        body = _options(copies, seed, records_per_aggregate, shuffle=shuffle)
        body["fromSequenceNo"] = from_sequence_no
        self._connection.json("POST", f"{_simulator(ledger)}/redeliveries", body)

    def pause_delivery(self, ledger: str) -> None:
        """Stop delivering blocks until `resume_delivery`."""
        self._connection.json("POST", f"{_simulator(ledger)}/delivery/pause", {})

    def resume_delivery(self, ledger: str) -> None:
        """Resume the delivery of blocks."""
        self._connection.json("POST", f"{_simulator(ledger)}/delivery/resume", {})

    def wait_delivered(self, ledger: str, timeout: float = 60.0) -> None:
        """Wait until every stream of the ledger has put all blocks and redeliveries to Kinesis.

        Raises
        ------
        SimulatorError
            If that takes longer than ``timeout`` seconds, a stream has failed, or the ledger has
            no stream that is not cancelled.
        """
        deadline = time.monotonic() + timeout
        while True:
            answer = self.delivery(ledger)["streams"]
            streams = [stream for stream in answer if stream["status"] != "CANCELED"]
            if not streams:
                raise SimulatorError(f"ledger {ledger} has no active stream; start one")
            failed = [stream for stream in streams if stream["status"] == "FAILED"]
            if failed:
                raise SimulatorError(_not_delivered(ledger, failed[0], timeout))
            waiting = [stream for stream in streams if not stream["settled"]]
            if not waiting:
                return
            if time.monotonic() >= deadline:
                raise SimulatorError(_not_delivered(ledger, waiting[0], timeout))
            time.sleep(_POLL_SECONDS)

    def _streams(self, ledger: str) -> str:
        return f"/ledgers/{quote(ledger)}/journal-kinesis-streams"

    def _exports(self, ledger: str) -> str:
        return f"/ledgers/{quote(ledger)}/journal-s3-exports"

    def _pages(self, path: str, member: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        token = None
        while True:
            query = f"?{urlencode({'next_token': token})}" if token else ""
            page = self._connection.json("GET", path + query)
            items += page[member]
            token = page.get("NextToken")
            if token is None:
                return items


def _simulator(ledger: str) -> str:
    return f"/simulator/ledgers/{quote(ledger)}"


def _options(
    copies: int, seed: int, records_per_aggregate: int | None, *, shuffle: bool
) -> dict[str, Any]:
    return {
        "copies": copies,
        "shuffle": shuffle,
        "seed": seed,
        "recordsPerAggregate": records_per_aggregate,
    }


def _not_delivered(ledger: str, stream: Mapping[str, Any], timeout: float) -> str:
    cause = f", {stream['errorCause']}" if stream["errorCause"] else ""
    paused = ", paused" if stream["paused"] else ""
    return (
        f"stream {stream['streamName']} of ledger {ledger} ({stream['status']}{cause}{paused}) has "
        f"not delivered everything within {timeout:g} s; the simulated QLDB's log has the reason"
    )
