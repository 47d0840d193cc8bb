"""The failure bucket of a stack, for processes that hardly ever need it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handler.failures import FailedRecord
    from handler.quarantine import QuarantineStore
    from ops.stack_outputs import StackOutputs


class LateFailureStore:
    """Writes to the failure bucket, with a client that is made with the first failure.

    A client of S3 takes 15 MB in each process.

    Parameters
    ----------
    outputs
        Outputs of the stack.
    """

    def __init__(self, outputs: StackOutputs) -> None:
        self._outputs = outputs
        self._store: QuarantineStore | None = None

    def put_all(self, records: Sequence[FailedRecord], deadline: float) -> list[bool]:
        """Store records; see `handler.failures.FailureStore.put_all`."""
        if self._store is None:
            from ops import connections  # noqa: PLC0415 (a process may have no other use for boto3)

            self._store = connections.failure_store(self._outputs)
        return self._store.put_all(records, deadline)
