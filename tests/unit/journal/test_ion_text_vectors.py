"""The Ion specification's own vectors of Ion text are read or refused, and mean what they should.

Each is a stream of any values. Source: github.com/amazon-ion/ion-tests.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

import pytest
from amazon.ion import simpleion
from qldb_simulator import ion_hash as reference

from handler.values import attribute_value
from journal.errors import DamagedObject, IonError
from journal.ion.hashing import ion_hash
from journal.ion.structure import LIST, SEXP, STRING, bounds
from journal.ion.text_stream import text_values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from journal.ion.structure import Span

GOOD, BAD, EQUAL_GROUPS, OTHER_GROUPS = 202, 400, 207, 103
"""How many vectors, and groups of values in them, there are."""

OTHER_ENCODINGS = {"good/utf16.ion", "good/utf32.ion"}
"""Ion text may be in UTF-16 or UTF-32, but QLDB and AWS's libraries write none."""

NOT_COMPARED = {
    "good/subfieldVarInt.ion",  # decimals of over 4,300 digits, which the other hash refuses
    "good/subfieldVarUInt.ion",  # amazon.ion takes minutes, and all memory, for its imports
    "good/subfieldVarUInt32bit.ion",  # also
    "good/whitespace.ion",  # amazon.ion refuses a vertical tab after a number
}


def vectors(shared_data: Path, kind: str) -> dict[str, bytes]:
    root = shared_data / "ion-tests" / "iontestdata"
    files = sorted((root / kind).rglob("*.ion"))
    return {file.relative_to(root).as_posix(): file.read_bytes() for file in files}


def utf8_vectors(shared_data: Path, kind: str) -> dict[str, bytes]:
    found = vectors(shared_data, kind)
    return {name: data for name, data in found.items() if name not in OTHER_ENCODINGS}


def is_read(data: bytes, size: int) -> bool:
    try:
        list(text_values(data[at : at + size] for at in range(0, len(data), size)))
    except DamagedObject:
        return False
    return True


def meaning(span: Span) -> object:
    """Return what is equal for equal values: the hash, or the form of what cannot be hashed."""
    try:
        return ion_hash(span)
    except IonError:
        return attribute_value(span)


def meanings(text: bytes) -> list[object]:
    return [meaning(found.span) for found in text_values([text])]


def hashes(text: bytes) -> list[bytes | None]:
    return [hash_or_none(ion_hash, found.span) for found in text_values([text])]


def expected(text: bytes) -> list[bytes | None]:
    """Return the hashes of what amazon.ion's Python reader finds, by the other implementation."""
    found = []
    for value in simpleion.load_python(io.StringIO(text.decode()), single_value=False):
        value.ion_annotations = ()
        found.append(hash_or_none(reference.ion_hash, value))
    return found


def hash_or_none(ion_hash: Callable[[Any], bytes], value: object) -> bytes | None:
    """Return the hash of a value; None if it has a symbol whose text is unknown."""
    try:
        return ion_hash(value)
    except (IonError, ValueError):
        return None


def elements(span: Span) -> Iterator[Span]:
    data, names, _, position, stop = span
    while position < stop:
        head, start, position = bounds(data, position, stop)
        yield data, names, head, start, position


def groups(text: bytes) -> Iterator[list[object]]:
    """Find the groups of a vector: each a list or an S-expression of values or of whole streams."""
    for found in text_values([text]):
        assert found.span[2] >> 4 in (LIST, SEXP)
        if text.startswith(b"embedded_documents", found.offset):
            strings = list(elements(found.span))
            assert {head >> 4 for _, _, head, _, _ in strings} == {STRING}
            yield [meanings(data[start:stop]) for data, _, _, start, stop in strings]
        else:
            yield [meaning(element) for element in elements(found.span)]


@pytest.mark.parametrize("size", [1 << 20, 1])
def test_every_good_vector_is_read(shared_data: Path, size: int) -> None:
    good = vectors(shared_data, "good")
    assert len(good) == GOOD
    refused = [name for name, data in good.items() if not is_read(data, size)]
    assert set(refused) == OTHER_ENCODINGS


@pytest.mark.parametrize("size", [1 << 20, 1])
def test_every_bad_vector_is_refused(shared_data: Path, size: int) -> None:
    bad = vectors(shared_data, "bad")
    assert len(bad) == BAD
    assert [name for name, data in bad.items() if is_read(data, size)] == []


@pytest.mark.parametrize("name", sorted(OTHER_ENCODINGS))
def test_other_encodings_are_refused_by_their_names(shared_data: Path, name: str) -> None:
    data = vectors(shared_data, "good")[name]
    with pytest.raises(DamagedObject, match=re.escape("expected UTF-8, found UTF-16 or UTF-32")):
        list(text_values([data]))


def test_every_good_vector_has_the_values_that_amazon_ion_reads(shared_data: Path) -> None:
    good = {
        name: data
        for name, data in utf8_vectors(shared_data, "good").items()
        if name not in NOT_COMPARED
    }
    assert [name for name, data in good.items() if hashes(data) != expected(data)] == []


def test_values_that_the_specification_calls_equal_have_one_meaning(shared_data: Path) -> None:
    found = 0
    for name, data in vectors(shared_data, "good/equivs").items():
        for group in groups(data):
            found += 1
            assert [element for element in group if element != group[0]] == [], name
    assert found == EQUAL_GROUPS


def test_values_that_the_specification_calls_different_have_different_meanings(
    shared_data: Path,
) -> None:
    found = 0
    for name, data in vectors(shared_data, "good/non-equivs").items():
        for group in groups(data):
            found += 1
            assert all(group.count(element) == 1 for element in group), name
    assert found == OTHER_GROUPS
