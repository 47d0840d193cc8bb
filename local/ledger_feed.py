"""A simulated ledger in this process whose journal goes to a Kinesis stream, as QLDB's did."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from qldb_simulator.delivery_plan import DeliveryOptions, delivery_plan
from qldb_simulator.ids import new_ids
from qldb_simulator.journal import Ledger
from qldb_simulator.kinesis_writer import ImpairedError, put_records, split_into_requests
from qldb_simulator.records import block_records, control_record

from local.errors import LocalError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from qldb_simulator.blocks import Block
    from qldb_simulator.delivery_plan import KinesisEntry
    from qldb_simulator.operations import Operation
    from qldb_simulator.records import StreamRecord

_BASE_PAUSE_SECONDS = 0.1
_MAX_PAUSE_SECONDS = 5.0
REFUSAL_SECONDS = 60.0
"""For so long, Kinesis may refuse every record before the feed gives up."""


@dataclass(kw_only=True)
class FeedCounts:
    """What a feed has written so far.

    Attributes
    ----------
    transactions
        Committed transactions, each of which is one block.
    records
        Records of QLDB, copies included.
    entries
        Kinesis records, most of which are aggregates.
    retried
        Kinesis records that were refused and written again.
    """

    transactions: int = 0
    records: int = 0
    entries: int = 0
    retried: int = 0


class LedgerFeed:
    """A ledger and its stream. Ids of tables and documents are new in each run.

    Parameters
    ----------
    kinesis
        boto3's client.
    stream_arn
        ARN of the Kinesis stream.
    options
        How records become Kinesis records: copies, order, size of aggregates.
    pause
        Waits for a number of seconds.
    """

    def __init__(
        self,
        kinesis: Any,  # noqa: ANN401 (boto3's clients share no type)
        stream_arn: str,
        options: DeliveryOptions | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.ledger = Ledger()
        self.counts = FeedCounts()
        self._clients = _OneClient(kinesis)
        self._kinesis_stream_arn = stream_arn
        self._options = options or DeliveryOptions()
        self._pause = pause
        self._next = 0
        self._deliveries = 0
        _, partition, _, region, account, _ = stream_arn.split(":", 5)
        self._qldb_stream_arn = (
            f"arn:{partition}:qldb:{region}:{account}:stream/simulated/{new_ids()()}"
        )

    def commit(self, operations: Sequence[Operation]) -> Block:
        """Commit one transaction, which the next `deliver` writes to the stream."""
        block = self.ledger.commit(operations)
        self.counts.transactions += 1
        return block

    def deliver(self) -> None:
        """Write the blocks that no delivery has written; the first one begins with a CONTROL.

        Raises
        ------
        LocalError
            If Kinesis refuses every record for a minute.
        botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError
            If it refuses a request, or does not answer.
        """
        if self._deliveries == 0:
            self._write([control_record(self._qldb_stream_arn, "CREATED")])
        blocks = self.ledger.blocks_from(self._next, self.ledger.block_count)
        self._write(self._records(blocks))
        self._next += len(blocks)

    def redeliver(self) -> None:
        """Write the whole journal once more, with what was redacted since.

        Raises
        ------
        LocalError, botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError
            As for `deliver`.
        """
        self._write(self._records(self.ledger.blocks[: self._next]))

    def complete(self) -> None:
        """Write the CONTROL record that ends a stream.

        Raises
        ------
        LocalError, botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError
            As for `deliver`.
        """
        self._write([control_record(self._qldb_stream_arn, "COMPLETED")])

    def _records(self, blocks: Iterable[Block]) -> list[StreamRecord]:
        return [
            record for block in blocks for record in block_records(self._qldb_stream_arn, block)
        ]

    def _write(self, records: Sequence[StreamRecord]) -> None:
        self._deliveries += 1
        # Otherwise all deliveries of the same size would be shuffled alike.
        seed = self._options.seed * 1_000_003 + self._deliveries
        options = replace(self._options, seed=seed)
        for entries in split_into_requests(delivery_plan(records, options)):
            self._write_request(entries)

    def _write_request(self, entries: list[KinesisEntry]) -> None:
        """Write entries, and those again that Kinesis refuses one by one."""
        attempt, progressed = 0, time.monotonic()
        while entries:
            refused = self._put(entries)
            self.counts.records += sum(e.records for e in entries) - sum(e.records for e in refused)
            self.counts.entries += len(entries) - len(refused)
            self.counts.retried += len(refused)
            if len(refused) < len(entries):
                attempt, progressed = 0, time.monotonic()
            entries = refused
            if not entries:
                return
            if time.monotonic() - progressed > REFUSAL_SECONDS:
                raise LocalError(
                    f"stream {self._kinesis_stream_arn} has accepted no record for "
                    f"{REFUSAL_SECONDS:.0f} s: it is over its write capacity; lower --rate, add "
                    "shards, or choose the on-demand mode"
                )
            self._pause(min(_MAX_PAUSE_SECONDS, _BASE_PAUSE_SECONDS * 2**attempt))
            attempt += 1

    def _put(self, entries: list[KinesisEntry]) -> list[KinesisEntry]:
        try:
            return put_records(self._clients, self._kinesis_stream_arn, entries)
        except ImpairedError as error:
            # A stream of QLDB would wait for its owner; here, the user reads Kinesis's answer.
            raise error.__cause__ or error from None


class _OneClient:
    """The client of the user, in the place of one with the permissions of QLDB's role."""

    def __init__(self, client: Any) -> None:  # noqa: ANN401 (boto3's clients share no type)
        self._client = client

    def kinesis(self) -> Any:  # noqa: ANN401 (boto3's clients share no type)
        return self._client

    def recheck(self) -> None:
        """Do nothing: the permissions are those of the user."""

    def remove(self) -> None:
        """Do nothing: nothing was created."""
