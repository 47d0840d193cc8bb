"""Ion Hash against the specification's vectors, and QLDB's way of combining hashes.

The vectors are read with amazon.ion's pure Python reader, for its C extension refuses the two
vectors with more than ten annotations. All vectors apply: each is hashed as read, and once more
after a round trip through binary Ion where the C extension can make one. The vectors' expected
``update`` calls are not compared (how bytes are cut into calls is no property of the hash): their
concatenation is the input of the ``identity`` digests, which are compared one by one.
"""

from __future__ import annotations

import hashlib
import io
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from amazon.ion import simpleion
from amazon.ion.core import IonType
from amazon.ion.exceptions import IonException
from amazon.ion.simple_types import IonPyDict, IonPyNull, IonPyText
from amazon.ion.simpleion import IonPyValueModel
from amazon.ion.symbols import SymbolToken
from hypothesis import given, settings
from hypothesis import strategies as st
from qldb_simulator.ion_hash import HASH_BYTES, dot, ion_hash, merkle_root, sha256

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


VERSION_MARKER = b"\xe0\x01\x00\xea"
VECTORS = 167
UNREADABLE_BY_C_EXTENSION = {"annotationCount13", "annotationCount14"}


def _md5(data: bytes) -> bytes:
    return hashlib.md5(data, usedforsecurity=False).digest()


HASHERS: dict[str, Callable[[bytes], bytes]] = {"identity": bytes, "md5": _md5}


@pytest.fixture(scope="module")
def vectors(shared_data: Path) -> list[IonPyDict]:
    text = (shared_data / "ion_hash_tests.ion").read_text()
    return list(simpleion.load_python(io.StringIO(text), single_value=False))


def _source(vector: IonPyDict) -> object:
    if "10n" in vector:
        return simpleion.loads(VERSION_MARKER + bytes(vector["10n"]))
    return vector["ion"]


def _name(vector: IonPyDict) -> str:
    annotations = vector.ion_annotations
    return str(annotations[0].text if annotations else vector["expect"])[:60]


def _expected(calls: list[Any], kind: str) -> list[bytes]:
    return [bytes(call) for call in calls if call.ion_annotations[0].text == kind]


def _digests(value: object, hasher: Callable[[bytes], bytes]) -> list[bytes]:
    results: list[bytes] = []

    def recording(data: bytes) -> bytes:
        results.append(hasher(data))
        return results[-1]

    final = ion_hash(value, recording)
    assert final == results[-1]
    return results


def _assert_expected(value: object, vector: IonPyDict) -> None:
    for hasher, calls in vector["expect"].items():
        digests = _digests(value, HASHERS[hasher])
        if expected := _expected(calls, "digest"):
            assert digests == expected, _name(vector)
        else:
            assert digests[-1:] == _expected(calls, "final_digest"), _name(vector)


def test_every_vector_of_the_specification(vectors: list[IonPyDict]) -> None:
    assert len(vectors) == VECTORS
    for vector in vectors:
        _assert_expected(_source(vector), vector)


@pytest.mark.parametrize("model", [IonPyValueModel.ION_PY, IonPyValueModel.MAY_BE_BARE])
def test_vectors_after_a_round_trip_through_binary_ion(
    vectors: list[IonPyDict], model: IonPyValueModel
) -> None:
    refused = set()
    for vector in vectors:
        try:
            data = simpleion.dumps(_source(vector))
            value = simpleion.loads(data, value_model=model)
        except IonException:
            refused.add(_name(vector))
            continue
        _assert_expected(value, vector)
    assert refused <= UNREADABLE_BY_C_EXTENSION


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        -7,
        1 << 80,
        0.1,
        -0.0,
        Decimal("-0.00"),
        Decimal("12345678901234567890123456789012345678901234567890.123"),
        "text\x0b\x0c\x0e",
        b"\x0b\x0c\x0e",
        datetime(2020, 2, 29, 12, 30, 59, 1000, tzinfo=UTC),
        datetime(2020, 1, 1, 0, 30, tzinfo=timezone(timedelta(hours=5, minutes=30))),
        datetime(2020, 1, 1),  # noqa: DTZ001 - unknown offset on purpose
        (1, [2, {"a": None}]),
        SymbolToken("symbol", None),
        IonPyNull.from_value(IonType.STRING, None),
        IonPyText.from_value(IonType.SYMBOL, "symbol", ("annotation",)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_bare_value_hashes_like_the_ion_that_is_written_for_it(value: object) -> None:
    data = simpleion.dumps(value)

    assert ion_hash(value) == ion_hash(simpleion.loads(data))
    assert len(ion_hash(value)) == HASH_BYTES


def test_order_of_fields_does_not_matter_but_repeated_fields_do() -> None:
    assert ion_hash({"a": 1, "b": 2}) == ion_hash({"b": 2, "a": 1})
    assert ion_hash(simpleion.loads("{a:1,a:2}")) != ion_hash({"a": 2})


def test_precision_is_part_of_a_value() -> None:
    assert ion_hash(Decimal("1.0")) != ion_hash(Decimal("1.00"))
    assert ion_hash(simpleion.loads("2020-01-01T")) != ion_hash(simpleion.loads("2020-01T"))
    assert ion_hash(1) != ion_hash(Decimal(1)) != ion_hash(1.0)


def test_what_is_not_ion_is_refused() -> None:
    with pytest.raises(TypeError, match="set has no Ion type"):
        ion_hash({1})
    with pytest.raises(TypeError, match="field name"):
        ion_hash({1: 2})
    with pytest.raises(ValueError, match="no decimal"):
        ion_hash(Decimal("NaN"))
    with pytest.raises(ValueError, match="no known text"):
        ion_hash(SymbolToken(None, 12))


hashes = st.binary(min_size=HASH_BYTES, max_size=HASH_BYTES)


@settings(deadline=None)  # another process may have the processor
@given(hashes, hashes)
def test_dot_orders_by_signed_bytes_from_the_last(left: bytes, right: bytes) -> None:
    def signed(value: bytes) -> list[int]:
        return [byte - 256 if byte > 127 else byte for byte in reversed(value)]

    first, second = sorted((left, right), key=signed)

    assert dot(left, right) == dot(right, left) == sha256(first + second)


def test_dot_with_a_missing_hash_is_the_other() -> None:
    assert dot(b"", b"x") == b"x" == dot(b"x", b"")


def test_merkle_root_carries_the_odd_one_up() -> None:
    a, b, c = (sha256(bytes((number,))) for number in range(3))

    assert merkle_root([]) == b""
    assert merkle_root([a]) == a
    assert merkle_root([a, b, c]) == dot(dot(a, b), c)
