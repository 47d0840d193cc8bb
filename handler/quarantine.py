"""The records of one batch that can never be written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from handler.failures import FailedRecord, Position

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from handler.aggregation import UserRecord
    from handler.incoming import Source

HISTORY_PREFIX = "history: "
"""Start of a code of the history table. A code without it is of the current state."""

_BOTH = "; "
"""Between the codes of a record that failed in both tables."""


class QuarantineStore(Protocol):
    """A store for quarantined records, such as `FailureStore`."""

    def put_all(self, records: Sequence[FailedRecord], deadline: float) -> list[bool]:
        """Store records; see `FailureStore.put_all`."""


class InvokedFunction(Protocol):
    """The names in Lambda's context."""

    function_name: str
    function_version: str


@dataclass(kw_only=True)
class Fault:
    """A record that can never be written.

    Attributes
    ----------
    record, source
        The record and its place in the stream.
    kinds
        Reason and code for each table that cannot have it.
    table_name
        Its ledger table; None if it is not known.
    """

    record: UserRecord
    source: Source
    kinds: list[tuple[str, str]]
    table_name: str | None

    def failed_record(self, function: InvokedFunction, failed_at: float) -> FailedRecord:
        """Return the record as the failure bucket has it."""
        source = self.source
        kinds = sorted(self.kinds, key=_is_of_history)
        return FailedRecord(
            position=Position(
                stream_arn=source.stream_arn,
                shard_id=source.shard_id,
                sequence_number=source.sequence_number,
                sub_sequence_number=self.record.sub_sequence_number,
            ),
            payload=self.record.data,
            # Of the current state, if it is lacking.
            reason=kinds[0][0],
            code=_BOTH.join(code for _, code in kinds),
            partition_key=self.record.partition_key or source.partition_key,
            approximate_arrival=source.approximate_arrival,
            function_name=function.function_name,
            function_version=function.function_version,
            failed_at=failed_at,
        )


def _is_of_history(kind: tuple[str, str]) -> bool:
    _, code = kind
    return code.startswith(HISTORY_PREFIX)


class Quarantine:
    """Collects the faults of one batch, one for each record, and stores the records at its end.

    Parameters
    ----------
    store
        The failure bucket.
    function
        The function that found the faults.
    clock
        Seconds since the epoch.
    """

    def __init__(
        self, store: QuarantineStore, function: InvokedFunction, clock: Callable[[], float]
    ) -> None:
        self._store = store
        self._function = function
        self._clock = clock
        self._faults: dict[int, Fault] = {}

    def __contains__(self, record: UserRecord) -> bool:
        """Return whether a record has a fault."""
        return id(record) in self._faults

    def add(
        self,
        record: UserRecord,
        source: Source,
        reason: str,
        code: str,
        table_name: str | None = None,
    ) -> None:
        """Add a record, or another code to one that is there already."""
        former = self._faults.get(id(record))
        if former is None:
            self._faults[id(record)] = Fault(
                record=record, source=source, kinds=[(reason, code)], table_name=table_name
            )
        elif (reason, code) not in former.kinds:
            former.kinds.append((reason, code))

    def store(
        self, deadline: float, is_delivered_again: Callable[[UserRecord], bool]
    ) -> list[tuple[Fault, FailedRecord, bool]]:
        """Store the records that will not be delivered again.

        A record whose write to one table failed for good, and to the other for now, is delivered
        again: only then is it known which of them it needs.

        Returns
        -------
        list of tuple
            Each fault, the record in the bucket, and whether the bucket took it.
        """
        faults = [each for each in self._faults.values() if not is_delivered_again(each.record)]
        if not faults:
            return []
        now = self._clock()
        records = [fault.failed_record(self._function, now) for fault in faults]
        stored = self._store.put_all(records, deadline)
        return list(zip(faults, records, stored, strict=True))
