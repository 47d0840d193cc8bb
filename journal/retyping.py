"""Finds the Ion types that a document had before JSON.

JSON has no timestamps, symbols, blobs, clobs, floats, S-expressions and typed nulls (Ion cookbook,
"Down-converting to JSON"), and a revision's hash depends on them. So types are tried until the hash
fits. A hash that fits proves the types along with the values: no other document has it. That none
fits proves nothing: annotations, for example, are lost without a trace.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, TypeAlias

from journal.errors import IonError
from journal.ion.hashing import ion_hash
from journal.retyping_labels import LABELS, Label
from journal.retyping_rewriting import rewritten, rules
from journal.retyping_search import choices, first_plan, is_anything_known, learned_plan
from journal.retyping_tree import Place, Tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from journal.ion.structure import Span
    from journal.retyping_rewriting import Rules
    from journal.retyping_tree import Choice

MAX_TRIES = 4_096
"""Maximum number of hashes that are tried for one revision, after those that fitted before."""

QUICK_TRIES = 64
"""Enough tries for documents in which all values of a kind, or all at a learned path, had the same
type."""

MAX_LONG_FAILURES = 100
"""Number of documents of a table, one after the other, for which a search without result may take
more than `QUICK_TRIES`. Where types are lost for good, as annotations are, that is so in all
documents."""

MAX_LEARNED_TRIES = 512
"""Maximum number of hashes around the types that fitted other revisions of the table."""

_MAX_WORK = 400_000
"""Limits the tries for long documents: one costs a unit for each value and for each 64 bytes."""

_WORK_OF_TRY = 20
_BYTES_OF_WORK = 64
_MIN_TRIES = 32
_MAX_PLACES = 4_096
"""Maximum number of paths of a table for which types are kept."""

Path: TypeAlias = tuple[str | None, ...]
"""Names of fields from the document's top; None for any element of a list."""

LearnedTypes: TypeAlias = "Mapping[str | None, Mapping[tuple[Path, int], frozenset[int]]]"
"""What fitted, by table id, path and JSON type. Plain values, which can be pickled."""


class Retyping:
    """Finds types, and remembers by table and path which ones fitted: those are tried first.

    Where several processes each have one, the result does not depend on who got which revision, if
    `learned` of all of them is merged, and revisions without a result are tried again with it,
    until nothing new is learned: what `find` tries on its own does not depend on what it learned,
    and what it learned only adds tries. There are two exceptions. Beyond `MAX_LEARNED_TRIES` their
    order can matter, if more combinations than that fitted at the paths of one document. And beyond
    `MAX_LONG_FAILURES`, types that only a long search finds can be missed.
    """

    def __init__(self) -> None:
        self._tables: dict[str | None, Place] = {}
        self._places: dict[str | None, int] = {}
        self._rules: dict[str | None, Rules] = {}
        self._long_failures: Counter[str | None] = Counter()

    def find(
        self,
        table_id: str | None,
        data: Span,
        fits: Callable[[bytes], bool],
        *,
        max_tries: int = MAX_TRIES,
    ) -> Span | None:
        """Find the types of a document.

        Parameters
        ----------
        table_id
            The ledger table; None if it is unknown.
        data
            The document, in the types that JSON has.
        fits
            Tells whether a hash of the data is the one in the revision's hash.
        max_tries
            Maximum number of hashes in a search; `QUICK_TRIES` for a pass over many revisions.

        Returns
        -------
        tuple
            The document in the types that fit, as binary Ion: `data` itself if it fits as it is;
            None if none did within the limit.
        """
        table = self._tables.setdefault(table_id, Place())
        try:
            found = self._without_search(table_id, data, fits)
            if found is not None:
                return found
            tree = Tree(data, table)
            if self._long_failures[table_id] == MAX_LONG_FAILURES:
                max_tries = min(max_tries, QUICK_TRIES)
            for choice in _choices(tree, _limit(tree, data, max_tries)):
                if fits(tree.hash(choice)):
                    self._learn(table_id, tree, choice)
                    return tree.written(choice)
        except (IonError, IndexError, RecursionError):
            return None
        tree.forget_places()
        if max_tries > QUICK_TRIES:
            self._long_failures[table_id] += 1
        return None

    def _without_search(
        self, table_id: str | None, data: Span, fits: Callable[[bytes], bool]
    ) -> Span | None:
        """Try the types that fitted most of the table's documents, and those of JSON."""
        if table_id not in self._rules:
            self._rules[table_id] = rules(self._tables[table_id])
        known = self._rules[table_id]
        if known:
            found = rewritten(data, known)
            if fits(ion_hash(found)):
                return found
        return data if fits(ion_hash(data)) else None

    @property
    def learned(self) -> LearnedTypes:
        """What fitted so far."""
        return {table: dict(_learned(place, ())) for table, place in self._tables.items()}

    def merge(self, learned: LearnedTypes) -> bool:
        """Add what fitted elsewhere; return whether any of it is new."""
        is_new = False
        for table_id, types in learned.items():
            for (path, kind), labels in types.items():
                place = self._tables.setdefault(table_id, Place())
                for name in path:
                    place = self._inner(table_id, place, name)
                is_new |= _add(place, kind, labels)
            self._rules.pop(table_id, None)
        return is_new

    def _inner(self, table_id: str | None, place: Place, name: str | None) -> Place:
        if name not in place.inner:
            place.inner[name] = Place()
            self._places[table_id] = self._places.get(table_id, 0) + 1
        return place.inner[name]

    def _learn(self, table_id: str | None, tree: Tree, choice: Choice) -> None:
        self._long_failures[table_id] = 0
        places = self._places.get(table_id, 0) + tree.added_places
        if places > _MAX_PLACES:
            tree.forget_places()
        else:
            self._places[table_id] = places
        for node in tree.nodes:
            if node.kind in LABELS and _add(node.place, node.kind, {choice[node.unit]}):
                self._rules.pop(table_id, None)


def _limit(tree: Tree, data: Span, max_tries: int) -> int:
    work = _WORK_OF_TRY + len(tree.nodes) + (data[4] - data[3]) // _BYTES_OF_WORK
    return min(max_tries, max(_MIN_TRIES, _MAX_WORK // work))


def _choices(tree: Tree, limit: int) -> Iterator[Choice]:
    """Yield the choices of a search; not that of the types of JSON, which was tried before it."""
    if is_anything_known(tree):
        yield from filter(any, choices(learned_plan(tree), min(limit, MAX_LEARNED_TRIES)))
    yield from filter(any, choices(first_plan(tree), limit))


def _learned(place: Place, path: Path) -> Iterator[tuple[tuple[Path, int], frozenset[int]]]:
    for kind, labels in place.learned.items():
        yield (path, kind), frozenset(map(int, labels))
    for name, inner in place.inner.items():
        yield from _learned(inner, (*path, name))


def _add(place: Place, kind: int, labels: set[int] | frozenset[int]) -> bool:
    """Add labels to those of a place, that which JSON has last; return whether any is new."""
    known = place.learned.get(kind, ())
    if labels.issubset(known):
        return False
    together = sorted(map(Label, labels.union(known)))
    place.learned[kind] = tuple(sorted(together, key=_is_as_is))
    return True


def _is_as_is(label: Label) -> bool:
    return label is Label.AS_IS
