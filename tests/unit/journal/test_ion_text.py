"""Ion text is read value by value in bounded memory, or refused at the place of the damage.

tests/unit/journal/test_ion_text_vectors.py reads the specification's vectors, and
tests/unit/journal/test_ion_text_values.py generated values.
"""

from __future__ import annotations

import json
import re
import time
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from handler.values import attribute_value
from journal.errors import DamagedObject, IonError
from journal.exports.located import CUT, TOO_LONG
from journal.ion import text_stream, text_value
from journal.ion.hashing import ion_hash
from journal.ion.stream import single_value
from journal.ion.structure import blob_field, bounds, struct, unwrapped
from journal.ion.text_numbers import MAX_DIGITS, MAX_FLOAT_DIGITS
from journal.ion.text_stream import text_values
from journal.ion.text_value import MAX_DEPTH
from journal.merkle import dot
from tests.support.ion import binary

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from journal.exports.located import Located

SAMPLE = (
    "// a block\n{strandId: \"K\u00e4\", '2x': {{ aGk= }},"
    ' "n": [1, -2.50, 2019-09-16T19:37:05.360Z],'
    " /* symbols */ s: note::'two words', long: '''a''' '''\\u00e9\\n''', clob: {{\"c\\x41\"}},"
    " op: (a + -inf), e: 1e3, none: null.struct, h: 0xFF}"
).encode()
SAMPLE_START = SAMPLE.index(b"{")


def read(text: str | bytes) -> list[Located]:
    return list(text_values([text.encode() if isinstance(text, str) else text]))


def names_of(found: Located) -> tuple[str, ...]:
    """Return the symbols of a value after those of Ion itself."""
    names = found.span[1]
    assert isinstance(names, tuple)
    return names[10:]


def plain(text: str | bytes) -> list[object]:
    return [attribute_value(found.span) for found in read(text)]


def split(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


def damage(text: str | bytes) -> tuple[str, int]:
    with pytest.raises(DamagedObject) as caught:
        read(text)
    return caught.value.code, caught.value.offset


def test_a_value_has_its_place_and_size_in_the_object() -> None:
    first, second = read(b" // comment\n note::{a: 1} \n[2]")
    assert (first.offset, first.size) == (13, len("note::{a: 1}"))
    assert (second.offset, second.size) == (27, len("[2]"))


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 64])
def test_pieces_of_any_size_give_the_same_values(size: int) -> None:
    whole = list(text_values([SAMPLE * 3]))
    assert list(text_values(split(SAMPLE * 3, size))) == whole
    assert len(whole) == 3


def test_every_kind_of_value_is_read_as_amazon_ion_reads_it() -> None:
    (found,) = read(SAMPLE)
    assert ion_hash(found.span) == ion_hash(single_value(binary(SAMPLE.decode())))


@pytest.mark.parametrize("size", [1, 1 << 16])
@pytest.mark.parametrize("end", range(SAMPLE_START + 1, len(SAMPLE)))
def test_a_value_that_is_cut_is_told_with_its_offset(end: int, size: int) -> None:
    # Given an object that ends anywhere in its second value
    data = b'"first" ' + SAMPLE[:end]
    # When it is read
    found: list[Located] = []
    with pytest.raises(DamagedObject) as caught:
        found.extend(text_values(split(data, size)))
    # Then the fault is told as a cut, at that value
    assert (caught.value.code, caught.value.offset) == (CUT, 8 + SAMPLE_START)


@pytest.mark.parametrize(
    "cut",
    [
        '"',
        "'",
        "'''a'",
        "'''a''' /*",
        "'''a''' '",
        '"\\u00e',
        '"\\ud83d\\u',
        b'"\xc3',
        b"// \xc3",
        "/* *",
        "/",
        "a::",
        "a::b :",
        "{{",
        "{{aGk=",
        "{{aGk=}",
        '{{"a',
        '{{"a"',
        "{{ '''a''",
        "-",
        "-in",
        "12_",
        "1d",
        "2020-01-01T00:0",
        "null.",
        "null.str",
        "(",
        "(a -",
    ],
)
def test_a_cut_token_is_told_as_a_cut(cut: str | bytes) -> None:
    data = cut if isinstance(cut, bytes) else cut.encode()
    assert damage(b"1 " + data) == (CUT, 2)


