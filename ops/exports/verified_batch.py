"""Verifies some objects of an export, apart from all others."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from journal.errors import DamagedObject
from journal.exports.blocks import Format, object_blocks
from journal.exports.findings import Finding, FindingKind
from journal.exports.part_verification import PartVerification
from journal.exports.part_verifier import Part, verify_part
from journal.retyping import Retyping
from ops.exports.source import ObjectError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from journal.exports.selection import Selection
    from journal.exports.sequence import ObjectPart
    from journal.ion.structure import Span
    from journal.retyping import LearnedTypes
    from ops.exports.source import Source


class VerifiedBatch(NamedTuple):
    """What one process found in some objects, and which types it learned from them."""

    parts: list[ObjectPart]
    results: list[PartVerification]
    formats: list[Format | None]
    learned: LearnedTypes


class _Search(NamedTuple):
    """A search for types with a limit."""

    types: Retyping
    max_tries: int

    def find(self, table_id: str | None, data: Span, fits: Callable[[bytes], bool]) -> Span | None:
        return self.types.find(table_id, data, fits, max_tries=self.max_tries)


def verify_batch(
    source: Source,
    parts: Sequence[ObjectPart],
    *,
    strand_id: str,
    selection: Selection,
    wanted: frozenset[int],
    learned: LearnedTypes,
    max_tries: int,
) -> VerifiedBatch:
    """Verify some objects.

    Parameters
    ----------
    source
        Where they are.
    parts
        What is verified of which object.
    strand_id
        The journal.
    selection
        Tables and times.
    wanted
        Sequence numbers of the blocks for which there are proofs.
    learned
        Types that fitted elsewhere.
    max_tries
        Combinations of types that are tried for a revision of a JSON export.

    Raises
    ------
    OpsError
        If the source cannot be read at all.
    """
    types = Retyping()
    types.merge(learned)
    results: list[PartVerification] = []
    formats: list[Format | None] = []
    for each in parts:
        part = Part(each.key, strand_id, each.first, each.last, each.read_from, each.read_to)
        try:
            found = object_blocks(source.chunks(each.key, each.etag))
            search = _Search(types, max_tries) if found.format is Format.JSON else None
            result = verify_part(
                part, found.blocks, selection=selection, wanted=wanted, types=search
            )
            formats.append(found.format)
        except DamagedObject as error:
            result = _unreadable(each.key, error.code, error.offset)
            formats.append(None)
        except ObjectError as error:
            result = _unreadable(each.key, str(error), None)
            formats.append(None)
        results.append(result)
    return VerifiedBatch(list(parts), results, formats, types.learned)


def _unreadable(key: str, problem: str, offset: int | None) -> PartVerification:
    result = PartVerification(key, is_readable=False)
    result.add(Finding(FindingKind.UNREADABLE_OBJECT, problem, key, offset))
    return result
