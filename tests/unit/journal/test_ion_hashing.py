"""Ion Hash of binary Ion in place is that of the specification, however the value is encoded."""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING, Any

import pytest
from amazon.ion import simpleion
from hypothesis import given
from qldb_simulator import ion_hash as reference

from journal.errors import IonError
from journal.ion import hashing
from journal.ion.stream import VERSION_MARKER, single_value, values
from journal.ion.structure import bounds
from tests.support import raw_ion
from tests.support.ion import binary
from tests.support.ion_values import documents

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from amazon.ion.simple_types import IonPyDict

VECTORS = 167


class Identity:
    """The hash function of most vectors: the digest is what was hashed."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def digest(self) -> bytes:
        return self._data


def md5(data: bytes) -> Any:  # noqa: ANN401 (hashlib's own type is private)
    return hashlib.md5(data, usedforsecurity=False)


HASHERS: dict[str, Callable[[bytes], Any]] = {"identity": Identity, "md5": md5}


def in_place(value: bytes) -> bytes:
    return hashing.ion_hash(single_value(VERSION_MARKER + value))


def written(value: object) -> bytes:
    return bytes(simpleion.dumps(value, binary=True))


def python_value(text: str) -> Any:  # noqa: ANN401 (any value)
    """Return the value that amazon.ion's Python reader finds, because its C reader is wrong."""
    return simpleion.load_python(io.StringIO(text))


def source(vector: IonPyDict) -> bytes:
    if "10n" in vector:
        return VERSION_MARKER + bytes(vector["10n"])
    return written(vector["ion"])


def wrapped(data: bytes) -> Any:  # noqa: ANN401 (a Span)
    """Return the one value with its annotations, which `single_value` removes."""
    *_, (found, names, _, _, stop) = values(data)
    position = len(VERSION_MARKER)
    while True:
        head, start, end = bounds(found, position, len(found))
        if end == stop:
            return found, names, head, start, stop
        position = end


def test_the_vectors_of_the_specification(
    shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (shared_data / "ion_hash_tests.ion").read_text()
    vectors = list(simpleion.load_python(io.StringIO(text), single_value=False))
    assert len(vectors) == VECTORS
    for vector in vectors:
        for hasher, calls in vector["expect"].items():
            monkeypatch.setattr(hashing, "sha256", HASHERS[hasher])
            expected = [
                bytes(call)
                for call in calls
                if call.ion_annotations[0].text in ("digest", "final_digest")
            ][-1]
            assert hashing.ion_hash(wrapped(source(vector))) == expected, vector


@given(documents)
def test_values_of_every_type_have_the_hash_of_the_other_implementation(document: Any) -> None:  # noqa: ANN401
    found = hashing.ion_hash(single_value(binary(document.text)))
    assert found == reference.ion_hash(python_value(document.text))


@pytest.mark.parametrize(
    ("encoded", "shortest"),
    [
        (b"\x22\x00\x05", b"\x21\x05"),
        (b"\x3e\x82\x00\x05", b"\x31\x05"),
        (b"\xd3\x84\x2e\x80", b"\xd2\x84\x20"),
        (b"\xd4\x84\x22\x00\x05", b"\xd3\x84\x21\x05"),
        (b"\xd5\x84\x8e\x00\x81a", b"\xd3\x84\x81a"),
        (b"\x44\x3f\x80\x00\x00", b"\x48\x3f\xf0\x00\x00\x00\x00\x00\x00"),
        (b"\x48" + bytes(8), b"\x40"),
        (b"\x48\x7f\xf8\x00\x00\x00\x00\x00\x01", b"\x44\x7f\xc0\x00\x00"),
        (b"\x51\x80", b"\x50"),
        (b"\x52\x80\x00", b"\x50"),
        (b"\x53\xc1\x00\x05", b"\x52\xc1\x05"),
        (b"\x53\x40\x81\x05", b"\x52\xc1\x05"),
        (b"\x51\xc0", b"\x50"),
        (b"\x64\x80\x00\x0f\xe4", b"\x63\x80\x0f\xe4"),
        (b"\x69\x80\x0f\xe4\x81\x81\x80\x80\x80\x80", b"\x68\x80\x0f\xe4\x81\x81\x80\x80\x80"),
        (b"\x3f", b"\x2f"),
        (b"\xd1\x82\x84\x20", b"\xd2\x84\x20"),
        (b"\xd4\x84\x00\x84\x20", b"\xd2\x84\x20"),
        (b"\xb3\x01\xff\x20", b"\xb1\x20"),
        (b"\xb3\x21\x01\x00", b"\xb2\x21\x01"),
        (b"\x8e\x81a", b"\x81a"),
    ],
)
def test_a_longer_encoding_has_the_hash_of_the_shortest(encoded: bytes, shortest: bytes) -> None:
    assert in_place(encoded) == in_place(shortest)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b"\x51\xc1", b"\x50"),
        (b"\x52\x80\x80", b"\x50"),
        (b"\x48\x80" + bytes(7), b"\x40"),
        (b"\x63\xc0\x0f\xe4", b"\x63\x80\x0f\xe4"),
        (b"\x69\x80\x0f\xe4\x81\x81\x80\x80\x80\xc3", b"\x68\x80\x0f\xe4\x81\x81\x80\x80\x80"),
        (b"\x70", b"\x71\x04"),
        (b"\xb0", b"\xc0"),
        (b"\x81a", b"\xa1a"),
        (b"\xd4\x84\x20\x84\x20", b"\xd2\x84\x20"),
        (b"\x0f", b"\x1f"),
    ],
)
def test_other_values_have_other_hashes(one: bytes, other: bytes) -> None:
    assert in_place(one) != in_place(other)


def test_a_symbol_with_the_text_of_symbol_zero_is_not_symbol_zero() -> None:
    table = raw_ion.symbol_table(["$0"])
    assert in_place(table + b"\xd2\x8a\x20") != in_place(b"\xd2\x80\x20")


def test_a_symbol_that_a_table_leaves_without_text_is_symbol_zero() -> None:
    table = raw_ion.symbol_table([], more=b"\x0f")
    assert in_place(table + b"\x71\x0a") == in_place(b"\x70")


@pytest.mark.parametrize(
    "value",
    [
        b"\x71\x0b",
        b"\xd2\x8b\x20",
        b"\x31\x00",
        b"\x64\x80\x0f\xe4",
        b"\x66\x80\x0f\xe4\x81\x81\x80",
        b"\x61\x80",
        b"\xd3\x84\x84\x20",
        b"\xd1\x80",
        b"\xd3\x84\xd1\x80",
        b"\xe3\x81\x8b\x20",
        raw_ion.importing("a") + b"\x71\x0b",
        raw_ion.nested(5_000),
    ],
)
def test_what_cannot_be_hashed_is_refused(value: bytes) -> None:
    with pytest.raises(IonError):
        in_place(value)
