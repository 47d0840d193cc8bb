"""Client of the simulated QLDB service, for the command line, the demo and the tests."""

from __future__ import annotations

import http.client
import json
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode, urlsplit

from amazon.ion.exceptions import IonException

from qldb_simulator.errors import SimulatorError
from qldb_simulator.ion_reading import read_binary
from qldb_simulator.operations import dump_operations

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from qldb_simulator.journal import Operation

_ANSWER_SECONDS: Final = 30.0
_POLL_SECONDS: Final = 0.05


class ServiceError(SimulatorError):
    """The service refused a request.

    Attributes
    ----------
    code
        Name of the error, such as ResourceNotFoundException or TransactionError.
    status
        HTTP status.
    """

    def __init__(self, code: str, status: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


@dataclass(frozen=True, kw_only=True)
class CommittedDocument:
    """One document that a transaction changed."""

    table: str
    document_id: str
    version: int
    is_deleted: bool
    hash: bytes


@dataclass(frozen=True, kw_only=True)
class CommittedBlock:
    """The block of a committed transaction.

    Attributes
    ----------
    block_timestamp
        ISO 8601, milliseconds, UTC.
    documents
        In the order in which the transaction touched them.
    """

    sequence_no: int
    transaction_id: str
    block_timestamp: str
    block_hash: bytes
    documents: tuple[CommittedDocument, ...]


@dataclass(frozen=True, kw_only=True)
class DocumentState:
    """The latest revision of a document.

    Attributes
    ----------
    data
        The document as an amazon.ion struct; None when deleted.
    tx_time
        An amazon.ion timestamp.
    """

    document_id: str
    version: int
    is_deleted: bool
    data: Any = field(repr=False)
    tx_time: Any
    tx_id: str
    hash: bytes


class LedgerClient:
    """Ledgers, streams and transactions of the simulated QLDB. Safe for threads.

    Every method raises SimulatorError, in one line: the service does not answer; or its kind
    ServiceError: the service refused.

    Parameters
    ----------
    endpoint
        URL of the service.
    """

    def __init__(self, endpoint: str) -> None:
        url = urlsplit(endpoint)
        if url.hostname is None or url.port is None:
            raise SimulatorError(
                f"the endpoint of the simulated QLDB is not a URL with a port: {endpoint}"
            )
        self.endpoint = endpoint
        self._address = (url.hostname, url.port)
        self._local = threading.local()

    def create_ledger(
        self,
        name: str,
        *,
        permissions_mode: str = "STANDARD",
        deletion_protection: bool = False,
        tags: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Create a ledger; unlike QLDB, without deletion protection unless asked for."""
        return self._json(
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
        """Describe a ledger by the members of DescribeLedger."""
        return self._json("GET", f"/ledgers/{quote(name)}")

    def list_ledgers(self) -> list[dict[str, Any]]:
        """List all ledgers by the members of ListLedgers."""
        return self._pages("/ledgers", "Ledgers")

    def delete_ledger(self, name: str) -> None:
        """Delete a ledger whose deletion protection is off and whose streams have ended."""
        self._json("DELETE", f"/ledgers/{quote(name)}")

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
        """Start a stream; times are seconds since the epoch. Returns the stream's id."""
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
        answer = self._json("POST", self._streams(ledger), body)
        return str(answer["StreamId"])

    def describe_stream(self, ledger: str, stream_id: str) -> dict[str, Any]:
        """Describe a stream by the members of JournalKinesisStreamDescription."""
        answer = self._json("GET", f"{self._streams(ledger)}/{quote(stream_id)}")
        stream: dict[str, Any] = answer["Stream"]
        return stream

    def list_streams(self, ledger: str) -> list[dict[str, Any]]:
        """List all streams of a ledger, ended ones included."""
        return self._pages(self._streams(ledger), "Streams")

    def cancel_stream(self, ledger: str, stream_id: str) -> None:
        """Cancel a stream for ever."""
        self._json("DELETE", f"{self._streams(ledger)}/{quote(stream_id)}")

    def commit(self, ledger: str, operations: Iterable[Operation]) -> CommittedBlock:
        """Commit one transaction (see `journal` for the operations)."""
        try:
            body = dump_operations(operations)
        except (TypeError, ValueError, OverflowError, IonException) as error:
            # Without the cause: its text could quote the document.
            reason = type(error).__name__
            raise SimulatorError(f"a document holds a value that is not Ion ({reason})") from None
        answer = json.loads(self._send("POST", f"{_simulator(ledger)}/transactions", body))
        return CommittedBlock(
            sequence_no=answer["sequenceNo"],
            transaction_id=answer["transactionId"],
            block_timestamp=answer["blockTimestamp"],
            block_hash=bytes.fromhex(answer["blockHash"]),
            documents=tuple(
                CommittedDocument(
                    table=document["tableName"],
                    document_id=document["documentId"],
                    version=document["version"],
                    is_deleted=document["isDeleted"],
                    hash=bytes.fromhex(document["hash"]),
                )
                for document in answer["documents"]
            ),
        )

    def tables(self, ledger: str) -> dict[str, str]:
        """Ids of the active tables by name."""
        return self._json("GET", f"{_simulator(ledger)}/tables")

    def state(self, ledger: str, table: str) -> dict[str, DocumentState]:
        """Give the latest revision of every document of a table, deleted ones included."""
        body = self._send("GET", f"{_simulator(ledger)}/tables/{quote(table)}")
        return {
            document_id: DocumentState(
                document_id=document_id,
                version=int(revision["metadata"]["version"]),
                is_deleted="data" not in revision,
                data=revision.get("data"),
                tx_time=revision["metadata"]["txTime"],
                tx_id=str(revision["metadata"]["txId"]),
                hash=bytes(revision["hash"]),
            )
            for document_id, revision in read_binary(body).items()
        }

    def blocks(self, ledger: str, *, from_sequence_no: int = 0) -> list[Any]:
        """Give blocks as amazon.ion structs in the form of GetBlock and S3 exports."""
        query = urlencode({"from": from_sequence_no})
        return list(read_binary(self._send("GET", f"{_simulator(ledger)}/blocks?{query}")))

    def verify(self, ledger: str) -> list[str]:
        """Recompute the journal's hashes; give what does not verify."""
        faults: list[str] = self._json("GET", f"{_simulator(ledger)}/verification")["Faults"]
        return faults

    def delivery(self, ledger: str) -> dict[str, Any]:
        """Tell how many blocks there are and how far each stream is (see `service`)."""
        return self._json("GET", f"{_simulator(ledger)}/delivery")

    def set_delivery(
        self,
        ledger: str,
        *,
        copies: int = 1,
        shuffle: bool = False,
        seed: int = 0,
        records_per_aggregate: int | None = None,
    ) -> None:
        """Choose how what is not delivered yet will be (see `records.DeliveryOptions`)."""
        body = _options(copies, seed, records_per_aggregate, shuffle=shuffle)
        self._json("PUT", f"{_simulator(ledger)}/delivery-options", body)

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
        """Deliver all blocks again that are committed now; `wait_delivered` waits for the end."""
        body = _options(copies, seed, records_per_aggregate, shuffle=shuffle)
        body["fromSequenceNo"] = from_sequence_no
        self._json("POST", f"{_simulator(ledger)}/redeliveries", body)

    def pause_delivery(self, ledger: str) -> None:
        """Hold back what is committed from now on."""
        self._json("POST", f"{_simulator(ledger)}/delivery/pause", {})

    def resume_delivery(self, ledger: str) -> None:
        """Deliver what was held back, and go on."""
        self._json("POST", f"{_simulator(ledger)}/delivery/resume", {})

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
                raise SimulatorError(f"ledger {ledger} has no stream: nothing of it is delivered")
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

    def _pages(self, path: str, member: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        token = None
        while True:
            query = f"?{urlencode({'next_token': token})}" if token else ""
            page = self._json("GET", path + query)
            items += page[member]
            token = page.get("NextToken")
            if token is None:
                return items

    def _json(
        self, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        answer: dict[str, Any] = json.loads(self._send(method, path, data))
        return answer

    def _send(self, method: str, path: str, body: bytes | None = None) -> bytes:
        try:
            status, code, answer = self._exchange(method, path, body)
        except (OSError, http.client.HTTPException) as error:
            raise SimulatorError(
                f"the simulated QLDB does not answer on {self.endpoint} "
                f"({type(error).__name__}): start it with `python -m local up`"
            ) from error
        if status >= http.client.BAD_REQUEST:
            message = json.loads(answer).get("Message", code)
            raise ServiceError(code, status, f"QLDB refused: {message} ({code})")
        return answer

    def _exchange(self, method: str, path: str, body: bytes | None) -> tuple[int, str, bytes]:
        """Ask on this thread's connection, which the service keeps open."""
        connection: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = http.client.HTTPConnection(*self._address, timeout=_ANSWER_SECONDS)
            self._local.connection = connection
        try:
            connection.request(method, path, body)
            response = connection.getresponse()
            answer = response.read()
        except BaseException:
            # Half a conversation cannot be gone on with.
            connection.close()
            self._local.connection = None
            raise
        return response.status, response.headers.get("x-amzn-ErrorType", ""), answer


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
        f"not delivered everything within {timeout:g} s: see the log of the simulated QLDB"
    )
