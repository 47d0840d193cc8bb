"""Redacted revisions as bytes: what is in them, in how much memory, and what is found again."""

from __future__ import annotations

import random
import tracemalloc

import pytest

from ops.distributed.redacted_revisions import ENTRY_BYTES, RedactedRevisions, merged, packed
from ops.replay.messages import MAX_VERSION, RevisionKey, document_key

COUNT = 20_000


def revisions(count: int, seed: int = 1) -> frozenset[RevisionKey]:
    """Return revisions of documents of which some have several."""
    numbers = random.Random(seed)
    return frozenset(
        RevisionKey(document_key(str(numbers.randrange(count))), numbers.randrange(9))
        for _ in range(count)
    )


def documents(found: frozenset[RevisionKey]) -> set[bytes]:
    return {each.document for each in found}


@pytest.mark.parametrize("count", [0, 1, 2, 3, 500])
def test_the_revisions_of_documents_are_found(count: int) -> None:
    # given
    expected = revisions(count)
    redacted = RedactedRevisions(packed(expected))
    wanted = set(
        random.Random(2).sample(sorted(documents(expected)), len(documents(expected)) // 2)
    )
    # when
    found = redacted.of([*wanted, document_key("another one"), bytes(16), b"\xff" * 16])
    # then
    assert found == {each for each in expected if each.document in wanted}
    assert redacted.of(documents(expected)) == expected


@pytest.mark.parametrize("version", [0, 255, 256, MAX_VERSION])
def test_versions_survive(version: int) -> None:
    each = RevisionKey(document_key("a"), version)

    assert RedactedRevisions(packed([each])).of([each.document]) == {each}


def test_what_several_batches_redact_is_in_the_whole_once() -> None:
    batches = [revisions(300, seed) for seed in range(5)]

    content = merged([packed(batch) for batch in batches])

    assert content == packed(frozenset().union(*batches))
    assert merged([]) == b""


def test_a_redaction_takes_24_bytes_of_memory() -> None:
    # given
    content = packed(revisions(COUNT))
    tracemalloc.start()
    # when
    redacted = RedactedRevisions(bytes(bytearray(content)))
    redacted.of([document_key("1")])
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # then
    assert ENTRY_BYTES == 24
    assert taken < len(redacted) * ENTRY_BYTES + 10_000


def test_bytes_that_are_something_else_are_refused() -> None:
    with pytest.raises(ValueError, match="expected entries of redacted revisions"):
        RedactedRevisions(b"{}")
