"""Ion values as JSON, as QLDB's JSON exports have them.

Source: Ion cookbook, "Down-converting to JSON", of which each rule is one case here. It leaves open
how numbers look: `Numbers.JAVA` is what ion-java's JSON writer does, `Numbers.PLAIN` the way most
other programs print them.
"""

from __future__ import annotations

import base64
import enum
import json
import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from amazon.ion.core import IonType, Timestamp, TimestampPrecision
from amazon.ion.simple_types import IonPyNull

if TYPE_CHECKING:
    from collections.abc import Callable


class Numbers(enum.Enum):
    """How decimals and floats are printed."""

    PLAIN = "plain"
    JAVA = "java"


def down_converted(value: Any, numbers: Numbers = Numbers.PLAIN) -> str:  # noqa: ANN401 (any Ion value)
    """Return the JSON of a value that amazon.ion's Python reader has read."""
    if isinstance(value, IonPyNull):
        return "null"
    if value.ion_type in (IonType.LIST, IonType.SEXP):
        return f"[{','.join(down_converted(each, numbers) for each in value)}]"
    if value.ion_type is IonType.STRUCT:
        fields = (f"{_text(name)}:{down_converted(each, numbers)}" for name, each in value.items())
        return f"{{{','.join(fields)}}}"
    if value.ion_type is IonType.FLOAT:
        return _float(float(value), numbers)
    if value.ion_type is IonType.DECIMAL:
        return _decimal(Decimal(value), numbers)
    return _OTHERS[value.ion_type](value)


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _float(value: float, numbers: Numbers) -> str:
    if not math.isfinite(value):
        return "null"
    text = repr(value)
    if numbers is Numbers.PLAIN:
        return text
    if "e" in text:
        mantissa, _, exponent = text.partition("e")
        return f"{mantissa if '.' in mantissa else mantissa + '.0'}E{int(exponent)}"
    return text.removesuffix(".0") + "e0"


def _decimal(value: Decimal, numbers: Numbers) -> str:
    if numbers is Numbers.PLAIN:
        return str(value)
    sign, digits, exponent = value.as_tuple()
    return f"{'-' if sign else ''}{''.join(map(str, digits))}e{exponent}"


def _timestamp(value: Timestamp) -> str:
    """Return the text of a timestamp; amazon.ion's own writer loses digits of its fraction."""
    parts = [f"{value.year:04}", f"-{value.month:02}", f"-{value.day:02}"]
    units = {TimestampPrecision.YEAR: 1, TimestampPrecision.MONTH: 2}.get(value.precision, 3)
    if value.precision < TimestampPrecision.MINUTE:
        return "".join(parts[:units]) + ("T" if units < len(parts) else "")
    text = f"{''.join(parts)}T{value.hour:02}:{value.minute:02}"
    if value.precision == TimestampPrecision.SECOND:
        # The fraction starts with a zero, which is all of it where there is none.
        text += f":{value.second:02}{f'{value.fractional_seconds:f}'[1:]}"
    offset = value.utcoffset()
    if offset is None:
        return f"{text}-00:00"
    if not offset:
        return f"{text}Z"
    hours, minutes = divmod(abs(int(offset.total_seconds()) // 60), 60)
    return f"{text}{'-' if offset.total_seconds() < 0 else '+'}{hours:02}:{minutes:02}"


_OTHERS: dict[IonType, Callable[[Any], str]] = {
    IonType.BOOL: lambda value: "true" if value else "false",
    IonType.INT: lambda value: str(int(value)),
    IonType.TIMESTAMP: lambda value: _text(_timestamp(value)),
    IonType.SYMBOL: lambda value: _text(value.text),
    IonType.STRING: _text,
    IonType.CLOB: lambda value: json.dumps(bytes(value).decode("latin-1")),
    IonType.BLOB: lambda value: _text(base64.b64encode(value).decode()),
}
