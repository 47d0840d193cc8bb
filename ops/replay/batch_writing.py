"""Writes what of a batch is claimed, with the handler's own code."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from threading import Thread
from typing import TYPE_CHECKING, NamedTuple

from handler.aggregation import UserRecord
from handler.incoming import IncomingRedactions, IncomingRevision, Source
from handler.quarantine import HISTORY_PREFIX
from handler.revision_batch import RevisionBatch
from handler.telemetry import BatchCounts
from journal.errors import MalformedRecord
from journal.revisions import Redaction, Redactions, RevisionKind
from ops.errors import OpsError
from ops.exports.prices import BYTES_PER_WRITE_UNIT
from ops.replay.batch_sink import table_of
from ops.replay.messages import RevisionKey, document_key
from ops.replay.records import (
    EXPORT_SHARD,
    REDACTIONS_SHARD,
    export_arn,
    redaction_record,
    revision_record,
)
from ops.replay.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from handler.incoming import Incoming
    from handler.quarantine import Quarantine
    from handler.writer import ReplicaWriter
    from ops.replay.batch_sink import BatchSink, Kept
    from ops.replay.job import Job
    from ops.replay.revisions import FoundFault

ROUND_SECONDS = 60.0
"""After this time without any progress a batch is given up for now."""

_STATEMENTS = 4
"""More than one item needs, where a ceiling of write units makes each wait for those before it."""

PART_ENTRIES = 1_000
"""About how many entries are items at a time. Items take ten times the memory of their blocks."""

MAX_PART_BYTES = 8 * 1024 * 1024
"""About how many bytes of revisions are items at a time, where they are large. Those of many small
values take thirty times as much as items."""

_PART_BYTES = 4
"""Bytes of what stands for a document by which entries are parted."""


@dataclass(frozen=True, kw_only=True)
class Parting:
    """How a batch is parted: what it has of a document is in one part.

    Attributes
    ----------
    entries
        About how many entries are a part.
    at_once
        Parts that are written at a time, each by a thread. On one machine, more processes do the
        same for less CPU time, as threads of Python share one core.
    """

    entries: int = PART_ENTRIES
    at_once: int = 1


DEFAULT_PARTING = Parting()


class NotWrittenError(OpsError):
    """A batch cannot be written for now; nothing of it counts as done."""


class _Entry(NamedTuple):
    """Something to write.

    Attributes
    ----------
    incoming
        As the handler's code takes it. Its record has no bytes: they are made if it fails.
    key
        What stands for the document.
    kept
        The revision; None for a redaction.
    is_candidate
        Whether it can be the current state of its document.
    """

    incoming: Incoming
    key: bytes
    kept: Kept | None
    is_candidate: bool


def _units(entry: _Entry) -> int:
    """Return about how many write units an entry takes in one table."""
    return 1 + _size(entry) // BYTES_PER_WRITE_UNIT


def _size(entry: _Entry) -> int:
    """Return the bytes of an entry's revision."""
    if entry.kept is None:
        return 0
    _, _, _, start, stop = entry.kept.found.span
    return stop - start


