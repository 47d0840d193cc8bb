"""The processes of a replay, or this process in their place."""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import connection as connections
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias

from handler.exception_place import place
from handler.process import collect_garbage_less_often
from ops.errors import OpsError
from ops.replay.messages import Claims, Pass, ReadBatch, Task, WrittenBatch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess

    from ops.replay.batch_replay import BatchReplay

_SECONDS_TO_END = 5.0


class Errand(NamedTuple):
    """Something to do that is no part of a replay, in a process that is there already.

    Attributes
    ----------
    function
        Does it: a function at the top of a module, or a `functools.partial` of one. An `OpsError`
        of it becomes a `Failure`.
    argument
        What it is given.
    """

    function: Callable[[Any], Any]
    argument: Any


class Done(NamedTuple):
    """What an errand has returned."""

    result: Any


Order: TypeAlias = Task | Claims | Errand
"""What a worker is told."""


@dataclass(frozen=True)
class Failure:
    """Why a worker cannot go on: one line without document data."""

    text: str


Answer: TypeAlias = ReadBatch | WrittenBatch | Done | Failure
"""What a worker answers: to a task what it has read, to claims what it has written. In the pass for
redactions both come at once."""


class From(NamedTuple):
    """An answer with the number of its worker."""

    worker: int
    answer: Answer


class Crew(Protocol):
    """Workers, by number from 0."""

    @property
    def size(self) -> int:
        """How many there are."""

    def send(self, worker: int, order: Order) -> None:
        """Tell a worker what to do."""

    def receive(self) -> list[From]:
        """Wait for answers, and return those that are there.

        Raises
        ------
        WorkerLostError
            If a worker has ended.
        """

    def close(self) -> None:
        """End all workers."""


class WorkerLostError(OpsError):
    """A process has ended by itself."""


class Worker:
    """Obeys orders, one after the other.

    Parameters
    ----------
    replay
        Reads and writes batches.
    after_batch
        Called when a batch is written, before that is answered.
    """

    def __init__(self, replay: BatchReplay, after_batch: Callable[[], None] = lambda: None) -> None:
        self._replay = replay
        self._after_batch = after_batch

    def obey(self, order: Order) -> list[Answer]:
        """Return the answers to an order."""
        try:
            if isinstance(order, Errand):
                return [Done(order.function(order.argument))]
            if isinstance(order, Claims):
                written = self._replay.write(order)
                self._after_batch()
                return [written]
            read = self._replay.read(order.batch)
            if order.pass_ is Pass.REDACTIONS:
                return [read, self._replay.without_writing()]
        except OpsError as error:
            return [Failure(str(error))]
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 (its message may quote a document)
            return [Failure(f"unexpected {place(error)}")]
        return [read]


class CrewOfOne:
    """A crew that works in this process.

    Parameters
    ----------
    worker
        Its only worker.
    """

    size = 1

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._answers: deque[Answer] = deque()

    def send(self, worker: int, order: Order) -> None:  # noqa: ARG002 (protocol)
        """Do it at once."""
        self._answers.extend(self._worker.obey(order))

    def receive(self) -> list[From]:
        """Return what was done."""
        answers = [From(0, answer) for answer in self._answers]
        self._answers.clear()
        return answers

    def close(self) -> None:
        """Nothing has to be ended."""


class ProcessCrew:
    """Workers in processes of their own.

    Parameters
    ----------
    make_worker
        Makes a worker, in its process: a function at the top of a module, or a `functools.partial`
        of one.
    size
        How many there are.
    """

    def __init__(self, make_worker: Callable[[], Worker], size: int) -> None:
        # Not a fork: this process may have threads, such as that of a progress bar.
        context = multiprocessing.get_context("spawn")
        self._processes: list[SpawnProcess] = []
        self._connections: list[Connection] = []
        # Ctrl-C is for this process alone, from the start: a mask is inherited, a handler is not.
        former = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            for _ in range(size):
                ours, theirs = context.Pipe()
                process = context.Process(target=_serve, args=(theirs, make_worker), daemon=True)
                process.start()
                theirs.close()
                self._processes.append(process)
                self._connections.append(ours)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, former)

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self._processes)

    def send(self, worker: int, order: Order) -> None:
        """Tell a worker what to do."""
        try:
            self._connections[worker].send(order)
        except OSError:
            raise self._lost(worker) from None

    def receive(self) -> list[From]:
        """Wait for answers, and return those that are there."""
        found = []
        for ready in connections.wait(self._connections):
            worker = self._connections.index(ready)  # type: ignore[arg-type]
            try:
                found.append(From(worker, self._connections[worker].recv()))
            except (EOFError, OSError):
                raise self._lost(worker) from None
        return found

    def _lost(self, worker: int) -> WorkerLostError:
        process = self._processes[worker]
        process.join(_SECONDS_TO_END)
        if process.exitcode == -signal.SIGTERM:
            return WorkerLostError("a process of the replay was ended from outside")
        return WorkerLostError(
            "a process of the replay has ended unexpectedly, perhaps for lack of memory: run the "
            "command again with fewer --processes, which goes on where it was"
        )

    def close(self) -> None:
        """End all processes."""
        for each in self._connections:
            each.close()
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.join(_SECONDS_TO_END)
            if process.is_alive():
                process.kill()


def _serve(connection: Connection, make_worker: Callable[[], Worker]) -> None:
    """Obey the orders of a connection; runs in a process of its own."""
    # Ignored signals are inherited, as from schedulers that start commands so.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    worker: Worker | Failure
    try:
        worker = make_worker()
        collect_garbage_less_often()
    except OpsError as error:
        worker = Failure(str(error))
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            order = connection.recv()
            answers: Sequence[Answer] = (
                [worker] if isinstance(worker, Failure) else worker.obey(order)
            )
            for answer in answers:
                connection.send(answer)
