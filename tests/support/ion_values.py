"""Ion values for property tests, as Ion text, each with its form in the table of types.

That form is computed here from Python numbers and the text itself, not from the binary form that
the handler reads: amazon.ion's writer is between the two.
"""

from __future__ import annotations

import base64
import json
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Mapping

_ION_TYPES = (
    *("null", "bool", "int", "float", "decimal", "timestamp", "symbol"),
    *("string", "clob", "blob", "list", "sexp", "struct"),
)


class Sample(NamedTuple):
    """An Ion value and its promised DynamoDB form."""

    text: str
    promised: Mapping[str, Any]


def _number(value: Decimal) -> str | None:
    """Return the text of N as DynamoDB returns it; None if the number does not fit."""
    if value == 0:
        return "0"
    _, digits, exponent = value.as_tuple()
    significant = "".join(map(str, digits)).strip("0")
    fits = len(significant) <= 38 and -130 <= value.adjusted() <= 125
    assert isinstance(exponent, int)
    return str(value) if fits else None


def _int(value: int) -> Sample:
    number = _number(Decimal(value))
    return Sample(str(value), {"S": str(value)} if number is None else {"N": number})


def _decimal(sign: str, digits: int, exponent: int) -> Sample:
    text = f"{sign}{digits}d{exponent}"
    number = _number(Decimal(f"{sign}{digits}E{exponent}"))
    return Sample(text, {"S": text} if number is None else {"N": number})


def _float(value: float) -> Sample:
    if value != value:  # noqa: PLR0124 (nan)
        return Sample("nan", {"S": "nan"})
    if value in (float("inf"), float("-inf")):
        text = "+inf" if value > 0 else "-inf"
        return Sample(text, {"S": text})
    written = repr(value) if "e" in repr(value) else f"{value!r}e0"
    number = _number(Decimal(repr(value)))
    return Sample(written, {"S": repr(value)} if number is None else {"N": number})


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _quoted(value: str) -> str:
    return "'" + json.dumps(value, ensure_ascii=False)[1:-1].replace("'", "\\'") + "'"


_characters = st.characters(
    exclude_categories=["Cs", "Cc"], exclude_characters="\u2028\u2029\ufeff\x7f"
)
_texts = st.text(_characters, max_size=12)

_offsets = st.sampled_from(["Z", "-00:00", "+00:01", "-00:59", "+05:30", "-12:00", "+23:59"])
_fractions = st.one_of(st.just(""), st.text("0123456789", min_size=1, max_size=20).map(".".__add__))
_dates = st.dates(min_value=date(1, 1, 3))
_times = st.times().map(lambda time: f"{time.hour:02d}:{time.minute:02d}")
_seconds = st.integers(0, 59).map(lambda second: f":{second:02d}")
timestamps = st.one_of(
    _dates.map(lambda day: f"{day.year:04d}T"),
    _dates.map(lambda day: f"{day.year:04d}-{day.month:02d}T"),
    _dates.map(lambda day: day.isoformat()),
    st.builds(lambda day, time, offset: f"{day}T{time}{offset}", _dates, _times, _offsets),
    st.builds(
        lambda day, time, second, fraction, offset: f"{day}T{time}{second}{fraction}{offset}",
        _dates,
        _times,
        _seconds,
        _fractions,
        _offsets,
    ),
).filter(lambda text: not text.startswith("9999-12-31"))

scalars = st.one_of(
    st.sampled_from(["null", *(f"null.{name}" for name in _ION_TYPES)]).map(
        lambda text: Sample(text, {"NULL": True})
    ),
    st.booleans().map(lambda value: Sample(str(value).lower(), {"BOOL": value})),
    st.integers().map(_int),
    st.integers(-(10**300), 10**300).map(_int),
    st.builds(lambda base, zeros: _int(base * 10**zeros), st.integers(), st.integers(0, 130)),
    st.builds(
        _decimal,
        st.sampled_from(["", "-"]),
        st.one_of(st.integers(0, 10**40), st.integers(0, 99)),
        st.one_of(st.integers(-180, 180), st.integers(-9000, 9000)),
    ),
    st.floats().map(_float),
    timestamps.map(lambda text: Sample(text, {"S": text})),
    _texts.map(lambda text: Sample(_text(text), {"S": text})),
    _texts.map(lambda text: Sample(_quoted(text), {"S": text})),
    st.just(Sample("$0", {"S": "$0"})),
    st.binary(max_size=20).map(
        lambda data: Sample(f"{{{{{base64.b64encode(data).decode()}}}}}", {"B": data})
    ),
    st.text("abc 123", max_size=9).map(
        lambda text: Sample(f'{{{{"{text}"}}}}', {"B": text.encode()})
    ),
)

names = st.text(_characters, min_size=1, max_size=8)


def _list(samples: list[Sample]) -> Sample:
    text = f"[{', '.join(sample.text for sample in samples)}]"
    return Sample(text, {"L": [sample.promised for sample in samples]})


def _sexp(samples: list[Sample]) -> Sample:
    text = f"({' '.join(sample.text for sample in samples)})"
    return Sample(text, {"L": [sample.promised for sample in samples]})


def _struct(fields: list[tuple[str, Sample]]) -> Sample:
    text = f"{{{', '.join(f'{_quoted(name)}: {sample.text}' for name, sample in fields)}}}"
    return Sample(text, {"M": {name: sample.promised for name, sample in fields}})


def _annotated(sample: Sample) -> Sample:
    return Sample(f"note::'two words'::{sample.text}", sample.promised)


values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(_list),
        st.lists(inner, max_size=4).map(_sexp),
        st.lists(st.tuples(names, inner), max_size=4).map(_struct),
        inner.map(_annotated),
    ),
    max_leaves=12,
)
documents = st.lists(st.tuples(names, values), max_size=6).map(_struct)
