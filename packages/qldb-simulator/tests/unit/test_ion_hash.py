"""Ion Hash against the specification's vectors.

The vectors are read with amazon.ion's pure Python reader, because its C extension rejects the two
vectors with more than ten annotations. All vectors apply: each is hashed as read, and once more
after a round trip through binary Ion where the C extension can make one. The vectors' expected
``update`` calls are not compared, because the division of bytes into calls is not a property of the
hash. Their concatenation is the input of the ``identity`` digests, which are compared one by one.
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
from qldb_simulator.ion_hash import HASH_BYTES, ion_hash
from qldb_simulator.ion_reading import VERSION_MARKER

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

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
        datetime(2020, 1, 1),  # noqa: DTZ001 (unknown offset on purpose)
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


def test_the_order_of_fields_does_not_matter() -> None:
    assert ion_hash({"a": 1, "b": 2}) == ion_hash({"b": 2, "a": 1})


def test_every_field_of_a_repeated_name_counts() -> None:
    assert ion_hash(simpleion.loads("{a:1,a:2}")) != ion_hash({"a": 2})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Decimal("1.0"), Decimal("1.00")),
        (1, Decimal(1)),
        (Decimal(1), 1.0),
        (simpleion.loads("2020-01-01T"), simpleion.loads("2020-01T")),
    ],
    ids=["decimal", "int and decimal", "decimal and float", "timestamp"],
)
def test_precision_and_type_are_part_of_a_value(one: object, other: object) -> None:
    assert ion_hash(one) != ion_hash(other)


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        ({1}, TypeError, "set has no Ion type"),
        ({1: 2}, TypeError, "field name"),
        (Decimal("NaN"), ValueError, "no decimal"),
        (SymbolToken(None, 12), ValueError, "no known text"),
    ],
    ids=["type", "field name", "decimal", "symbol"],
)
def test_what_is_not_ion_is_refused(value: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        ion_hash(value)
