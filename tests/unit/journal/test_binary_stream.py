"""A long stream of binary Ion has the same values in pieces of any size, each with its place."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from journal.errors import DamagedObject, IonError
from journal.exports import located
from journal.ion import binary_stream
from journal.ion.binary_stream import binary_values
from journal.ion.hashing import ion_hash
from journal.ion.stream import VERSION_MARKER, values
from tests.support import raw_ion

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from journal.exports.located import Located
    from journal.ion.structure import Span

STREAM = (
    VERSION_MARKER
    + raw_ion.symbol_table(["a", "b"])
    + b"\xd2\x8a\x20"  # {a: 0}
    + b"\x03\x00\x00\x00"  # padding
    + raw_ion.text("x" * 200)
    + raw_ion.symbol_table(["c"])
    + b"\xd2\x8a\x20"  # {c: 0}
    + VERSION_MARKER
    + b"\x71\x04"  # name
    + raw_ion.annotated(b"\x84", b"\x21\x07")  # name::7
    + b"\x11"
)


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


def hashes(spans: Iterable[Span]) -> list[bytes]:
    return [ion_hash(span) for span in spans]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 16, 64, 1000])
def test_pieces_of_any_size_have_the_values_of_the_whole(size: int) -> None:
    found = [value.span for value in binary_values(pieces(STREAM, size))]

    assert hashes(found) == hashes(values(STREAM))


def test_each_value_has_its_offset_and_size() -> None:
    found = list(binary_values(pieces(STREAM, 3)))

    assert [STREAM[value.offset : value.offset + value.size] for value in found] == [
        b"\xd2\x8a\x20",
        raw_ion.text("x" * 200),
        b"\xd2\x8a\x20",
        b"\x71\x04",
        raw_ion.annotated(b"\x84", b"\x21\x07"),
        b"\x11",
    ]


def test_empty_pieces_change_nothing() -> None:
    chunks = [b"", STREAM[:5], b"", b"", STREAM[5:], b""]

    assert len(list(binary_values(chunks))) == 6


def test_a_table_that_adds_keeps_the_symbols_before_it() -> None:
    more = raw_ion.annotated(b"\x83", raw_ion.value(raw_ion.STRUCT, b"\x86\x71\x03\x87\xb2\x81b"))
    stream = VERSION_MARKER + raw_ion.symbol_table(["a"]) + more + b"\x71\x0a\x71\x0b"

    found = [value.span for value in binary_values([stream])]

    assert [names[int.from_bytes(data[start:stop])] for data, names, _, start, stop in found] == [
        "a",
        "b",
    ]


def test_a_version_marker_ends_all_symbols() -> None:
    stream = VERSION_MARKER + raw_ion.symbol_table(["a"]) + VERSION_MARKER + b"\xd2\x8a\x20"

    with pytest.raises(IonError):
        hashes(value.span for value in binary_values([stream]))


@pytest.mark.parametrize("size", [1, 1000])
def test_a_cut_at_any_place_leaves_the_values_before_it(size: int) -> None:
    ends = [value.offset + value.size for value in binary_values([STREAM])]
    for cut in range(len(STREAM)):
        found: list[Located] = []
        with contextlib.suppress(DamagedObject):
            found.extend(binary_values(pieces(STREAM[:cut], size)))

        assert len(found) == sum(end <= cut for end in ends)


@pytest.mark.parametrize("size", [1, 1000])
def test_a_cut_within_a_value_is_told_with_the_place_of_the_value(size: int) -> None:
    for value in binary_values([STREAM]):
        for cut in range(value.offset + 1, value.offset + value.size):
            with pytest.raises(DamagedObject) as caught:
                list(binary_values(pieces(STREAM[:cut], size)))

            assert caught.value.offset == value.offset


@pytest.mark.parametrize(
    ("data", "code", "offset"),
    [
        (b"", "version marker", 0),
        (b"\xe0\x01\x00", "version marker", 0),
        (b"{a:1}", "version marker", 0),
        (VERSION_MARKER + b"\x21\x01\xf0", "starts no value", 6),
        (VERSION_MARKER + b"\xe0\x02\x00\xea", "version marker", 4),
        (VERSION_MARKER + b"\xe0\x01", "cut", 4),
        (VERSION_MARKER + b"\x85abc", "cut", 4),
        (VERSION_MARKER + b"\x8e", "truncated", 4),
        (VERSION_MARKER + b"\x21\x01\xd1\x80", "ordered struct", 6),
    ],
)
def test_damage_is_told_with_its_offset(data: bytes, code: str, offset: int) -> None:
    with pytest.raises(DamagedObject, match=code) as caught:
        list(binary_values([data]))

    assert caught.value.offset == offset


def test_a_value_that_is_too_long_is_refused_before_it_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(binary_stream, "MAX_VALUE_BYTES", 100)
    read: list[int] = []

    def chunks() -> Iterator[bytes]:
        yield VERSION_MARKER + raw_ion.head(raw_ion.STRING, 101)
        for number in range(10):
            read.append(number)
            yield b"x" * 20

    with pytest.raises(DamagedObject, match=str(located.MAX_VALUE_BYTES)):
        list(binary_values(chunks()))
    assert read == [0]


def test_only_the_value_in_question_is_in_memory() -> None:
    value = raw_ion.text("x" * 1000)
    spans = binary_values(pieces(VERSION_MARKER + value * 50, 1500))

    assert max(len(found.span[0]) for found in spans) < 4000


def test_the_vectors_of_the_specification_have_the_same_values(shared_data: Path) -> None:
    folder = shared_data / "ion-tests" / "iontestdata"
    for file in sorted(folder.rglob("*.10n")):
        data = file.read_bytes()
        try:
            expected = len(list(values(data)))
        except IonError:
            with pytest.raises(DamagedObject):
                list(binary_values(pieces(data, 3)))
        else:
            assert len(list(binary_values(pieces(data, 3)))) == expected, file.name
