"""Ion Hash of binary Ion in place is that of AWS's own ion-hash-java.

Proves it for generated values of every type, as amazon.ion writes them and in longer encodings, and
for the simulator's implementation. Cannot prove what QLDB hashed: the genuine blocks do that.
"""

from __future__ import annotations

import io
import os
import random
from typing import TYPE_CHECKING, NamedTuple

import pytest
from amazon.ion import simpleion
from hypothesis import HealthCheck, Phase, given, settings
from qldb_simulator import ion_hash as simulator

from bench.ion_hash_java import IonHashJava
from journal.errors import IonError
from journal.ion.hashing import ion_hash
from journal.ion.stream import single_value
from local.errors import LocalError
from tests.support.ion import binary
from tests.support.ion_cases import ION_CASES
from tests.support.ion_values import values
from tests.support.longer_ion import LongerIon
from tests.support.raw_ion import VERSION_MARKER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.ion_cases import IonCase
    from tests.support.ion_values import Sample

EXAMPLES = 1000
ENCODINGS = 2
"""Longer encodings of each example."""

EDGES = [
    *("0", "-1", "255", "256", "18446744073709551616", "-9223372036854775808"),
    *("0e0", "-0e0", "nan", "+inf", "-inf", "1e0", "0.1e0", "5e-324", "1.7976931348623157e308"),
    *("0.", "-0.", "0d5", "-0d5", "0d-5", "-0.00", "1d100", "123456789012345678901234567890d-40"),
    *("1.0", "1.00", "-1d-1000", "1d1000", "128.", "-128.", "11.", "12.", "14."),
    *("0001T", "2020T", "2020-02T", "2020-02-29", "2020-02-29T", "9999-12-31T23:59:59.999Z"),
    *("2020-02-03T04:05Z", "2020-02-03T04:05-00:00", "2020-02-03T04:05+05:30"),
    *("2020-02-03T04:05:06Z", "2020-02-03T04:05:06.0Z", "2020-02-03T04:05:06.000000000Z"),
    *("2020-02-03T04:05:06.123456789012Z", "2020-01-01T00:30+01:00", "2020-12-31T23:30-01:00"),
    *('""', '"\\x0b\\x0c\\x0e"', "'\\x0b'", "''", "$0", "'$0'", '"$0"', "{{}}", "{{CwwO}}"),
    *('{{""}}', '{{"\\x0b\\x0c\\x0e\\xff"}}', "[]", "()", "{}", "[[]]", "[()]", "{a:{}}"),
    *("{a:1,a:1}", "{a:1,a:2}", "{a:2,a:1}", "{$0:1}", "{'$0':1}", "{'':1}", "{a:null}"),
    *("a::1", "a::b::1", "b::a::1", "$0::1", "'$0'::1", "a::null", "a::null.list", "a::{b:c::1}"),
    *(
        f"null.{name}"
        for name in (
            *("null", "bool", "int", "float", "decimal", "timestamp", "symbol"),
            *("string", "clob", "blob", "list", "sexp", "struct"),
        )
    ),
]


READ_OTHERWISE = {
    # ion-java takes imports of a wrong type for the current table's; by the specification ("Amazon
    # Ion Symbols", "Imports") they are ignored.
    *(f"imports that are {kind}" for kind in ("null", "a number", "a text", "a struct")),
    # ion-java returns it as a value; by the specification ("Processing of Symbol Tables") it has no
    # effect.
    "a symbol that looks like a marker",
    # The value at top level is hashed without its annotations here, with them there.
    "a struct whose second annotation is a table's",
    "a list with a table's annotation",
}
"""Streams in which ion-java finds another value."""


class Compared(NamedTuple):
    """What ion-hash-java was given, with its hashes.

    Attributes
    ----------
    texts
        Ion text: each a list of one value, because a reader removes outer annotations.
    encoded, longer
        The same in binary, and in several longer encodings one after the other.
    hashes
        By stream of binary Ion; None where ion-hash-java refuses it.
    """

    texts: list[str]
    encoded: list[bytes]
    longer: list[bytes]
    hashes: Mapping[bytes, bytes | None]


@pytest.fixture(scope="module")
def compared() -> Compared:
    """Ask AWS's implementation; skip if the machine cannot run it, which is a failure on CI.

    A single process does all of it, because it takes seconds to start.
    """
    try:
        ion_hash_java = IonHashJava(lambda _line: None)
    except LocalError as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))
    texts = [f"[{text}]" for text in (*EDGES, *generated_texts())]
    encoded = [binary(text) for text in texts]
    longer = LongerIon(random.Random(0))
    streams = [longer.stream(data) for _ in range(ENCODINGS) for data in encoded]
    all_streams = [*encoded, *streams, *map(odd_stream, ION_CASES)]
    hashes = dict(zip(all_streams, ion_hash_java.hashes(all_streams), strict=True))
    return Compared(texts, encoded, streams, hashes)


def generated_texts() -> list[str]:
    found: list[str] = []

    @settings(
        max_examples=EXAMPLES,
        phases=[Phase.generate],
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(values)
    def collect(sample: Sample) -> None:
        found.append(sample.text)

    collect()
    return found


def odd_stream(case: IonCase) -> bytes:
    return VERSION_MARKER + case.content


def test_values_of_every_type_have_the_hash_that_java_computes(compared: Compared) -> None:
    for text, data in zip(compared.texts, compared.encoded, strict=True):
        assert ion_hash(single_value(data)) == compared.hashes[data], text


def test_longer_encodings_have_the_hash_that_java_computes(compared: Compared) -> None:
    for text, data in zip(compared.texts * ENCODINGS, compared.longer, strict=True):
        assert ion_hash(single_value(data)) == compared.hashes[data], (text, data.hex())


def test_longer_encodings_are_other_bytes_of_the_same_values(compared: Compared) -> None:
    shortest = compared.encoded * ENCODINGS
    changed = [one != other for one, other in zip(shortest, compared.longer, strict=True)]
    assert sum(changed) > 0.9 * len(changed)
    for one, other in zip(shortest, compared.longer, strict=True):
        assert compared.hashes[one] == compared.hashes[other]


def test_the_simulator_has_the_hash_that_java_computes(compared: Compared) -> None:
    for text, data in zip(compared.texts, compared.encoded, strict=True):
        # amazon.ion's Python reader, because its C reader is wrong.
        value = simpleion.load_python(io.StringIO(text))
        assert simulator.ion_hash(value) == compared.hashes[data], text


@pytest.mark.parametrize("case", ION_CASES, ids=lambda case: case.name)
def test_odd_streams_have_the_hash_that_java_computes_where_both_hash_them(
    compared: Compared, case: IonCase
) -> None:
    expected = compared.hashes[odd_stream(case)]
    try:
        found = ion_hash(single_value(odd_stream(case)))
    except IonError:
        found = None

    if found is not None and expected is not None:
        assert (found == expected) is (case.name not in READ_OTHERWISE)
