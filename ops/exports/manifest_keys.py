"""Finds the objects that a manifest's keys name.

A manifest has the keys that the objects got in the bucket of the export, with or without the
prefix. Where an export was copied, only their ends are left.
"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, NamedTuple

from journal.exports.object_name import file_name, object_name, uncompressed_name

if TYPE_CHECKING:
    from collections.abc import Iterable


class Match(NamedTuple):
    """The object that a key names.

    Attributes
    ----------
    key
        Its key in the source; None if it is not there.
    others
        Objects that the key may name as well.
    """

    key: str | None
    others: tuple[str, ...] = ()


_MISSING = Match(None)


class ObjectIndex:
    """The objects of a source by key and by name.

    Parameters
    ----------
    keys
        Keys of the objects that a manifest may name.
    """

    def __init__(self, keys: Iterable[str]) -> None:
        self._keys: dict[str, str] = {}
        self._names: dict[str, list[str]] = {}
        for key in keys:
            plain = uncompressed_name(key)
            if plain == key or plain not in self._keys:
                self._keys[plain] = key
            self._names.setdefault(kept_name(plain), []).append(key)

    def at(self, key: str) -> str | None:
        """Return the object with a key, compressed by hand or not."""
        return self._keys.get(uncompressed_name(key))

    def named(self, key: str) -> list[str]:
        """Return the objects with the same name as a key, whatever stands before it."""
        return self._names.get(kept_name(uncompressed_name(key)), [])


class ManifestKeys:
    """The keys of one manifest.

    Parameters
    ----------
    index
        The objects of the source.
    manifest_key
        The manifest's own key.
    prefix
        What stands before the manifest's name in its key.
    """

    def __init__(self, index: ObjectIndex, manifest_key: str, prefix: str) -> None:
        self._index = index
        self._manifest_key = manifest_key
        self._prefix = prefix
        self._moved: tuple[str, str] | None = None

    def match(self, key: str) -> Match:
        """Return the object that a key of the manifest names."""
        found = self._index.at(key) or self._index.at(self._prefix + key)
        if found is None and self._moved is not None:
            # All objects of an export have usually been moved in the same way.
            before, after = self._moved
            if key.startswith(before):
                found = self._index.at(after + key[len(before) :])
        if found is not None:
            return Match(found)
        return self._by_name(key)

    def _by_name(self, key: str) -> Match:
        candidates = self._index.named(key)
        if not candidates:
            return _MISSING
        best: list[str] = []
        best_likeness = (-1, -1, -1)
        for each in candidates:
            likeness = self._likeness(key, each)
            if likeness > best_likeness:
                best, best_likeness = [each], likeness
            elif likeness == best_likeness:
                best.append(each)
        if len({uncompressed_name(each) for each in best}) > 1:
            return Match(best[0], tuple(best[1:]))
        length = best_likeness[1]
        plain = uncompressed_name(best[0])
        self._moved = (key[: len(key) - length], plain[: len(plain) - length])
        return Match(self._index.at(best[0]))

    def _likeness(self, key: str, candidate: str) -> tuple[int, int, int]:
        """Return how alike two keys are at their ends: in folders, in characters.

        Among equals, the one that is nearer to the manifest is better.
        """
        plain = uncompressed_name(candidate)
        return (
            common(key.split("/")[::-1], plain.split("/")[::-1]),
            common(key[::-1], plain[::-1]),
            common(self._manifest_key.split("/"), plain.split("/")),
        )


def common(one: Iterable[str], other: Iterable[str]) -> int:
    """Return how many elements are the same at the start of two sequences."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def kept_name(key: str) -> str:
    """Return the end of a key that copies keep."""
    found = object_name(key)
    if found is None:
        return file_name(key)
    return f"{found.strand_id}.{found.first}-{found.last}.{found.extension}"
