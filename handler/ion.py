"""From bytes to Ion values: fast where the fast reader is right, exact where it is not.

The C extension of amazon.ion 0.15.0 is about twenty times as fast as its Python reader, but

* never returns from some malformed input (amazon-ion/ion-python issue 398 and relatives), and
  nothing in Python can interrupt it;
* changes the fraction of timestamps with more than nine digits without an error;
* refuses decimals with large exponents, symbols without text, and text above its buffer size;
* names a field None where its name is unknown or its symbol does not exist.

So it only ever sees binary data whose structure was checked, and whatever it refuses or gives back
in a doubtful form is read again by the Python reader.
"""

from __future__ import annotations

import io
from decimal import Decimal
from typing import TYPE_CHECKING, TypeGuard

from amazon.ion import simpleion
from amazon.ion.core import Timestamp
from amazon.ion.simple_types import (
    IonPyBool,
    IonPyDecimal,
    IonPyDict,
    IonPyList,
    IonPyNull,
    IonPyStdDict,
    IonPySymbol,
    IonPyTimestamp,
)
from amazon.ion.simpleion import IonPyValueModel

if TYPE_CHECKING:
    from collections.abc import Iterable

VERSION_MARKER = b"\xe0\x01\x00\xea"

_MODEL = (
    IonPyValueModel.MAY_BE_BARE
    | IonPyValueModel.SYMBOL_AS_TEXT
    | IonPyValueModel.STRUCT_AS_STD_DICT
)
_EXACT_FRACTION_DIGITS = 8
_EXACT_EXPONENT = 6000
_UNKNOWN_SYMBOL = "$0"


class IonError(Exception):
    """The bytes are not one Ion value that can be read. The text holds none of them."""


class MissingExtensionError(RuntimeError):
    """amazon.ion was installed without its C extension."""


def require_extension() -> None:
    """Refuse to work without the C extension.

    amazon.ion falls back silently to a reader that takes twenty times the processor time.

    Raises
    ------
    MissingExtensionError
        The package was built for another runtime or architecture.
    """
    if not simpleion.c_ext:
        raise MissingExtensionError(
            "amazon.ion is installed without its C extension: build the package for the runtime "
            "and architecture of this function"
        )


def is_null(value: object) -> bool:
    """Tell whether a value is null, of whatever type."""
    return value is None or isinstance(value, IonPyNull)


def is_int(value: object) -> TypeGuard[int]:
    """Tell whether a value is an Ion int; Python's bool is an int too, Ion's is not."""
    return isinstance(value, int) and not isinstance(value, bool | IonPyBool)


def load(data: bytes) -> object:
    """Read the one value of an Ion stream.

    Returns
    -------
    object
        None, bool, int, float, Decimal, Timestamp, str, bytes, list, dict; where there are
        annotations or a type that Python does not have, amazon.ion's subclasses of these, or its
        IonPyNull. Symbols are str. Of repeated field names the last stays.

    Raises
    ------
    IonError
        There is no such value.
    """
    try:
        if not data.startswith(VERSION_MARKER):
            return _plain(_one(simpleion.load_python(io.BytesIO(data), single_value=False)))
        _check_structure(data)
        try:
            value = simpleion.loads(data, value_model=_MODEL)
            if not _is_doubtful(value):
                return value
        except Exception:  # noqa: BLE001, S110  (whatever the C reader cannot do)
            pass
        return _plain(_one(simpleion.load_python(io.BytesIO(data), single_value=False)))
    except Exception as error:  # noqa: BLE001  (readers raise many kinds, some quote the data)
        raise IonError(type(error).__name__) from None


def _one(values: list[object]) -> object:
    if len(values) != 1:
        raise IonError("not one value")
    return values[0]


def _is_doubtful(value: object) -> bool:
    """Tell whether the C extension may have changed something on the way."""
    kind = type(value)
    if kind is dict or kind is IonPyStdDict:
        return None in value or any(map(_is_doubtful, value.values()))  # type: ignore[operator,attr-defined]
    if kind is list or kind is IonPyList:
        return any(map(_is_doubtful, value))  # type: ignore[call-overload]
    if kind is Timestamp or kind is IonPyTimestamp:
        return _exponent(value.fractional_seconds) < -_EXACT_FRACTION_DIGITS  # type: ignore[attr-defined]
    if kind is Decimal or kind is IonPyDecimal:
        return abs(_exponent(value)) > _EXACT_EXPONENT  # type: ignore[arg-type]
    return False


