"""Puts together what the batches of a distributed verification have found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ops.distributed.run_folder import RunFolder
from ops.errors import OpsError
from ops.exports.verified_batch_json import from_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from journal.exports.sequence import ObjectPart
    from ops.distributed.replay_bucket import ReplayBucket
    from ops.exports.verified_batch import VerifiedBatch


class StoredBatches:
    """Results that an execution has stored, in the place of reading; see `ops.exports.verifier`.

    Parameters
    ----------
    bucket
        Where they are.
    folder
        How the keys of the execution start.
    """

    def __init__(self, bucket: ReplayBucket, folder: str) -> None:
        self._bucket = bucket
        self._folder = RunFolder(folder)

    def __call__(self, parts: Sequence[ObjectPart], done: Callable[[VerifiedBatch], None]) -> None:
        """Hand the results over, in the order of the journal.

        Raises
        ------
        OpsError
            If they are not of these parts: the export is another one than was read.
        """
        left = iter(parts)
        for batch in self._batches():
            if any(part != next(left, None) for part in batch.parts):
                break
            done(batch)
        else:
            if next(left, None) is None:
                return
        raise OpsError(
            "the export is not the one that the execution has verified: objects have come, gone "
            "or changed since. Start it again"
        )

    def _batches(self) -> Iterator[VerifiedBatch]:
        # A replay begins with the newest block, so the batch with the highest number is the oldest.
        keys = self._folder.verified.latest(self._bucket)
        keys.sort(key=lambda key: key.rpartition("/")[2], reverse=True)
        return map(from_json, self._bucket.get_all(keys))
