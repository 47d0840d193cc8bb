"""A worker answers orders, and tells why it cannot go on without quoting a document."""

from __future__ import annotations

from typing import Any

import pytest

from ops.errors import OpsError
from ops.replay.crew import CrewOfOne, Done, Errand, Failure, From, Worker
from ops.replay.messages import Claims, Pass, ReadBatch, Task, WrittenBatch
from ops.replay.plan import Batch
from tests.support.sentinel import SECRET

BATCH = Batch(0, ())
READ = ReadBatch(number=0, keys=b"", firsts=b"", redactions=frozenset(), table_ids={})
WRITTEN = WrittenBatch(number=0)


class Replay:
    """Reads and writes nothing, or fails."""

    def __init__(self, error: BaseException | None = None) -> None:
        self._error = error

    def read(self, _batch: Batch) -> ReadBatch:
        if self._error is not None:
            raise self._error
        return READ

    def without_writing(self) -> WrittenBatch:
        return WRITTEN

    def write(self, _claims: Claims) -> WrittenBatch:
        return WRITTEN


def crew(error: BaseException | None = None) -> CrewOfOne:
    replay: Any = Replay(error)
    return CrewOfOne(Worker(replay))


def test_a_task_is_answered_by_what_was_read_and_claims_by_what_was_written() -> None:
    one = crew()

    one.send(0, Task(Pass.NEWEST, BATCH))
    assert one.receive() == [From(0, READ)]
    one.send(0, Claims(b"", frozenset()))
    assert one.receive() == [From(0, WRITTEN)]


def test_a_batch_of_which_only_redactions_count_is_answered_at_once() -> None:
    one = crew()

    one.send(0, Task(Pass.REDACTIONS, BATCH))

    assert one.receive() == [From(0, READ), From(0, WRITTEN)]


def test_an_errand_is_answered_by_what_it_returns() -> None:
    one = crew()

    one.send(0, Errand(len, "four"))

    assert one.receive() == [From(0, Done(4))]


def test_an_error_of_an_errand_is_told_as_one_of_a_batch() -> None:
    one = crew()

    def fails(text: str) -> None:
        raise OpsError(text)

    one.send(0, Errand(fails, "name the remedy"))

    assert one.receive() == [From(0, Failure("name the remedy"))]


def test_an_error_for_the_operator_is_told_as_it_is() -> None:
    one = crew(OpsError("name the remedy"))

    one.send(0, Task(Pass.NEWEST, BATCH))

    assert one.receive() == [From(0, Failure("name the remedy"))]


def test_an_unexpected_error_is_told_without_its_message() -> None:
    one = crew(KeyError(SECRET))

    one.send(0, Task(Pass.NEWEST, BATCH))

    ((_, failure),) = one.receive()
    assert isinstance(failure, Failure)
    assert failure.text.startswith("unexpected KeyError in read, line ")
    assert SECRET not in failure.text


def test_a_lack_of_memory_is_nobodys_answer() -> None:
    with pytest.raises(MemoryError):
        crew(MemoryError()).send(0, Task(Pass.NEWEST, BATCH))