def _exponent(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return exponent if isinstance(exponent, int) else _EXACT_EXPONENT + 1


def _plain(value: object) -> object:
    """Bring a value of the Python reader into the form of the C extension's."""
    kind = type(value)
    if kind is IonPyDict:
        return _plain_struct(value.items())  # type: ignore[attr-defined]
    if kind is IonPyList:
        return [_plain(element) for element in value]  # type: ignore[attr-defined]
    if kind is IonPySymbol:
        return _symbol_text(value.text, value.sid)  # type: ignore[attr-defined]
    if kind is IonPyNull:
        return None
    if kind is IonPyBool:
        return bool(value)
    return value


def _plain_struct(items: Iterable[tuple[str | None, object]]) -> dict[str, object]:
    struct: dict[str, object] = {}
    unknown = False
    for name, value in items:
        unknown = unknown or name is None
        struct[_UNKNOWN_SYMBOL if name is None else name] = _plain(value)
    return struct


def _symbol_text(text: str | None, sid: int | None) -> str:
    if text is not None:
        return text
    if sid == 0:
        return _UNKNOWN_SYMBOL
    raise IonError("a symbol of a table that is not known")


# The structure of binary Ion: Ion specification, "Amazon Ion Binary Encoding". A value starts with
# a byte of type (upper half) and length (lower half).
_BOOL, _LIST, _SEXP, _STRUCT, _ANNOTATION, _RESERVED = 0x1, 0xB, 0xC, 0xD, 0xE, 0xF
_LENGTH_FOLLOWS = 14
_NULL = 15
_ORDERED_STRUCT = 0xD1
_INVALID = -2
_VARIABLE = -1
_LAST_BYTE = 0x80


def _scalar_length(head: int) -> int:
    kind, low = head >> 4, head & 0x0F
    if kind == _BOOL:
        return 0 if low in (0, 1, _NULL) else _INVALID
    if kind == _RESERVED or (kind == _ANNOTATION and low in (0, 1, 2, _NULL)):
        return _INVALID
    if low == _LENGTH_FOLLOWS or head == _ORDERED_STRUCT:
        return _VARIABLE
    return 0 if low == _NULL else low


_LENGTHS = tuple(map(_scalar_length, range(256)))
_CONTAINER_KINDS = frozenset({_LIST, _SEXP, _STRUCT, _ANNOTATION})


def _check_structure(data: bytes) -> None:
    """Check that every value lies within its container and every container is filled exactly."""
    try:
        _check(data)
    except IndexError:
        raise IonError("truncated") from None


def _check(data: bytes) -> None:  # noqa: C901  (one loop, run for every record)
    position = len(VERSION_MARKER)
    end = len(data)
    in_struct = False
    outer: list[tuple[int, bool]] = []
    while True:
        while position == end:
            if not outer:
                return
            end, in_struct = outer.pop()
        if in_struct:
            while not data[position] & _LAST_BYTE:
                position += 1
            position += 1
        head = data[position]
        position += 1
        length = _LENGTHS[head]
        if length < 0:
            if length == _INVALID:
                raise IonError("not a value")
            length, position = _variable_unsigned(data, position)
        if position + length > end:
            raise IonError("a value ends after its container")
        if length and head >> 4 in _CONTAINER_KINDS:
            outer.append((end, in_struct))
            end = position + length
            in_struct = head >> 4 == _STRUCT
            if head >> 4 == _ANNOTATION:
                length, position = _variable_unsigned(data, position)
                position += length
                if position >= end:
                    raise IonError("an annotation without a value")
        else:
            position += length


def _variable_unsigned(data: bytes, position: int) -> tuple[int, int]:
    value = 0
    while True:
        byte = data[position]
        position += 1
        value = (value << 7) | (byte & ~_LAST_BYTE)
        if byte & _LAST_BYTE:
            return value, position
