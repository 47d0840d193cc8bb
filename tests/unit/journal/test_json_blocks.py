"""JSON objects of an export are read block by block, exactly, or refused at a place."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qldb_simulator.ion_hash import ion_hash as reference_hash

from journal import json_blocks as module
from journal import json_transcoding
from journal.errors import TRUNCATED, DamagedObject
from journal.ion.hashing import ion_hash
from journal.ion.integers import coefficient, var_int
from journal.ion.stream import single_value
from journal.ion.structure import elements, struct
from journal.json_blocks import json_blocks, json_document
from journal.json_numbers import MAX_DIGITS
from journal.merkle import dot
from tests.support.genuine_block import genuine_block
from tests.support.ion import binary
from tests.support.ion_json import down_converted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from journal.exports.located import Located
    from journal.ion.structure import Span

HASH = "mHVex/yjHAWjFPpwhBuH2GKXmKJjK2FBa9faqoUVNtg="
ION_HASH = f"{{{{{HASH}}}}}"


def blocks(*chunks: bytes) -> list[Located]:
    return list(json_blocks(chunks))


def read(text: str) -> Span:
    (found,) = blocks(text.encode())
    return found.span


def hash_of(ion: str) -> bytes:
    """Return the hash of an Ion text, by readers other than the one under test."""
    return ion_hash(single_value(binary(ion)))


def damage(*chunks: bytes) -> tuple[str, int, int]:
    """Return code and offset of what cannot be read, and the number of blocks before it."""
    found = 0
    try:
        for _ in json_blocks(chunks):
            found += 1
    except DamagedObject as error:
        return error.code, error.offset, found
    pytest.fail("nothing was refused")


# What QLDB's own fields become


def test_the_genuine_block_has_the_hashes_of_its_ion_form(shared_data: Path) -> None:
    # Given the genuine block as JSON
    block = genuine_block(shared_data)
    # When it is read
    found = struct(read(down_converted(block)))
    # Then all but the user's data has the hash of the Ion value
    for name in block:
        if name != "revisions":
            assert ion_hash(found[name]) == reference_hash(block[name]), name
    (revision,) = elements(found["revisions"])
    for name, field in struct(revision).items():
        if name != "data":
            assert ion_hash(field) == reference_hash(block["revisions"][0][name]), name
    # And its transactionInfo is among the entries
    assert ion_hash(found["transactionInfo"]) in [
        data[start:stop] for data, _, _, start, stop in elements(found["entriesHashList"])
    ]


@pytest.mark.parametrize(
    ("json_text", "ion_text"),
    [
        ("{}", "{}"),
        ('{"blockHash":""}', "{blockHash:{{}}}"),
        (f'{{"previousBlockHash":"{HASH}"}}', f"{{previousBlockHash:{ION_HASH}}}"),
        (f'{{"entriesHashList":["","{HASH}"]}}', f"{{entriesHashList:[{{{{}}}},{ION_HASH}]}}"),
        (f'{{"revisions":[{{"hash":"{HASH}"}}]}}', f"{{revisions:[{{hash:{ION_HASH}}}]}}"),
        (f'{{"revisions":[{{"dataHash":"{HASH}"}}]}}', f"{{revisions:[{{dataHash:{ION_HASH}}}]}}"),
        (
            '{"revisions":[{"metadata":{"id":"a","version":3,"txTime":"2019-09-16T19:37:05.344Z"}}]}',
            '{revisions:[{metadata:{id:"a",version:3,txTime:2019-09-16T19:37:05.344Z}}]}',
        ),
        (
            '{"revisions":[{"data":{"hash":"AAAA","txTime":"2019T","blockHash":""}}]}',
            '{revisions:[{data:{hash:"AAAA",txTime:"2019T",blockHash:""}}]}',
        ),
        (
            '{"transactionInfo":{"statements":[{"statement":"a","startTime":"2019-09-16T"}]}}',
            '{transactionInfo:{statements:[{statement:"a",startTime:2019-09-16T}]}}',
        ),
        (
            f'{{"transactionInfo":{{"statements":[{{"statementDigest":"{HASH}"}}]}}}}',
            f"{{transactionInfo:{{statements:[{{statementDigest:{ION_HASH}}}]}}}}",
        ),
        (
            '{"transactionInfo":{"documents":{"hash":{"tableName":"AAAA","statements":[0,1]}}}}',
            '{transactionInfo:{documents:{hash:{tableName:"AAAA",statements:[0,1]}}}}',
        ),
        (
            '{"redactionInfo":{"revisions":[{"blockAddress":{"sequenceNo":1},"version":0}]}}',
            "{redactionInfo:{revisions:[{blockAddress:{sequenceNo:1},version:0}]}}",
        ),
        (
            '{"blockTimestamp":"2019-09-16T19:37:05.360Z"}',
            "{blockTimestamp:2019-09-16T19:37:05.360Z}",
        ),
    ],
)
def test_fields_of_qldb_have_their_ion_types(json_text: str, ion_text: str) -> None:
    assert ion_hash(read(json_text)) == hash_of(ion_text)


@pytest.mark.parametrize(
    ("json_text", "ion_text"),
    [
        ('{"blockTimestamp":"yesterday"}', '{blockTimestamp:"yesterday"}'),
        ('{"blockTimestamp":"2019-02-30"}', '{blockTimestamp:"2019-02-30"}'),
        ('{"blockTimestamp":5}', "{blockTimestamp:5}"),
        ('{"blockHash":"mHVe="}', '{blockHash:"mHVe="}'),
        ('{"blockHash":"AB=="}', '{blockHash:"AB=="}'),
        ('{"blockHash":"ü"}', '{blockHash:"ü"}'),
        ('{"blockHash":{"hash":"AAAA"}}', '{blockHash:{hash:"AAAA"}}'),
        ('{"blockHash":null}', "{blockHash:null}"),
        ('{"entriesHashList":"AAAA"}', '{entriesHashList:"AAAA"}'),
        ('{"entriesHashList":[1,true]}', "{entriesHashList:[1,true]}"),
        ('{"transactionInfo":[false]}', "{transactionInfo:[false]}"),
        ('{"revisions":{"hash":"AAAA"}}', '{revisions:{hash:"AAAA"}}'),
        ('{"revisions":["AAAA"]}', '{revisions:["AAAA"]}'),
        ('{"somethingNew":{"blockHash":"AAAA"}}', '{somethingNew:{blockHash:"AAAA"}}'),
    ],
)
def test_a_field_of_another_type_is_kept_as_json_has_it(json_text: str, ion_text: str) -> None:
    assert ion_hash(read(json_text)) == hash_of(ion_text)


# Values of users


@pytest.mark.parametrize(
    ("number", "value"),
    [
        ("0", 0),
        ("-1", -1),
        ("18446744073709551616", 2**64),
        ("-0", Decimal("-0")),
        ("90.25", Decimal("90.25")),
        ("90.250", Decimal("90.250")),
        ("-0.0", Decimal("-0.0")),
        ("0e0", Decimal(0)),
        ("1e5", Decimal("1e5")),
        ("1E+5", Decimal("1e5")),
        ("1.50e-7", Decimal("1.50e-7")),
        ("9025e-2", Decimal("90.25")),
        ("1e-400", Decimal("1e-400")),
        ("1e999999999999999999", Decimal("1e999999999999999999")),
        ("0.1000000000000000055511151231257827", Decimal("0.1000000000000000055511151231257827")),
        ("1e0000000000000000000000001", Decimal("1e1")),
    ],
)
def test_numbers_are_exact(number: str, value: int | Decimal) -> None:
    found = struct(read(f'{{"a":{number}}}'))["a"]
    assert ion_hash(found) == reference_hash(value)


@pytest.mark.parametrize("digits", [4_301, MAX_DIGITS])
def test_numbers_of_many_digits_are_exact(digits: int) -> None:
    # Given an int and a decimal of many nines / when they are read
    found = struct(read(f'{{"a":{"9" * digits},"b":-{"9" * (digits - 1)}.9}}'))
    # Then the magnitude of both is one less than a power of ten
    data, _, _, start, stop = found["a"]
    assert int.from_bytes(data[start:stop], "big") == 10**digits - 1
    data, _, _, start, stop = found["b"]
    exponent, _, start = var_int(data, start)
    assert (exponent, coefficient(data, start, stop)) == (-1, (10**digits - 1, True))


def test_repeated_names_are_kept_in_order() -> None:
    found = read('{"revisions":[{"data":{"a":1,"b":2,"a":3}}]}')
    assert ion_hash(found) == hash_of("{revisions:[{data:{a:1,b:2,a:3}}]}")
    assert ion_hash(found) != hash_of("{revisions:[{data:{a:3,b:2}}]}")


@pytest.mark.parametrize("name", ["$0", "$10", "$ion_1_0", "name", "", "hash", "ü", "a\nb"])
def test_any_text_is_a_name(name: str) -> None:
    found = read(json.dumps({name: 1}))
    assert list(struct(found)) == [name]
    assert ion_hash(found) == reference_hash({name: 1})


json_values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.text(),
        st.decimals(allow_nan=False, allow_infinity=False),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(), inner, max_size=4)
    ),
    max_leaves=20,
)
fields = st.dictionaries(st.text(), json_values, max_size=5)


def printed(value: Any, *, is_ascii: bool = False) -> str:  # noqa: ANN401 (any JSON value)
    """Return JSON with exact decimals, which the standard library cannot print."""
    if isinstance(value, Decimal):
        text = str(value)
        return text if set(text) & set(".E") else f"{text}E0"
    if isinstance(value, dict):
        inner = (
            f"{json.dumps(name, ensure_ascii=is_ascii)} : {printed(each, is_ascii=is_ascii)}"
            for name, each in value.items()
        )
        return f"{{{' , '.join(inner)}}}"
    if isinstance(value, list):
        return f"[{' , '.join(printed(each, is_ascii=is_ascii) for each in value)}]"
    return json.dumps(value, ensure_ascii=is_ascii)


@settings(max_examples=50)
@given(fields, st.booleans())
def test_data_has_the_hash_of_the_same_values(document: dict[str, Any], is_ascii: bool) -> None:  # noqa: FBT001
    text = printed({"revisions": [{"data": document}]}, is_ascii=is_ascii)
    (revision,) = elements(struct(read(text))["revisions"])
    assert ion_hash(struct(revision)["data"]) == reference_hash(document)


# Where blocks start and end

BLOCKS = [
    '{"blockAddress":{"strandId":"a","sequenceNo":0}}',
    '{"text":"é€😀 \\" } {"}',
    "{}",
    '{"list":[{"a":[1.5,true,false,null]},"\\u0041"]}',
]
LAYOUTS = {
    "lines": "\n".join(BLOCKS) + "\n",
    "no last line end": "\n".join(BLOCKS),
    "lines of Windows": "\r\n".join(BLOCKS),
    "empty lines": "\n\n \t\n" + "\n\n".join(BLOCKS) + "\n \n",
    "one after the other": "".join(BLOCKS),
    "spaces": "  ".join(BLOCKS),
    "byte order mark": "\ufeff" + "\n".join(BLOCKS),
    "indented": "\n".join(json.dumps(json.loads(each), indent=4) for each in BLOCKS),
    "indented, old Mac": "".join(json.dumps(json.loads(each), indent=1) for each in BLOCKS),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("size", [1, 2, 3, 7, 50, 10_000])
def test_blocks_are_found_in_any_layout_and_pieces_of_any_size(layout: str, size: int) -> None:
    # Given the same blocks in some layout, in pieces
    data = LAYOUTS[layout].encode()
    # When they are read
    found = blocks(*(data[start : start + size] for start in range(0, len(data), size)))
    # Then each has its value and its place
    assert [ion_hash(each.span) for each in found] == [ion_hash(read(each)) for each in BLOCKS]
    places = [data[each.offset : each.offset + each.size] for each in found]
    assert [json.loads(each) for each in places] == [json.loads(each) for each in BLOCKS]


@pytest.mark.parametrize("text", ["", "\n", " \r\n\t", "\ufeff", "\ufeff\n"])
def test_an_object_without_blocks_has_none(text: str) -> None:
    assert blocks(text.encode()) == []


def test_blocks_are_given_before_the_rest_is_read() -> None:
    def chunks() -> Iterator[bytes]:
        yield b'{"a":1}\n{"b":{"c":'
        yield b'2}}\n{"d"'
        pytest.fail("the third piece was asked for")

    found = json_blocks(chunks())
    assert [next(found).offset, next(found).offset] == [0, 8]


def test_a_block_over_many_lines_is_not_parsed_again_for_each_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given a block of 10,000 lines, in as many pieces
    block = json.dumps({"revisions": [{"data": {"a": each}} for each in range(2_500)]}, indent=0)
    lines = block.splitlines(keepends=True)
    parsed = 0

    def counting(text: str, start: int) -> tuple[Any, int]:
        nonlocal parsed
        parsed += len(text) - start
        return scan(text, start)

    scan = json_transcoding.scan
    monkeypatch.setattr(module, "scan", counting)
    # When it is read
    assert len(blocks(*(line.encode() for line in lines))) == 1
    # Then the work is in proportion to its size
    assert parsed < 4 * len(block)


def test_no_more_than_one_value_is_kept() -> None:
    # Given 20 MB of blocks without a line end
    block = b'{"a":"' + b"x" * 100_000 + b'"}'
    buffer = module._Buffer()
    most = found = 0
    # When they are read piece by piece
    for _ in range(200):
        if buffer.add(block):
            found += len(list(buffer.blocks()))
        most = max(most, len(buffer._data))
    # Then all are found, and only a few are kept at any time
    buffer.is_complete = True
    assert found + len(list(buffer.blocks())) == 200
    assert most < 2 * 1024 * 1024


# What is refused

GOOD = b'{"a":1}\n'


@pytest.mark.parametrize(
    ("damaged", "code"),
    [
        (b'{"a":1,}', "expected a name in double quotes"),
        (b"{a:1}", "expected a name in double quotes"),
        (b"{'a':1}", "expected a name in double quotes"),
        (b'{"a" 1}', "expected a colon after a name"),
        (b'{"a":1 "b":2}', "expected a comma or the end of an object or a list"),
        (b'{"a":[1,]}', "expected a value"),
        (b'{"a":}', "expected a value"),
        (b'{"a":01}', "expected a comma or the end of an object or a list"),
        (b'{"a":1.}', "expected a comma or the end of an object or a list"),
        (b'{"a":.5}', "expected a value"),
        (b'{"a":+5}', "expected a value"),
        (b'{"a":tru}', "expected a value"),
        (b'{"a":nan}', "expected a value"),
        (b'{"a":NaN}', "expected a number instead of NaN or Infinity"),
        (b'{"a":Infinity}', "expected a number instead of NaN or Infinity"),
        (b'{"a":-Infinity}', "expected a number instead of NaN or Infinity"),
        (b'{"a":"\x01"}', "expected no control character in a text"),
        (b'{"a":"b\nc"}', "expected no control character in a text"),
        (b'{"a":"\\x41"}', "expected an escape that JSON has"),
        (b'{"a":"\\u00g0"}', "expected four hexadecimal digits after \\u"),
        (b'{"a":"\\ud800"}', "expected no half of a surrogate pair in a text"),
        (b'{"\\udc00":1}', "expected no half of a surrogate pair in a text"),
        (b'{"blockHash":"\\ud800"}', "expected no half of a surrogate pair in a text"),
        (b'{"blockTimestamp":"\\ud800"}', "expected no half of a surrogate pair in a text"),
        (b'{"a":"\xff"}', "expected UTF-8"),
        (b'{"a":1}\xc3', "expected UTF-8"),
        (b'{"a":1e1234567890123456789}', "expected an exponent of fewer digits"),
        (b'{"a":' + b"1" * (MAX_DIGITS + 1) + b"}", "expected a number of fewer digits"),
        (b'{"a":0.' + b"1" * (MAX_DIGITS + 1) + b"}", "expected a number of fewer digits"),
        (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "expected fewer levels of nesting"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "expected fewer levels of nesting"),
        (b"[]", "expected a JSON object"),
        (b'"a"', "expected a JSON object"),
        (b"1", "expected a JSON object"),
        (b"}", "expected a JSON object"),
        (b",", "expected a JSON object"),
        (b"$ion_1_0", "expected a JSON object"),
        (b"\x00", "expected a JSON object"),
    ],
)
def test_what_is_no_json_object_is_refused_where_it_starts(damaged: bytes, code: str) -> None:
    # Given a value that cannot be read after and before others / when they are read
    found = damage(GOOD * 3 + damaged + b"\n" + GOOD)
    # Then the first ones are given, and the place is that of the value, or of the byte after it
    offset = len(GOOD) * 3 + (7 if damaged.endswith(b"\xc3") else 0)
    assert found == (code, offset, 4 if damaged.endswith(b"\xc3") else 3)


def test_a_value_whose_end_is_missing_is_refused_at_the_next_one() -> None:
    # Given a line whose last brace is lost / when it is read with the lines after it, in pieces
    line = b'{"a":{"b":1}}\n'
    chunks = [line, line[:-2] + b"\n", line, *[line] * 1000]
    # Then that line is refused, long before the end
    assert damage(*chunks) == ("expected a comma or the end of an object or a list", len(line), 1)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_cut_object_is_told_as_cut(layout: str) -> None:
    # Given an object that is cut at any place
    data = LAYOUTS[layout].encode()
    whole = blocks(data)
    mark = 3 if layout == "byte order mark" else 0
    for end in range(mark, len(data)):
        complete = [each for each in whole if each.offset + each.size <= end]
        rest = data[complete[-1].offset + complete[-1].size if complete else mark : end]
        # When what is left is read / then the blocks before the cut are given
        if rest.strip():
            code, offset, count = damage(data[:end])
            # And the cut one is told, with its place
            assert count == len(complete)
            assert code == (TRUNCATED if _is_utf8(rest) else "expected UTF-8")
            assert data[offset:].startswith(b"{")
        else:
            assert len(blocks(data[:end])) == len(complete)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


@pytest.mark.parametrize("form", ["one line", "lines", "endless"])
def test_a_value_longer_than_the_limit_is_refused(
    form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a limit, and a value that is longer
    monkeypatch.setattr(module, "MAX_VALUE_BYTES", 1_000)
    end = b"\n" if form == "lines" else b""
    value = b'{"a":[' + b",".join([b"1" + end] * 2_000) + (b"" if form == "endless" else b"]}")
    # When it is read in pieces / then it is refused where it starts
    code, offset, count = damage(GOOD, value + b"\n", *[b"2,\n"] * 1_000)
    assert code.startswith("expected a value of at most")
    assert (offset, count) == (len(GOOD), 1)


# JSON files


def test_the_genuine_history_is_proven_as_it_is(shared_data: Path) -> None:
    # Given a genuine history of a document, which is JSON / when its revisions are read
    text = (shared_data / "history" / "sampleHistory.json").read_bytes()
    revisions = [struct(each) for each in elements(struct(json_document(text))["response"])]
    # Then each has the hash that it tells
    assert len(revisions) == 2
    for revision in revisions:
        data, _, _, start, stop = revision["hash"]
        expected = dot(ion_hash(revision["metadata"]), ion_hash(revision["data"]))
        assert data[start:stop] == expected


def test_revisions_and_blocks_are_found_anywhere_but_in_data() -> None:
    revision = f'{{"hash":"{HASH}","metadata":{{"txTime":"2019T"}},"data":{{"a":@}}}}'
    text = f'[{{"b":{revision}}}]'.replace("@", revision.replace("@", "1"))
    inner = f'{{hash:"{HASH}",metadata:{{txTime:"2019T"}},data:{{a:1}}}}'
    ion = f"[{{b:{{hash:{ION_HASH},metadata:{{txTime:2019T}},data:{{a:{inner}}}}}}}]"
    assert ion_hash(json_document(text.encode())) == hash_of(ion)
    no_revision = '{"hash":"AAAA","data":1}'
    assert ion_hash(json_document(no_revision.encode())) == hash_of('{hash:"AAAA",data:1}')
    block = f'{{"Block":{{"blockAddress":1,"blockHash":"{HASH}"}}}}'
    expected = hash_of(f"{{Block:{{blockAddress:1,blockHash:{ION_HASH}}}}}")
    assert ion_hash(json_document(block.encode())) == expected


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", TRUNCATED),
        (b'{"a":', TRUNCATED),
        (b"{} {}", "expected one JSON value"),
        (b"\xff", "expected UTF-8"),
        (b'"\\ud800"', "expected no half of a surrogate pair in a text"),
        (b"[" * 100_000 + b"]" * 100_000, "expected fewer levels of nesting"),
        (b"[1,]", "expected a value"),
    ],
)
def test_what_is_not_one_json_value_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(DamagedObject) as refused:
        json_document(data)
    assert (refused.value.code, refused.value.offset) == (code, 0)


@pytest.mark.parametrize("text", ["1", '"a"', "null", "true", "[]", " {} ", "\ufeff[1.5]"])
def test_a_file_can_hold_any_json_value(text: str) -> None:
    expected = json.loads(text.removeprefix("\ufeff"), parse_float=Decimal)
    assert ion_hash(json_document(text.encode())) == reference_hash(expected)
