"""Where the objects of a distributed replay are in its bucket."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from handler.replay_contract import RUNS_PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ops.distributed.batch_item import Item
    from ops.distributed.replay_bucket import ReplayBucket

_DIGITS = 6
_SUFFIX = ".json"


@dataclass(frozen=True)
class Results:
    """The keys of what became of batches, an object for each.

    Attributes
    ----------
    whole
        How the keys start of batches that were read whole.
    damaged
        How the keys start of batches of which a part cannot be read.
    """

    whole: str
    damaged: str

    def key(self, item: Item, *, is_damaged: bool) -> str:
        """Return the key of a batch."""
        start = self.damaged if is_damaged else self.whole
        return f"{start}{item.pass_.name.lower()}-{item.batch.number:0{_DIGITS}d}{_SUFFIX}"

    def done(self, bucket: ReplayBucket) -> set[str]:
        """Return the keys of the batches that were read whole."""
        return set(bucket.keys(self.whole))

    def only_damaged(self, bucket: ReplayBucket, done: set[str]) -> Iterator[str]:
        """Yield the keys of the others that have a result.

        Parameters
        ----------
        bucket
            The bucket.
        done
            What `done` returned: a batch that was damaged may be whole now.
        """
        for key in bucket.keys(self.damaged):
            if self.whole + key.removeprefix(self.damaged) not in done:
                yield key

    def latest(self, bucket: ReplayBucket) -> list[str]:
        """Return a key for each batch that has a result: that of the batch read whole, if any."""
        done = self.done(bucket)
        return [*sorted(done), *self.only_damaged(bucket, done)]


@dataclass(frozen=True)
class RunFolder:
    """The keys of one replay. Its executions share them until one starts from the beginning.

    Attributes
    ----------
    prefix
        How all its keys start.
    """

    prefix: str

    def list_key(self, name: str, digest: str) -> str:
        """Return the key of a list of the plan.

        Parameters
        ----------
        name
            What is still to be done with batches, or what else the list is of.
        digest
            Stands for the content. Another execution may have less to do, and an execution reads
            its lists long after they were written.
        """
        return f"{self.prefix}lists/{digest}/{name}{_SUFFIX}"

    @property
    def redactions(self) -> str:
        """How the keys start of everything that the export redacts."""
        return f"{self.prefix}redactions/"

    @property
    def scans(self) -> Results:
        """What batches redact."""
        return Results(f"{self.prefix}scanned/", f"{self.prefix}scanned-damaged/")

    @property
    def verified(self) -> Results:
        """What verifications have found.

        What could not be read is a finding, and is tried again: a permission may have been missing.
        """
        return Results(f"{self.prefix}verified/", f"{self.prefix}verified-damaged/")

    @property
    def writes(self) -> Results:
        """What became of batches that were to be written."""
        return Results(f"{self.prefix}written/", f"{self.prefix}written-damaged/")


def generation_key(digest: str) -> str:
    """Return the key of the number of times that a replay was started from the beginning.

    Parameters
    ----------
    digest
        Stands for the work of the replay.
    """
    return f"{RUNS_PREFIX}{digest}/generation{_SUFFIX}"


def run_folder(digest: str, generation: int) -> RunFolder:
    """Return the keys of a replay; see `generation_key`."""
    return RunFolder(f"{RUNS_PREFIX}{digest}/{generation}/")
