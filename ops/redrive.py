"""Redrives objects of the failure bucket: their records pass through the handler again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from handler.error_codes import FaultClass, classified
from handler.failures import object_key
from journal.revisions import IgnoredReason
from ops.errors import OpsError
from ops.failure_object import UnreadableObjectError
from ops.failure_objects import UNREADABLE, read_object
from ops.failure_queue import MAX_MESSAGES, MessagesInHand
from ops.notifications import read_notification
from ops.redrive_summary import (
    HANDLER_ERROR,
    IGNORED,
    NOT_WRITTEN,
    OUTLIVED,
    TOMBSTONE_LIFETIME,
    Ending,
    Summary,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from handler.failures import FailedRecord
    from ops.failure_bucket import FailureBucket, StoredObject
    from ops.failure_object import FailureObject
    from ops.failure_queue import FailureQueue, QueueMessage
    from ops.record_processing import Processed, RecordProcessor

_MAY_BE_WANTED = (IgnoredReason.UNCONFIGURED_TABLE, IgnoredReason.UNKNOWN_RECORD_TYPE)
"""Records of a newer stack look like this to an older outputs file or checkout."""


def never() -> bool:
    """Return False: do not stop."""
    return False


@dataclass(frozen=True, kw_only=True)
class Redrive:
    """One run over objects of the failure bucket.

    Attributes
    ----------
    bucket
        Holds the objects.
    processor
        Processes their records.
    summary
        Counts, updated during the run.
    limit
        Maximum number of objects to read; None for all.
    dry_run
        Whether to change nothing.
    drop_ignored
        Whether to delete an object even if one of its records has an unconfigured table or an
        unknown type.
    stop
        Called between objects; returns whether to stop.
    progress
        Called after each object, and after each message without one.
    left
        Keys of the objects that stay after this run tried them. It does not try them again.
    """

    bucket: FailureBucket
    processor: RecordProcessor
    summary: Summary = field(default_factory=Summary)
    limit: int | None = None
    dry_run: bool = False
    drop_ignored: bool = False
    stop: Callable[[], bool] = never
    progress: Callable[[], None] = lambda: None
    left: set[str] = field(default_factory=set)

    def objects(self, keys: Iterable[str]) -> Summary:
        """Redrive the objects of these keys.

        Raises
        ------
        OpsError
            If AWS refuses a request for a reason other than the record.
        """
        for key in keys:
            if self._is_over():
                break
            if key not in self.left:
                self.object(key)
            self.progress()
        return self.summary

    def queue(self, queue: FailureQueue) -> Summary:
        """Redrive the objects that the queue's messages name, until the queue is empty.

        Raises
        ------
        OpsError
            If AWS refuses a request for a reason other than the record.
        """
        with MessagesInHand(queue) as in_hand:
            run = _QueueRun(self, in_hand)
            while not self._is_over():
                messages = queue.receive(self._room())
                if not messages:
                    break
                for message in messages:
                    in_hand.take(message)
                for message in messages:
                    if self._is_over():
                        break
                    run.message(message)
                    self.progress()
        return self.summary

    def object(self, key: str) -> Ending:
        """Redrive one object."""
        ending = self._object(key)
        self.summary.objects[ending] += 1
        if ending in (Ending.KEPT, Ending.TRIED):
            self.left.add(key)
        return ending

    def _is_over(self) -> bool:
        if self.stop():
            self.summary.interrupted = True
        return self.summary.interrupted or self._room() == 0

    def _room(self) -> int:
        if self.limit is None:
            return MAX_MESSAGES
        return max(0, self.limit - self.summary.objects.total())

    def _object(self, key: str) -> Ending:
        stored = self.bucket.get(key)
        if stored is None:
            return Ending.GONE
        try:
            found = read_object(key, stored.body)
        except UnreadableObjectError as error:
            self.summary.failed[UNREADABLE, error.reason] += 1
            return Ending.KEPT
        return self._send(found, stored)

    def _send(self, found: FailureObject, stored: StoredObject) -> Ending:
        event = found.event()
        if not self.processor.is_safe(event):
            # Nothing may be written: the document may have been deleted and its tombstone expired.
            self.summary.failed[OUTLIVED, TOMBSTONE_LIFETIME] += 1
            return Ending.KEPT
        processed = self.processor.process(event)
        _refuse_wrong_deployment(processed, self.processor.table_names)
        self.summary.add(processed)
        kept = self._kept_whole(processed)
        if kept is not None and kept[0] == IGNORED:
            self.summary.kept_for_ignored += 1
        if self.dry_run:
            return Ending.TRIED
        if kept is not None:
            return self._keep(found, stored, *kept)
        return self._settle(found, stored, [found.own(failed) for failed in processed.failed])

    def _kept_whole(self, processed: Processed) -> tuple[str, str] | None:
        """Return the reason and code if the whole object must stay, or None.

        Its records that were applied will be stale the next time.
        """
        if processed.error is not None:
            return HANDLER_ERROR, processed.error
        if processed.counts.retried:
            ((code, _),) = processed.counts.retried.most_common(1)
            return NOT_WRITTEN, code
        ignored = [reason for reason in _MAY_BE_WANTED if processed.counts.ignored[reason]]
        if ignored and not self.drop_ignored:
            return IGNORED, ignored[0].value
        return None

    def _keep(self, found: FailureObject, stored: StoredObject, reason: str, code: str) -> Ending:
        body = found.failed_again(reason, code, self.processor.clock())
        return self._replace(found.key, body, stored)

    def _replace(self, key: str, body: bytes, stored: StoredObject) -> Ending:
        return Ending.KEPT if self.bucket.replace(key, body, stored) else Ending.GONE

    def _settle(
        self, found: FailureObject, stored: StoredObject, failed: list[FailedRecord]
    ) -> Ending:
        """Quarantine each record that failed permanently, in an object of its own."""
        bodies = {object_key(record.position): record.to_json() for record in failed}
        own = bodies.pop(found.key, None)
        for key, body in bodies.items():
            self.left.add(key)
            self.bucket.put(key, body)
        if own is not None:
            return self._replace(found.key, own, stored)
        # Last, so that every record is in the table or in the bucket whenever a run ends. A replay
        # may have put the redaction of the revision in its place meanwhile.
        is_unchanged = self.bucket.delete_unchanged(found.key, stored)
        return Ending.REMOVED if is_unchanged else Ending.GONE


class _QueueRun:
    """The messages of one run.

    S3 notifies the queue when an object is written with a new reason. Without a memory of them, a
    run would process its own failures forever.
    """

    def __init__(self, redrive: Redrive, in_hand: MessagesInHand) -> None:
        self._redrive = redrive
        self._in_hand = in_hand
        self._waiting: dict[str, QueueMessage] = {}
        self._foreign: set[str] = set()

    def message(self, message: QueueMessage) -> None:
        """Process one message."""
        summary, dry_run = self._redrive.summary, self._redrive.dry_run
        notification = read_notification(message.body, self._redrive.bucket.name)
        if notification is None:
            if message.id not in self._foreign:
                summary.foreign += 1
            self._foreign.add(message.id)
            return
        if not notification.keys:
            summary.test_events += 1
        left = [self._is_left(key, message) for key in notification.keys]
        if not dry_run and not any(left):
            self._in_hand.remove(message)

    def _is_left(self, key: str, message: QueueMessage) -> bool:
        """Redrive an object, at most once in a run; return whether it still exists."""
        if key not in self._redrive.left:
            self._redrive.object(key)
        left = key in self._redrive.left
        if left:
            self._wait(key, message)
        return left

    def _wait(self, key: str, message: QueueMessage) -> None:
        """Remember the newest message about an object, which the queue retains longest."""
        former = self._waiting.get(key)
        self._waiting[key] = message
        still_needed = {each.id for each in self._waiting.values()}
        if former is None or former.id in still_needed:
            return
        self._redrive.summary.duplicates += 1
        if not self._redrive.dry_run:
            self._in_hand.remove(former)


def redrive_objects(
    keys: Iterable[str],
    *,
    bucket: FailureBucket,
    processor: RecordProcessor,
    drop_ignored: bool = False,
) -> Summary:
    """Redrive the objects of these keys, without a queue or limits.

    An object is deleted once each of its records is applied, stale, ignored, or quarantined in an
    object of its own. Otherwise it stays, with the new reason.

    Raises
    ------
    OpsError
        If AWS refuses a request for a reason other than the record.
    """
    redrive = Redrive(bucket=bucket, processor=processor, drop_ignored=drop_ignored)
    return redrive.objects(keys)


def _refuse_wrong_deployment(processed: Processed, table_names: list[str]) -> None:
    """Raise an error after a deployment error, which every other object would meet too."""
    for code in processed.counts.retried:
        if classified(code)[1] is FaultClass.CONFIGURATION:
            raise OpsError(
                f"DynamoDB refuses the writes ({code}): allow your user or role the actions "
                "dynamodb:PartiQLInsert, dynamodb:PartiQLUpdate and dynamodb:PutItem on the "
                "stack's tables "
                f"({', '.join(table_names)}), and check that they exist in this account"
            )