@pytest.mark.parametrize(
    ("text", "code", "offset"),
    [
        ("{a:1 b:2}", "expected a comma or the end of the container", 5),
        ("{a:1]", "expected a comma or the end of the container", 4),
        ("[1)", "expected a comma or the end of the container", 2),
        ("{a 1}", "expected the colon after the name of a field", 3),
        ("{a::1}", "expected a value", 3),
        ("{null:1}", "expected the name of a field", 1),
        ("{1:1}", "expected the name of a field", 1),
        ("{,}", "expected the name of a field", 1),
        ("[1,,2]", "expected a value", 3),
        ("[,]", "expected a value", 1),
        ("[a::]", "expected a value", 4),
        ("(1,2)", "expected a value", 2),
        ("1 + 2", "expected a value", 2),
        ("}", "expected a value", 0),
        ("\u00e9", "expected a value", 0),
        ("[1x]", "expected a number or a timestamp", 1),
        ("[01]", "expected a number or a timestamp", 1),
        ("[1__0]", "expected a number or a timestamp", 1),
        ("[12'a']", "expected a comma or the end of the container", 3),
        ("(12/a)", "expected the end of a number", 3),
        ("[2020-02-30]", "a timestamp that the calendar does not have", 1),
        ("[2020-02-03T10]", "a timestamp of no known form", 1),
        ("[null.text]", "expected the type of a null", 6),
        ("$7_0 $ion_1_1", "expected version 1.0 of Ion", 5),
        ("[$10]", "expected a symbol that a table explains", 1),
        ("{$99999999999:1}", "expected a symbol that a table explains", 1),
        ('"a\\q"', "expected an escape that Ion has", 2),
        ('"\\ud800x"', "expected an escape that Ion has", 1),
        ('"\\udc00"', "expected an escape that Ion has", 1),
        ('"\\U00110000"', "expected an escape that Ion has", 1),
        ('"\\U0000d800"', "expected an escape that Ion has", 1),
        ('"a\nb"', "expected the end of the line's text, or an escape", 2),
        ("'''a\0'''", "expected the end of the line's text, or an escape", 4),
        ('{{"\u00e9"}}', "expected ASCII in a clob", 3),
        ('{{"\\u0041"}}', "expected an escape that Ion has", 3),
        ("{{aGk}}", "expected base64 in groups of four", 5),
        ("[{{aGk}}]", "expected base64 in groups of four", 6),
        ("+infinity", "expected a value", 0),
        ("{{a=Gk}}", "expected base64 and the end of a blob", 4),
        ('{{"a"b}}', "expected the end of a clob", 5),
        ("{{'a'}}", "expected the text of a clob", 2),
        (b'["\xff"]', "expected UTF-8", 2),
        (b"{'\xff':1}", "expected UTF-8", 2),
        (b"/* \xff */ 1", "expected UTF-8", 3),
        (b"'''a\xed\xa0\x80'''", "expected UTF-8", 4),
    ],
)
@pytest.mark.parametrize("before", ["", "{a: 1}\n"])
def test_damage_is_told_with_its_place(
    text: str | bytes, code: str, offset: int, before: str
) -> None:
    data = text if isinstance(text, bytes) else text.encode()
    assert damage(before.encode() + data) == (code, len(before) + offset)


def test_damage_of_a_comment_is_told_with_its_place_in_pieces() -> None:
    with pytest.raises(DamagedObject) as caught:
        list(text_values(split(b"{a: 1} /* \xff */", 3)))
    assert (caught.value.code, caught.value.offset) == ("expected UTF-8", 10)


@pytest.mark.parametrize(
    ("text", "count"), [("[1/* c */, 2//\n]", 2), ("(+/* c */ 1)", 2), ("(+infinity)", 2)]
)
def test_a_token_ends_where_no_part_of_it_follows(text: str, count: int) -> None:
    (found,) = plain(text)
    assert isinstance(found, dict)
    assert len(found["L"]) == count


def test_a_long_token_in_many_pieces_is_scanned_a_few_times() -> None:
    data = b'"' + b"x" * 1_000_000 + b'"'
    started = time.process_time()
    assert len(list(text_values(split(data, 16)))) == 1
    assert time.process_time() - started < 5


def test_the_values_before_the_damage_are_read() -> None:
    found = text_values([b"{a:1} {b:2} {c"])
    assert [attribute_value(next(found).span) for _ in range(2)] == [
        {"M": {"a": {"N": "1"}}},
        {"M": {"b": {"N": "2"}}},
    ]
    with pytest.raises(DamagedObject, match=CUT):
        next(found)


def test_an_object_of_comments_has_no_value() -> None:
    assert read("/* none */ // at all") == []


def test_a_mark_of_utf_8_is_skipped() -> None:
    (found,) = text_values(split(b"\xef\xbb\xbf{a:1}", 1))
    assert (found.offset, found.size) == (3, 5)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"])
