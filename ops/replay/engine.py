"""Leads the batches of a replay through its processes."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from ops.errors import OpsError
from ops.replay.crew import Failure, WorkerLostError
from ops.replay.messages import Pass, ReadBatch, Task, WrittenBatch
from ops.replay.safety import refuse_merged_tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ops.exports.catalogue import Unreadable
    from ops.replay.crew import Crew
    from ops.replay.job import Job
    from ops.replay.plan import Batch, Plan
    from ops.replay.state import ReplayState

MAX_PROBLEMS = 100
"""Problems that are kept for the summary. All of them are counted."""


class Progress(Protocol):
    """Receives how far a replay is."""

    def start(self, total: int, what: str) -> None:
        """Start with the bytes that will be read, as stored, and a word for what is done."""

    def advance(self, size: int, revisions: int) -> None:
        """Add bytes that were read, and revisions that are done."""


@dataclass(kw_only=True)
class Ending:
    """How a replay ended.

    Attributes
    ----------
    is_interrupted
        Whether it was asked to stop before its end.
    problems
        What could not be read, up to `MAX_PROBLEMS`.
    unread
        Number of things that could not be read.
    """

    is_interrupted: bool = False
    problems: list[Unreadable] = field(default_factory=list)
    unread: int = 0

    def add(self, problems: Sequence[Unreadable]) -> None:
        """Add what could not be read of a batch."""
        self.unread += len(problems)
        self.problems += problems[: MAX_PROBLEMS - len(self.problems)]


class Engine:
    """Runs the passes of a replay.

    Batches are read by several workers at a time, and ask in their order what of them is to be
    written: the newest first. So an older copy of a document is not written, nor anything that a
    newer block redacts.

    Parameters
    ----------
    job, plan
        What is replayed.
    state
        What is done already; receives what is done now.
    crew
        The workers.
    stop
        Returns whether to stop soon: no batch is started then.
    progress
        Receives how far it is.
    """

    def __init__(
        self,
        job: Job,
        plan: Plan,
        state: ReplayState,
        crew: Crew,
        *,
        stop: Callable[[], bool],
        progress: Progress,
    ) -> None:
        self._job = job
        self._plan = plan
        self._state = state
        self._crew = crew
        self._stop = stop
        self._progress = progress
        self._ending = Ending()

    def run(self) -> Ending:
        """Replay what is not done yet.

        Raises
        ------
        OpsError
            If something cannot be read or written for now. What is done is remembered.
        """
        plan = self._plan
        self._pass(Pass.REDACTIONS, plan.superseded, "reading superseded copies")
        self._pass(Pass.NEWEST, plan.batches, "replaying")
        since = self._state.unsettled_since
        if since is not None:
            older = [batch for batch in plan.batches if batch.number > since]
            self._pass(Pass.OLDER, older, "looking for older revisions")
        ending = self._ending
        if not (ending.is_interrupted or ending.unread):
            self._state.complete()
        return ending

    def _pass(self, pass_: Pass, batches: Iterable[Batch], what: str) -> None:
        if self._ending.is_interrupted:
            return
        done = self._state.done(pass_)
        todo = deque(batch for batch in batches if batch.number not in done)
        if not todo:
            return
        self._progress.start(sum(batch.size for batch in todo), what)
        try:
            self._lead(pass_, todo)
        except WorkerLostError:
            # Who ends a command often ends its processes too.
            if not self._stop():
                raise
            self._ending.is_interrupted = True

    def _lead(self, pass_: Pass, todo: deque[Batch]) -> None:
        crew = self._crew
        idle = list(range(crew.size))
        queue: deque[int] = deque()
        read: dict[int, tuple[int, ReadBatch]] = {}
        while True:
            while idle and todo and not self._stop():
                batch = todo.popleft()
                queue.append(batch.number)
                crew.send(idle.pop(), Task(pass_, batch))
            if len(idle) == crew.size:
                break
            for worker, answer in crew.receive():
                if isinstance(answer, Failure):
                    raise OpsError(answer.text)
                if isinstance(answer, ReadBatch) and pass_ is Pass.REDACTIONS:
                    self._learn(answer)
                elif isinstance(answer, ReadBatch):
                    read[answer.number] = (worker, answer)
                    self._answer(pass_, queue, read)
                elif isinstance(answer, WrittenBatch):
                    self._finish(pass_, answer)
                    idle.append(worker)
        if todo:
            self._ending.is_interrupted = True

    def _answer(
        self, pass_: Pass, queue: deque[int], read: dict[int, tuple[int, ReadBatch]]
    ) -> None:
        """Answer the batches whose turn it is."""
        while queue and queue[0] in read:
            worker, answer = read.pop(queue.popleft())
            self._learn(answer)
            self._crew.send(worker, self._state.claims(pass_, answer))

    def _learn(self, read: ReadBatch) -> None:
        """Remember what was read, unless two ledger tables would become one unasked."""
        self._state.learn(read)
        refuse_merged_tables(self._job.settings, self._state.table_ids)

    def _finish(self, pass_: Pass, written: WrittenBatch) -> None:
        self._ending.add(written.problems)
        self._state.finish(pass_, written)
        self._progress.advance(written.size, written.tally.revisions)
