"""Any bytes as Ion text end as values or as one told damage, in time and in bounded memory.

Random bytes, random tokens, and texts of a simulated ledger with bytes changed, cut out, repeated
and put in; and texts of megabytes that are made to be slow. It cannot prove that a change which
results in another valid text is detected: the hashes do that.
"""

from __future__ import annotations

import contextlib
import time
import tracemalloc
from functools import cache
from random import Random
from typing import TYPE_CHECKING

import pytest
from amazon.ion import simpleion
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from journal.errors import DamagedObject, IonError
from journal.ion.hashing import ion_hash
from journal.ion.text_stream import text_values
from tests.reliability.damaged_bytes import damaged_bytes
from tests.reliability.history_factory import make_history
from tests.reliability.plan import Plan
from tests.support.ion_values import documents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from journal.ion.structure import Span

pytestmark = pytest.mark.timeout(60, func_only=True)

EXAMPLES = 300
MEBIBYTE = 2**20

UNHASHABLE = (
    "symbols of a shared table, whose texts are unknown, cannot be hashed",
    "nested too deeply to be hashed",
)
"""Why a value that is Ion has no hash."""


@cache
def genuine() -> list[bytes]:
    """Return the records of a simulated ledger as AWS's writer writes them, each in a line."""
    plan = Plan(seed=5, commits=25, replay=True, records_per_aggregate=3)
    history = make_history(plan, Random(plan.seed))
    records = dict.fromkeys(data for each in history.user_records.values() for data in each)
    texts = [simpleion.dumps(simpleion.loads(data), binary=False) for data in records]
    return [text.removeprefix("$ion_1_0").strip().encode() for text in texts]


TOKENS = [
    *("{", "}", "[", "]", "(", ")", ",", ":", "::", "{{", "}}", '"', "'", "'''", "\\", "//", "/*"),
    *("*/", "\n", "\r\n", " ", "\t", "-", "+", ".", "/", "_", "$", "$0", "$10", "$ion_1_0"),
    *("$ion_symbol_table::", "symbols:", "imports:", "{symbols:[a]}", "max_id:3", "null", ".int"),
    *("true", "nan", "inf", "0", "1", "12", "0x", "0b1", "1d", "2e3", ".5", "2020-02-03", "T"),
    *("10:11", "Z", "+01:00", "a", "bc:", "\\u00e9", "\\ud83d", "\\ude00", "\\x41", "aGk=", "=="),
    *("\u00e9", "\U0001d11e", "\0"),
]
_tokens = st.lists(st.sampled_from(TOKENS), max_size=30).map(lambda parts: "".join(parts).encode())
_generated = documents.map(lambda sample: sample.text.encode())
_genuine = st.builds(lambda seed: Random(seed).choice(genuine()), st.integers(0, 999))
_any_text = st.one_of(
    st.binary(max_size=60),
    _tokens,
    damaged_bytes(_generated),
    damaged_bytes(_genuine),
    st.builds(lambda one, other: one + b"\n" + other, _genuine, damaged_bytes(_genuine)),
)

_SETTINGS = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


def outcome(chunks: Iterable[bytes]) -> tuple[list[tuple[object, ...]], tuple[str, int] | None]:
    """Return the values of a text, each with its place and hash, and the damage that ended it."""
    found: list[tuple[object, ...]] = []
    try:
        for offset, size, span in text_values(chunks):
            found.append((offset, size, span[0], hash_or_none(span)))
    except DamagedObject as damage:
        return found, (damage.code, damage.offset)
    return found, None


def hash_or_none(span: Span) -> bytes | None:
    """Return the hash of a value; None if it cannot be hashed."""
    try:
        return ion_hash(span)
    except IonError as error:
        if error.code not in UNHASHABLE:
            raise
        return None


@_SETTINGS
@given(_any_text)
def test_any_text_ends_as_values_or_as_damage_within_it(data: bytes) -> None:
    found, damage = outcome([data])
    end = 0
    for offset, size, *_ in found:
        assert isinstance(offset, int)
        assert isinstance(size, int)
        assert end <= offset < offset + size <= len(data)
        end = offset + size
    if damage is not None:
        assert 0 <= damage[1] <= len(data)


@_SETTINGS
@given(_any_text, st.integers(1, 9))
def test_any_text_in_pieces_has_the_outcome_of_the_whole(data: bytes, size: int) -> None:
    assert outcome(data[at : at + size] for at in range(0, len(data), size)) == outcome([data])


@_SETTINGS
@given(_any_text)
def test_the_common_forms_have_the_outcome_of_single_tokens(data: bytes) -> None:
    whole = outcome([data])
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("journal.ion.text_stream.read_common", lambda _value, _data, at: at)
        assert outcome([data]) == whole


@_SETTINGS
@given(st.lists(_genuine, min_size=1, max_size=3), st.data())
def test_every_cut_of_genuine_text_is_told_at_the_value_that_is_cut(
    texts: list[bytes], data: st.DataObject
) -> None:
    # Given values of which the last one is cut anywhere
    starts = [sum(len(text) + 1 for text in texts[:number]) for number in range(len(texts))]
    whole = b"\n".join(texts)
    end = data.draw(st.integers(starts[-1] + 1, len(whole) - 1))
    # When they are read
    found, damage = outcome([whole[:end]])
    # Then the others are there, and the cut is told with its offset
    assert [offset for offset, *_ in found] == starts[:-1]
    assert damage == ("the object ends in the middle of a value: it was cut", starts[-1])


