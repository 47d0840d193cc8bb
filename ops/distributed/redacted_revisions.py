"""The revisions that a whole export redacts, in the memory of a function.

A set of them takes 160 bytes for each, and 350 while it is read from JSON. Each function that
writes has all of them, so here they are one string of bytes: sorted entries of one length.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from typing import TYPE_CHECKING

from ops.replay.messages import KEY_BYTES, RevisionKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_VERSION_BYTES = 8
"""Enough for `ops.replay.messages.MAX_VERSION`."""

ENTRY_BYTES = KEY_BYTES + _VERSION_BYTES


class RedactedRevisions:
    """Revisions whose data is redacted.

    Parameters
    ----------
    content
        As `packed` and `merged` return it.

    Raises
    ------
    ValueError
        If it is something else.
    """

    def __init__(self, content: bytes) -> None:
        if len(content) % ENTRY_BYTES:
            raise ValueError("expected entries of redacted revisions")
        self._content = content

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._content) // ENTRY_BYTES

    def __getitem__(self, index: int) -> bytes:
        """Return an entry, by its place in their order."""
        return self._content[index * ENTRY_BYTES : (index + 1) * ENTRY_BYTES]

    def of(self, keys: Iterable[bytes]) -> frozenset[RevisionKey]:
        """Return the revisions of some documents."""
        return frozenset(each for key in keys for each in self._of(key))

    def _of(self, key: bytes) -> Iterator[RevisionKey]:
        count = len(self)
        index = bisect_left(self, key, hi=count)
        while index < count and (entry := self[index]).startswith(key):
            yield RevisionKey(key, int.from_bytes(entry[KEY_BYTES:], "big"))
            index += 1


def packed(revisions: Iterable[RevisionKey]) -> bytes:
    """Return revisions as sorted entries.

    Parameters
    ----------
    revisions
        Different ones, in any order.
    """
    return b"".join(
        key + version.to_bytes(_VERSION_BYTES, "big") for key, version in sorted(revisions)
    )


def merged(several: Sequence[bytes]) -> bytes:
    """Return the entries of several packed collections as one, each entry once."""
    content = bytearray()
    last = b""
    for entry in heapq.merge(*map(_entries, several)):
        if entry != last:
            content += entry
            last = entry
    return bytes(content)


def _entries(content: bytes) -> Iterator[bytes]:
    for start in range(0, len(content), ENTRY_BYTES):
        yield content[start : start + ENTRY_BYTES]
