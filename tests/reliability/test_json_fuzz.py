"""Any bytes as a JSON object of an export are read as far as they are JSON, and refused from there.

Blocks with bytes changed, cut out, repeated and put in, in pieces of any size, against a reader
that has the whole object in memory. It proves that no damage ends in another exception, hides a
block that is whole, or moves a place. It cannot prove that a change is detected which results in
other valid JSON: the hashes are there for that.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from journal.errors import DamagedObject, IonError
from journal.ion.hashing import ion_hash
from journal.json_blocks import json_blocks, json_document
from journal.json_numbers import MAX_EXPONENT_DIGITS, json_decimal
from journal.retyping import Retyping

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.timeout(20, func_only=True)

_SETTINGS = settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
_HASH = "mHVex/yjHAWjFPpwhBuH2GKXmKJjK2FBa9faqoUVNtg="
_REVISION = {
    "blockAddress": {"strandId": "KmA3ZZca7vAIiJAK9S5Iwl", "sequenceNo": 7},
    "hash": _HASH,
    "data": {"é": [1, -2.50, 1e9, '\n\\"😀', None, True, {"a": {}}], "a": "2020-02-03", "b": ""},
    "metadata": {"id": "x", "version": 0, "txTime": "2019-09-16T19:37:05.344Z", "txId": "y"},
}
_BLOCK = {
    "blockAddress": {"strandId": "KmA3ZZca7vAIiJAK9S5Iwl", "sequenceNo": 7},
    "blockTimestamp": "2019-09-16T19:37:05.360Z",
    "blockHash": _HASH,
    "entriesHashList": ["", _HASH],
    "transactionInfo": {"statements": [{"statement": "a", "startTime": "2019-09-16T19:37Z"}]},
    "revisions": [_REVISION, {"hash": _HASH}],
}
_LAYOUTS = [
    "\n".join(json.dumps(each, ensure_ascii=is_ascii) for each in (_BLOCK, {}, _BLOCK))
    for is_ascii in (True, False)
]
_LAYOUTS += [json.dumps(_BLOCK, indent=2) * 2, "\ufeff\r\n" + json.dumps(_BLOCK) + "\r\n{}"]
_PIECES = [b"{", b"}", b"[", b"]", b'"', b",", b":", b"\\", b"\n", b"0", b"-", b"e9", b".", b"NaN"]
_PIECES += [b"\\ud800", b"\\udc00", b"\xff", b"\xc3", b"null", b" ", b"\xef\xbb\xbf", b"\x00"]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Return an object, changed at some places."""
    data = bytearray(draw(st.sampled_from(_LAYOUTS)).encode())
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, max(0, len(data) - 1)))
        end = min(len(data), start + draw(st.integers(0, 40)))
        match draw(st.sampled_from(("flip", "cut", "insert", "repeat", "truncate"))):
            case "flip":
                data[start : start + 1] = draw(st.binary(min_size=1, max_size=1))
            case "cut":
                del data[start:end]
            case "insert":
                data[start:start] = draw(st.sampled_from(_PIECES))
            case "repeat":
                data[start:start] = data[start:end]
            case _:
                del data[start:]
    return bytes(data)


def _refuse(_constant: str) -> NoReturn:
    raise ValueError


def _exact(literal: str) -> str:
    json_decimal(literal)
    return literal


_DECODER = json.JSONDecoder(parse_constant=_refuse, parse_float=_exact)


def expected(data: bytes) -> tuple[list[tuple[int, int]], int | None]:
    """Return offsets and ends of the values, and where the first one is that cannot be read."""
    try:
        text, is_utf8 = data.decode(), True
    except UnicodeDecodeError as error:
        text, is_utf8 = data[: error.start].decode(), False
    places: list[tuple[int, int]] = []
    position = 1 if text.startswith("\ufeff") else 0
    while True:
        while position < len(text) and text[position] in " \t\r\n":
            position += 1
        start = len(text[:position].encode())
        if position == len(text):
            return places, None if is_utf8 else start
        try:
            if text[position] != "{":
                return places, start
            value, position = _DECODER.raw_decode(text, position)
            json.dumps(value, ensure_ascii=False).encode()
        except (ValueError, IonError):
            return places, start
        places.append((start, len(text[:position].encode())))


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


@_SETTINGS
@given(
    st.one_of(st.binary(max_size=40), st.lists(st.sampled_from(_PIECES)).map(b"".join), damaged()),
    st.sampled_from([1, 5, 64, 1_000, 100_000]),
)
def test_any_bytes_are_read_as_far_as_they_are_json(data: bytes, size: int) -> None:
    # Given an object that is damaged, or by chance is not / when it is read in pieces
    places, refused = [], None
    try:
        for found in json_blocks(pieces(data, size)):
            places.append((found.offset, found.offset + found.size))
            assert ion_hash(found.span)
    except DamagedObject as damage:
        refused = damage.offset
    # Then the same values are found, and refused, as by a reader of the whole object
    assert (places, refused) == expected(data)


@settings(_SETTINGS, max_examples=100)
@given(st.integers(1, 60), st.integers(0, 5), st.booleans())
def test_long_numbers_are_exact_or_refused(digits: int, zeros: int, has_sign: bool) -> None:  # noqa: FBT001
    literal = f"{'-' if has_sign else ''}1.{'0' * zeros}5e-{'0' * zeros}{'7' * digits}"
    if digits <= MAX_EXPONENT_DIGITS:
        assert ion_hash(json_document(literal.encode()))
    else:
        with pytest.raises(DamagedObject):
            json_document(literal.encode())


_texts = st.one_of(
    st.text(max_size=10),
    st.sampled_from(["", "2020T", "2020-02-30", "2020-02-03", "AAEC", "AAE=", "AA==", "0001T"]),
    st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}Z)?", fullmatch=True),
)
_documents = st.dictionaries(
    _texts,
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), _texts),
        lambda inner: st.one_of(
            st.lists(inner, max_size=4), st.dictionaries(_texts, inner, max_size=4)
        ),
        max_leaves=12,
    ),
    max_size=5,
).filter(lambda document: "Infinity" not in json.dumps(document))


@settings(_SETTINGS, max_examples=30)
@given(st.lists(_documents, min_size=1, max_size=3), st.integers(0, 300))
def test_any_document_is_searched_within_the_bound(
    documents: list[dict[str, Any]], fitting: int
) -> None:
    # Given documents of one table, of which each fits at some try or never
    search = Retyping()
    for document in documents:
        data = json_document(json.dumps({"data": document}).encode())
        tried: list[bytes] = []

        def fits(candidate: bytes, tried: list[bytes] = tried) -> bool:
            tried.append(candidate)
            return len(tried) == fitting

        # When its types are searched
        found = search.find("table", data, fits, max_tries=200)
        # Then the search ends in the document that was tried last, or after so many tries
        assert len(tried) <= 2 + 2 * 200
        if found is not None:
            assert ion_hash(found) == tried[-1]