def _parts(entries: list[_Entry], part_entries: int) -> list[list[_Entry]]:
    """Part entries by their documents: what a batch has of a document is written together."""
    size = sum(map(_size, entries))
    count = max(-(-len(entries) // part_entries), -(-size // MAX_PART_BYTES))
    parts: list[list[_Entry]] = [[] for _ in range(count)]
    for entry in entries:
        parts[int.from_bytes(entry.key[:_PART_BYTES], "big") % count].append(entry)
    return parts


class BatchWriting:
    """The writes of one batch, in one or more slices.

    Parameters
    ----------
    job
        What is replayed.
    writer
        Writes to DynamoDB.
    claimed
        The documents whose state is to be written, with the newest version of each in the batch.
    redacted
        Revisions whose data is redacted somewhere in the source.
    only_newest
        Whether only these versions can be the state: the slices do not have all at a time.
    only_claimed
        Whether nothing is written but these documents.
    clock
        Returns seconds since the epoch; the same clock as the writer's.
    deadline
        Seconds since the epoch after which nothing is written; without end by default.
    parting
        How it is parted. With more than one part at a time, several threads call the writer.
    write_units
        Ceiling of the write units a second that the writer keeps to; None for none.

    Attributes
    ----------
    tally
        Counts of what was written.
    """

    def __init__(
        self,
        job: Job,
        writer: ReplicaWriter,
        *,
        claimed: Mapping[bytes, int],
        redacted: frozenset[RevisionKey],
        only_newest: bool,
        only_claimed: bool,
        clock: Callable[[], float],
        deadline: float = math.inf,
        parting: Parting = DEFAULT_PARTING,
        write_units: float | None = None,
    ) -> None:
        self._job = job
        self._writer = writer
        self._claimed = claimed
        self._redacted = redacted
        self._only_newest = only_newest
        self._only_claimed = only_claimed
        self._clock = clock
        self._deadline = deadline
        self._parting = parting
        self._write_units = write_units
        self._candidates: Counter[bytes] = Counter()
        self._failed: Counter[bytes] = Counter()
        self._arn = export_arn(job.strand_id)
        self.tally = Tally()

    def unsettled(self) -> Iterator[bytes]:
        """Yield the claimed documents of which no revision can be stored."""
        for key in self._claimed:
            if self._failed[key] >= self._candidates[key]:
                yield key

    def write(self, sink: BatchSink, quarantine: Quarantine) -> None:
        """Write a slice.

        Parameters
        ----------
        sink
            What was read.
        quarantine
            Receives what can never be written.

        Raises
        ------
        NotWrittenError
            If DynamoDB does not take it for now.
        """
        entries = list(self._revisions(sink))
        if not self._only_claimed:
            entries += self._redactions(sink)
            for each in sink.kept_faults:
                self._add_fault(each, quarantine)
        parts = _parts(entries, self._parting.entries)
        for part in self._written([_Part(self._job.strand_id, each) for each in parts]):
            self.tally.add_counts(part.counts)
            self._failed.update(part.failures.failed_documents())
            for fault in part.failures.faults:
                quarantine.add(*fault)

    def _written(self, parts: list[_Part]) -> list[_Part]:
        """Write parts, several at a time, and return them."""
        if self._parting.at_once == 1 or len(parts) == 1:
            for part in parts:
                self._write_part(part)
            return parts
        # Shared by the threads: each part is taken by one of them.
        todo = iter(parts)
        errors: list[BaseException] = []

        def work() -> None:
            try:
                for part in todo:
                    if errors:
                        break
                    self._write_part(part)
            except BaseException as error:  # noqa: BLE001 (raised again in the caller's thread)
                errors.append(error)

        # A daemon does not keep a process that is to stop at once.
        threads = [Thread(target=work, daemon=True) for _ in range(self._parting.at_once)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if errors:
            raise errors[0]
        return parts

    def _write_part(self, part: _Part) -> None:
        entries, failures = part.entries, part.failures
        while entries:
            if self._clock() >= self._deadline:
                raise NotWrittenError(
                    "the time is over before everything is written: give the tables more capacity, "
                    "or have fewer batches written at a time, or smaller ones"
                )
            retried = self._round(entries, part)
            if len(retried) == len(entries):
                code = failures.retry_codes.most_common(1)[0][0]
                raise NotWrittenError(
                    f"DynamoDB does not take the writes for now ({code}): check that the tables "
                    "exist, your permissions and the tables' capacity, and run the command again, "
                    "which goes on where it was"
                )
            entries = retried

    def _round(self, entries: list[_Entry], part: _Part) -> list[_Entry]:
        """Write everything once, and return what has to be tried again."""
        failures = part.failures
        batch = RevisionBatch(self._job.settings, self._writer, part.counts, failures, self._clock)
        failures.start_round(entries)
        for incoming, _, _, is_candidate in entries:
            if isinstance(incoming, IncomingRevision):
                batch.add_revision(incoming, is_candidate=is_candidate)
            else:
                batch.add_redactions(incoming)
        batch.write(min(self._clock() + self._round_seconds(entries), self._deadline))
        batch.count_without_state(failures.has_failed)
        return failures.retried()

    def _round_seconds(self, entries: list[_Entry]) -> float:
        """Return how long a round may take.

        A request that still waits for its write units at the end of a round is sent all the same.
        The next round would find its items there, and need more requests than the one before.
        """
        if self._write_units is None:
            return ROUND_SECONDS
        return ROUND_SECONDS + _STATEMENTS * sum(map(_units, entries)) / self._write_units

    def _add_fault(self, found: FoundFault, quarantine: Quarantine) -> None:
        quarantine.add(
            UserRecord(self._fault_record(found), found.place),
            self._source(found.sequence_no, EXPORT_SHARD),
            MalformedRecord.kind,
            found.code,
            found.table.name or None,
        )

    def _fault_record(self, found: FoundFault) -> bytes:
        document_id, version = found.document_id, found.version
        if (
            document_id is not None
            and version is not None
            and RevisionKey(document_key(document_id), version) in self._redacted
        ):
            # Its data must not come back from the failure bucket.
            redaction = Redaction(found.table.table_id or None, document_id, version)
            return redaction_record(redaction, self._job.strand_id)
        return revision_record(found.span, found.table, self._job.strand_id)

    def _source(self, sequence_no: int, shard_id: str) -> Source:
        return Source(self._arn, shard_id, str(sequence_no), self._job.strand_id, self._clock())

    def _revisions(self, sink: BatchSink) -> Iterator[_Entry]:
        source, block = None, -1
        for kept in sink.kept:
            found, key, table = kept
            revision = found.revision
            if revision.kind is RevisionKind.UPSERT and (
                RevisionKey(key, revision.version) in self._redacted
            ):
                revision = revision._replace(kind=RevisionKind.REDACTED, data=None)
            is_redacted = revision.kind is RevisionKind.REDACTED
            is_candidate = not is_redacted and self._is_claimed(key, revision.version)
            # A revision that fails in both tables has one object, which names both.
            has_history = table.history and (not self._only_claimed or key in self._claimed)
            if is_candidate:
                self._candidates[key] += 1
            elif not self._only_claimed:
                self._count_unwritten(is_redacted=is_redacted, has_history=has_history)
            if not (is_candidate or has_history):
                continue
            if source is None or found.sequence_no != block:
                block = found.sequence_no
                source = self._source(block, EXPORT_SHARD)
            record = UserRecord(b"", found.place)
            incoming = IncomingRevision(revision, record, source, table)
            yield _Entry(incoming, key, kept, is_candidate)

    def _count_unwritten(self, *, is_redacted: bool, has_history: bool) -> None:
        if not is_redacted:
            self.tally.superseded += 1
        elif not has_history:
            self.tally.redacted += 1

    def _is_claimed(self, key: bytes, version: int) -> bool:
        newest = self._claimed.get(key)
        return newest is not None and (not self._only_newest or version == newest)

    def _redactions(self, sink: BatchSink) -> Iterator[_Entry]:
        if self._job.settings.history_table is None:
            return
        for place, found in enumerate(sink.kept_redactions):
            incoming = IncomingRedactions(
                Redactions((found.redaction,)),
                UserRecord(b"", place),
                self._source(found.sequence_no, REDACTIONS_SHARD),
            )
            key = document_key(found.redaction.document_id)
            yield _Entry(incoming, key, None, is_candidate=False)


class _Part:
    """Entries that are items at the same time, and what became of them.

    Parameters
    ----------
    strand_id
        The journal.
    entries
        All that the batch has of their documents.
    """

    def __init__(self, strand_id: str, entries: list[_Entry]) -> None:
        self.entries = entries
        self.failures = _Failures(strand_id)
        self.counts = BatchCounts()


class _Fault(NamedTuple):
    """What `Quarantine.add` takes."""

    record: UserRecord
    source: Source
    reason: str
    code: str
    table_name: str | None


class _Failures:
    """Receives what is not written; see `handler.revision_batch.Failures`.

    Parameters
    ----------
    strand_id
        The journal.

    Attributes
    ----------
    faults
        What can never be written.
    retry_codes
        Why entries have to be tried again.
    """

    def __init__(self, strand_id: str) -> None:
        self._strand_id = strand_id
        self._entries: dict[int, _Entry] = {}
        # Their ids stand for them, so they have to stay.
        self._alive: list[list[_Entry]] = []
        self._records: dict[int, UserRecord] = {}
        self._retried: dict[int, _Entry] = {}
        self._has_failed: set[int] = set()
        self._failed: dict[int, bytes] = {}
        self.faults: list[_Fault] = []
        self.retry_codes: Counter[str] = Counter()

    def start_round(self, entries: list[_Entry]) -> None:
        """Start with other entries."""
        self._alive.append(entries)
        self._entries = {id(entry.incoming): entry for entry in entries}
        self._retried = {}

    def retried(self) -> list[_Entry]:
        """Return what has to be tried again."""
        return list(self._retried.values())

    def failed_documents(self) -> Iterator[bytes]:
        """Yield a document for each of its states that can never be written."""
        yield from self._failed.values()

    def has_failed(self, record: UserRecord) -> bool:
        """Return whether the record of an entry failed, or has to be tried again."""
        return id(record) in self._has_failed

    def fail(self, incoming: Incoming, reason: str, code: str) -> None:
        """Quarantine a revision or a redaction."""
        self._has_failed.add(id(incoming.record))
        kept = self._entries[id(incoming)].kept
        if kept is not None and not code.startswith(HISTORY_PREFIX):
            self._failed[id(incoming)] = kept.key
        record = self._records.get(id(incoming))
        if record is None:
            place = incoming.record.sub_sequence_number
            record = self._records[id(incoming)] = UserRecord(self._payload(incoming, kept), place)
        self.faults.append(_Fault(record, incoming.source, reason, code, incoming.table_name))

    def _payload(self, incoming: Incoming, kept: Kept | None) -> bytes:
        if isinstance(incoming, IncomingRedactions):
            return redaction_record(incoming.redactions.revisions[0], self._strand_id)
        revision = incoming.revision
        if kept is None or (revision.kind is RevisionKind.REDACTED and revision.data_hash is None):
            # Its block still has the data, which must not come back from the failure bucket.
            redaction = Redaction(revision.table_id, revision.document_id, revision.version)
            return redaction_record(redaction, self._strand_id)
        return revision_record(kept.found.span, table_of(kept.found), self._strand_id)

    def retry(self, incoming: Incoming, code: str) -> None:
        """Have an entry tried again."""
        self._has_failed.add(id(incoming.record))
        self.retry_codes[code] += 1
        self._retried[id(incoming)] = self._entries[id(incoming)]
