"""Messages stay invisible while they are processed, and not longer.

Proves it with a queue whose clock the test moves; SQS's own timing is not proven here.
"""

from __future__ import annotations

import threading

import pytest

from ops.errors import OpsError
from ops.failure_queue import VISIBILITY_SECONDS, FailureQueue, MessagesInHand
from tests.support.faults import client_error
from tests.support.memory_sqs import QUEUE_URL, MemorySqs


def test_a_message_stays_invisible_until_the_end() -> None:
    # given a received message
    sqs = MemorySqs()
    sqs.send("one")
    extended = threading.Event()
    change = sqs.change_message_visibility

    def watched(**arguments: object) -> None:
        change(**arguments)  # type: ignore[arg-type]
        extended.set()

    sqs.change_message_visibility = watched  # type: ignore[method-assign]
    queue = FailureQueue(sqs, QUEUE_URL)
    with MessagesInHand(queue, every_seconds=0.01) as in_hand:
        (message,) = queue.receive(10)
        # when its work takes longer than the visibility time-out
        sqs.clock.advance(VISIBILITY_SECONDS - 1)
        in_hand.take(message)
        extended.clear()
        assert extended.wait(5)
        sqs.clock.advance(VISIBILITY_SECONDS - 1)
        # then no other receiver gets it
        assert queue.receive(10) == []
    # and at the end any receiver may
    assert sqs.visible == 1


def test_a_removed_message_is_gone_even_if_it_was_received_twice() -> None:
    # given a message that was received again because its time was over
    sqs = MemorySqs()
    sqs.send("one")
    queue = FailureQueue(sqs, QUEUE_URL)
    with MessagesInHand(queue) as in_hand:
        (first,) = queue.receive(1)
        in_hand.take(first)
        sqs.clock.advance(VISIBILITY_SECONDS + 1)
        (again,) = queue.receive(1)
        in_hand.take(again)
        # when its first receiver removes it
        in_hand.remove(first)
    # then the newest receipt handle was used, the only one that counts
    assert sqs.bodies == []


def test_a_message_that_another_run_removed_is_no_error() -> None:
    sqs = MemorySqs()
    sqs.send("one")
    queue = FailureQueue(sqs, QUEUE_URL)
    (message,) = queue.receive(1)
    queue.delete(message)
    queue.hide(message)
    queue.release(message)


def test_a_missing_permission_to_hide_messages_is_named() -> None:
    # given
    sqs = MemorySqs()
    sqs.send("one")
    queue = FailureQueue(sqs, QUEUE_URL)
    refused = threading.Event()

    def denied(**_: object) -> None:
        refused.set()
        raise client_error("ChangeMessageVisibility", "AccessDenied", "no", status=403)

    sqs.change_message_visibility = denied  # type: ignore[method-assign]
    # when messages cannot be hidden
    (message,) = queue.receive(1)

    def work() -> None:
        with MessagesInHand(queue, every_seconds=0.01) as in_hand:
            in_hand.take(message)
            assert refused.wait(5)
            while True:
                in_hand.take(message)

    # then
    with pytest.raises(OpsError, match="sqs:ChangeMessageVisibility"):
        work()
