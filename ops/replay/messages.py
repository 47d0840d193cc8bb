"""What the processes of a replay say to each other."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

from ops.replay.tally import Tally

if TYPE_CHECKING:
    from ops.exports.catalogue import Unreadable
    from ops.replay.plan import Batch

KEY_BYTES = 16
"""Length of what stands for a document. A digest of that length is unique in practice: ids of QLDB
have not many more bits themselves."""

MAX_VERSION = 2**63 - 1
"""The highest version that is remembered as redacted, which is SQLite's highest integer. No ledger
counts that far."""


def document_key(document_id: str) -> bytes:
    """Return what stands for a document in the index."""
    return blake2b(document_id.encode(errors="surrogatepass"), digest_size=KEY_BYTES).digest()


class RevisionKey(NamedTuple):
    """A revision: what stands for its document, and its version."""

    document: bytes
    version: int


class Pass(enum.IntEnum):
    """The passes of a replay over its source, in their order."""

    REDACTIONS = 0
    """Reads superseded copies, for their redactions."""

    NEWEST = 1
    """Writes the newest revision of each document, and the history."""

    OLDER = 2
    """Writes an older revision of the documents of which the newest cannot be stored."""


class Task(NamedTuple):
    """A batch for a process."""

    pass_: Pass
    batch: Batch


@dataclass(kw_only=True)
class ReadBatch:
    """What a process has read, before it writes.

    Attributes
    ----------
    number
        The batch.
    keys
        What stands for the documents that have a state in the batch, one after the other.
    firsts
        A byte for each of them: 1 if its newest version in the batch is 0, a document's first.
    faulty_documents
        What stands for the documents of revisions that cannot be read.
    redactions
        Revisions that the batch redacts, or has only without their data.
    table_ids
        Ids of ledger tables by the entry of the settings that takes them.
    """

    number: int
    keys: bytes
    firsts: bytes
    redactions: frozenset[RevisionKey]
    table_ids: dict[str, set[str]]
    faulty_documents: frozenset[bytes] = frozenset()

    def documents(self) -> list[bytes]:
        """Return what `keys` has one after the other."""
        keys = self.keys
        return [keys[start : start + KEY_BYTES] for start in range(0, len(keys), KEY_BYTES)]


class Claims(NamedTuple):
    """What a process is to write of a batch.

    Attributes
    ----------
    mask
        A byte for each document of `ReadBatch.keys`: 1 if its state is to be written.
    redacted
        Revisions of these and of `ReadBatch.faulty_documents` whose data is redacted somewhere in
        the source.
    only_claimed
        Whether nothing but these documents is to be written: the rest is done.
    """

    mask: bytes
    redacted: frozenset[RevisionKey]
    only_claimed: bool = False


@dataclass(kw_only=True)
class WrittenBatch:
    """What became of a batch.

    Attributes
    ----------
    number
        The batch.
    size
        Bytes of its objects as stored.
    tally
        The counts.
    unsettled
        Documents that were to be written of which no revision in the batch can be stored.
    problems
        What cannot be read. A batch with any is read again when the replay is started again.
    has_older
        Whether the batch itself may have an older revision of an unsettled document that was not
        tried.
    """

    number: int
    size: int = 0
    tally: Tally = field(default_factory=Tally)
    unsettled: tuple[bytes, ...] = ()
    problems: tuple[Unreadable, ...] = ()
    has_older: bool = False