def test_another_encoding_is_told(encoding: str) -> None:
    assert damage("{a:1}".encode(encoding)) == ("expected UTF-8, found UTF-16 or UTF-32", 0)


def test_repeated_fields_are_kept_in_their_order() -> None:
    (found,) = read("{a:1,b:2,a:3}")
    data, _, _, start, stop = found.span
    assert names_of(found) == ("a", "b")
    assert data[start:stop] == b"\x8a\x21\x01\x8b\x21\x02\x8a\x21\x03"


def test_annotations_are_removed_from_the_value_and_kept_within_it() -> None:
    (found,) = read("top::x::[in::'y z'::{}]")
    data, names, head, start, stop = found.span
    assert head == 0xB5
    symbols, inner, _, _ = unwrapped(data, start + 1, stop)
    assert [names[symbol] for symbol in symbols] == ["in", "y z"]
    assert inner == 0xD0


def test_a_long_container_keeps_its_annotation() -> None:
    (found,) = read(f"[in::[{','.join(['1'] * 500)}], 2]")
    assert ion_hash(found.span) == ion_hash(
        single_value(binary(f"[in::[{','.join(['1'] * 500)}], 2]"))
    )


def test_each_value_has_symbols_of_its_own() -> None:
    first, second = read("{a:b} {c:d}")
    assert names_of(first) == ("a", "b")
    assert names_of(second) == ("c", "d")


def test_symbols_by_number_have_the_text_of_the_tables_before_them() -> None:
    text = """
        $ion_symbol_table::{symbols: ["a", null, "c"]}
        {$10: $12, x: $4}
        $ion_symbol_table::{imports: $ion_symbol_table, symbols: ["d"]}
        [$13, $10]
        $ion_symbol_table::{symbols: ["e"]}
        [$10]
    """
    assert plain(text) == [
        {"M": {"a": {"S": "c"}, "x": {"S": "name"}}},
        {"L": [{"S": "d"}, {"S": "a"}]},
        {"L": [{"S": "e"}]},
    ]


def test_a_new_table_ends_those_that_were_appended() -> None:
    text = (
        '$ion_symbol_table::{symbols: ["a"]}'
        '$ion_symbol_table::{imports: $ion_symbol_table, symbols: ["b"]}'
        '$ion_symbol_table::{symbols: ["c"]} [$11]'
    )
    assert damage(text) == ("expected a symbol that a table explains", text.index("$11"))


def test_a_version_marker_ends_the_symbol_table() -> None:
    code, offset = damage('$ion_symbol_table::{symbols: ["a"]} $10 $ion_1_0 $10')
    assert (code, offset) == ("expected a symbol that a table explains", 49)


@pytest.mark.parametrize("text", ["$ion_1_0", "'$ion_1_0'", "$2"])
def test_what_looks_like_a_version_marker_is_no_value(text: str) -> None:
    assert plain(f"{text} 1") == [{"N": "1"}]


@pytest.mark.parametrize("text", ["a::$ion_1_0", "[$ion_1_0]", "($ion_2_7)", "{a:$ion_1_0}"])
def test_a_version_marker_elsewhere_is_a_symbol(text: str) -> None:
    assert len(read(text)) == 1


def test_a_quoted_symbol_is_never_a_number_of_a_table() -> None:
    assert plain("['$10']") == [{"L": [{"S": "$10"}]}]


def test_a_symbol_with_the_text_of_symbol_zero_is_not_symbol_zero() -> None:
    quoted, zero, unknown = read("{a: '$0'} {a: $0} $ion_symbol_table::{symbols: [null]} {a: $10}")
    assert ion_hash(zero.span) == ion_hash(unknown.span)
    assert ion_hash(quoted.span) != ion_hash(zero.span)


def test_a_symbol_of_a_shared_table_keeps_its_number_and_cannot_be_hashed() -> None:
    text = """
        $ion_symbol_table::{imports: [{name: "other", version: 1, max_id: 2}], symbols: ["c"]}
        {a: $11} {a: $12}
    """
    unknown, known = read(text)
    assert attribute_value(unknown.span) == {"M": {"a": {"S": "$11"}}}
    with pytest.raises(IonError, match="whose texts are unknown"):
        ion_hash(unknown.span)
    assert ion_hash(known.span) == ion_hash(read("{a: c}")[0].span)


def test_a_table_that_needs_another_is_refused_at_its_place() -> None:
    text = '1 $ion_symbol_table::{imports: [{name: "other", version: 1}]}'
    assert damage(text) == ("a symbol table that needs another", 2)