SLOW: dict[str, Callable[[int], bytes]] = {
    "nothing but openings": lambda size: b"[" * size,
    "lists in lists": lambda size: (b"[" * 500 + b"]" * 500 + b" ") * (size // 1001),
    "annotated lists in lists": lambda size: (
        (b"a::[" * 400 + b"1" * 20 + b"]" * 400) * (size // 2020)
    ),
    "a long list in lists": lambda size: b"[" * 499 + b"[" + b"1," * (size // 2) + b"]" * 500,
    "structs in structs": lambda size: (b"{a:" * 499 + b"1" + b"}" * 499) * (size // 1997),
    "fields": lambda size: b"{" + b"a:1," * (size // 4) + b"}",
    "names": lambda size: b"{" + b"".join(b"a%d:1," % n for n in range(size // 10)) + b"}",
    "annotations": lambda size: b"a::" * (size // 3) + b"1",
    "annotations of nothing": lambda size: b"[" + b"a::" * (size // 3),
    "symbols": lambda size: b"[" + b"'a'," * (size // 4) + b"]",
    "operators": lambda size: b"(" + b"+" * size + b")",
    "slashes": lambda size: b"(" + b"/ " * (size // 2) + b")",
    "an open string": lambda size: b'"' + b"a" * size,
    "an open long string": lambda size: b"'''" + b"a''" * (size // 3),
    "segments": lambda size: b"'''a'''" * (size // 7),
    "open segments": lambda size: b"[" + b"'''a''' " * (size // 8) + b"'",
    "quotes": lambda size: b"'" * size,
    "escapes": lambda size: b'"' + b"\\n" * (size // 2) + b'"',
    "surrogates": lambda size: b'"' + b"\\ud83d\\ude00" * (size // 12) + b'"',
    "an escape that ends too early": lambda size: b'"' + b"\\u00e" * (size // 6) + b'"',
    "backslashes": lambda size: b'"' + b"\\" * size,
    "an open comment": lambda size: b"/*" + b"*" * size,
    "comments": lambda size: b"/**/" * (size // 4),
    "comments between tokens": lambda size: b"[" + b"/**/1," * (size // 6) + b"]",
    "comments after a symbol": lambda size: b"a" + b"/**/" * (size // 4) + b":: 1",
    "line comments": lambda size: b"//\n" * (size // 3),
    "space": lambda size: b" " * size,
    "an int": lambda size: b"[" + b"9" * 300_000 + b"]" + b" " * (size - 300_000),
    "ints": lambda size: (b"[" + b"9" * 20_000 + b"]") * (size // 20_002),
    "an int of too many digits": lambda size: b"[" + b"9" * size + b"]",
    "an int with underscores": lambda size: b"[1" + b"_1" * (size // 2) + b"]",
    "an int in hexadecimal": lambda size: b"[0x" + b"f" * size + b"]",
    "a float of too many digits": lambda size: b"[1." + b"9" * size + b"e0]",
    "floats": lambda size: (b"[" + b"9" * 3900 + b"e-400]") * (size // 3907),
    "an exponent": lambda size: b"[1d" + b"9" * size + b"]",
    "a decimal": lambda size: b"[0." + b"0" * size + b"1]",
    "a fraction of a second": lambda size: b"[2020-01-01T00:00:00." + b"1" * size + b"Z]",
    "fractions of a second": lambda size: (
        b"[" + (b"2020-01-01T00:00:00." + b"1" * 3900 + b"Z,") * (size // 3922) + b"]"
    ),
    "an open blob": lambda size: b"{{" + b"A" * size,
    "a blob of spaces": lambda size: b"{{" + b" " * size + b"}}",
    "a blob of marks": lambda size: b"{{" + b"=" * size + b"}}",
    "an open clob": lambda size: b'{{"' + b"A" * size,
    "segments of a clob": lambda size: b"{{" + b"'''a''' " * (size // 8) + b"}}",
    "version markers": lambda size: b"$ion_1_0 " * (size // 9),
    "symbol tables": lambda size: b'$ion_symbol_table::{symbols:["a"]} ' * (size // 35),
    "tables that append": lambda size: (
        b'$ion_symbol_table::{imports:$ion_symbol_table,symbols:["a"]} $10 ' * (size // 66)
    ),
    "imports": lambda size: (
        b"$ion_symbol_table::{imports:["
        + b'{name:"a",max_id:9},' * (size // 20)
        + b"]} $10 $ion_1_0 "
    ),
    "small values": lambda size: b"1 " * (size // 2),
}
"""Texts of about any size."""


def read(data: bytes) -> None:
    """Read a text in pieces of 4 KB, and keep nothing of it."""
    with contextlib.suppress(DamagedObject):
        for _ in text_values(data[at : at + 4096] for at in range(0, len(data), 4096)):
            pass


@pytest.mark.parametrize("kind", SLOW)
def test_a_long_text_comes_to_an_end(kind: str) -> None:
    # Given a third of a megabyte, for which a few microseconds a byte are enough
    data = SLOW[kind](MEBIBYTE // 3)
    # When it is read
    started = time.process_time()
    read(data)
    # Then in a time that would not be enough for the square of its bytes
    assert time.process_time() - started < 20


@pytest.mark.parametrize("kind", SLOW)
def test_memory_stays_in_proportion_to_the_text(kind: str) -> None:
    data = SLOW[kind](MEBIBYTE // 16)
    read(b"{a: 1}")
    tracemalloc.start()
    read(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50 * len(data)