@pytest.mark.parametrize("opening", ["[", "{a:", "(", "b::[", "[ /**/ "])
def test_nesting_is_limited(opening: str) -> None:
    closing = {"{": "}", "(": ")"}.get(opening[0], "]")
    assert len(read(opening * MAX_DEPTH + "1" + closing * MAX_DEPTH)) == 1
    code, _ = damage(opening * (MAX_DEPTH + 1))
    assert code == "expected fewer containers in each other"


def test_the_digits_of_numbers_are_limited() -> None:
    assert len(read("[" + "9" * MAX_DIGITS + "]")) == 1
    assert damage("[" + "9" * (MAX_DIGITS + 1) + "]") == ("expected a number of fewer digits", 1)
    assert len(read("[1." + "9" * (MAX_DIGITS - 1) + "]")) == 1
    assert damage("[1." + "9" * MAX_DIGITS + "]") == ("expected a number of fewer digits", 1)


def test_long_numbers_are_exact() -> None:
    number = 7**20_000
    (found,) = read(f"[0x{number:x}]")
    data, _, _, start, stop = found.span
    digits = "".join(f"{number // 10 ** (4000 * n) % 10**4000:04000d}" for n in range(5)[::-1])
    (same,) = read(f"[{digits.lstrip('0')}]")
    assert same.span[0][start:stop] == data[start:stop]


def test_the_digits_of_floats_and_exponents_are_limited() -> None:
    digits = "1" * (MAX_FLOAT_DIGITS - 2)
    assert len(read(f"[{digits}e0]")) == 1
    assert damage(f"[1{digits}e0]") == ("expected a number of fewer digits", 1)
    assert len(read("[1d-999999999999999999, 1d+0000000000000000000001]")) == 1
    assert damage("[1d1000000000000000000]") == ("expected an exponent of fewer digits", 1)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("[{}]", 1),
        ("[{}]", 1 << 16),
        ('"{}"', 50),
        ('"{}"', 1 << 16),
        ("/*{}*/ 1", 50),  # a comment is measured only if it is in several pieces
        ("[[{}", 50),
    ],
)
def test_the_size_of_a_value_is_limited(
    text: str, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_stream, "MAX_VALUE_BYTES", 1000)
    data = b"2 " + text.format("1" * 2000).encode()
    with pytest.raises(DamagedObject) as caught:
        list(text_values(split(data, size)))
    assert (caught.value.code, caught.value.offset) == (TOO_LONG, 2)


def test_the_symbols_of_a_value_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_value, "MAX_SYMBOLS", 12)
    assert len(read("{a:b,a:b} {c:d}")) == 2
    assert damage("{a:b,c:d}") == ("expected fewer symbols", 5)


@pytest.mark.parametrize("append", ["", "imports: $ion_symbol_table,"])
def test_the_symbols_of_tables_are_limited(append: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("journal.ion.text_symbols.MAX_SYMBOLS", 3)
    table = f'$ion_symbol_table::{{{append} symbols: ["a", "b"]}} '
    if append:
        assert damage(table * 2) == ("expected fewer symbols", len(table))
    assert read(table.replace('"b"]', '"b", "c"]')) == []
    code, _ = damage(table.replace('"b"]', '"b", "c", "d"]'))
    assert code == "expected fewer symbols"


def test_memory_does_not_grow_with_the_object() -> None:
    def pieces(count: int) -> Iterator[bytes]:
        for number in range(count):
            yield f'{{name{number}: "{"x" * 5000}", number: {number}}}\n'.encode()

    def peak(count: int) -> int:
        tracemalloc.start()
        assert sum(1 for _ in text_values(pieces(count))) == count
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest

    peak(1)  # caches
    assert peak(2000) < 2_000_000


def test_a_genuine_revision_has_the_hash_that_it_tells(shared_data: Path) -> None:
    # Given AWS's own block, in the JSON of its command line's answer
    text = (shared_data / "aws-cli-examples" / "get-block.rst").read_text()
    quoted = re.search(r'"Block": \{\s*"IonText": (".*")\n', text)
    assert quoted is not None
    # When its text is read
    (found,) = read(json.loads(quoted[1]))
    # Then the parts of its revision have the hash that stands beside them
    data, names, _, start, stop = struct(found.span)["revisions"]
    revision = struct((data, names, *bounds(data, start, stop)))
    parts = (ion_hash(revision["data"]), ion_hash(revision["metadata"]))
    assert dot(*parts) == blob_field(revision, "hash")
