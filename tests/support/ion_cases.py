"""Binary Ion at the edges of the specification, written by hand, and what becomes of it.

Source: Ion specification, "Amazon Ion Binary Encoding" and "Amazon Ion Symbols".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tests.support.raw_ion import (
    ANNOTATION,
    FIRST_LOCAL,
    INT,
    LIST,
    NEGATIVE_INT,
    STRING,
    STRUCT,
    SYMBOL,
    SYMBOL_TABLE,
    TIMESTAMP,
    VERSION_MARKER,
    annotated,
    symbol_table,
    text,
    value,
    var_uint,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.attribute_values import Value


class IonCase(NamedTuple):
    """A stream of one value after its first version marker.

    Attributes
    ----------
    name
        What is special about it.
    content
        What follows the version marker.
    becomes
        Its DynamoDB form; None if it is to be refused.
    """

    name: str
    content: bytes
    becomes: Value | None


_NAME, _VERSION, _IMPORTS, _SYMBOLS, _MAX_ID = 4, 5, 6, 7, 8
_A = FIRST_LOCAL
_ONE, _TWO, _THREE = (value(INT, bytes([number])) for number in (1, 2, 3))
_NULL, _NULL_STRING, _NULL_SYMBOL = b"\x0f", b"\x8f", b"\x7f"
_ITSELF = value(SYMBOL, bytes([SYMBOL_TABLE]))


def _struct(fields: Mapping[int, bytes]) -> bytes:
    return value(STRUCT, b"".join(var_uint(name) + field for name, field in fields.items()))


def _list(*elements: bytes) -> bytes:
    return value(LIST, b"".join(elements))


def _table(*names: str, **fields: bytes) -> bytes:
    """Return a symbol table of names, with the field `imports` before them."""
    found = {_IMPORTS: fields["imports"]} if "imports" in fields else {}
    if names:
        found[_SYMBOLS] = _list(*map(text, names))
    return annotated(var_uint(SYMBOL_TABLE), _struct(found))


def _import(name: bytes | None = text("shared"), max_id: bytes | None = _TWO) -> bytes:
    fields = {_NAME: name, _VERSION: _ONE, _MAX_ID: max_id}
    return _struct({number: field for number, field in fields.items() if field is not None})


def _importing(*imports: bytes, names: tuple[str, ...] = ("a",)) -> bytes:
    return _table(*names, imports=_list(*imports))


def _fields(**fields: int) -> Value:
    return {"M": {name: {"N": str(number)} for name, number in fields.items()}}


_AB = _struct({_A: _ONE, _A + 1: _TWO})
_A_IS_ONE = _struct({_A: _ONE})

_VERSION_MARKERS = [
    IonCase(
        "a second version marker and table",
        _table("a", "x") + VERSION_MARKER + _table("b") + _A_IS_ONE,
        _fields(b=1),
    ),
    IonCase("a version marker resets the symbols", _table("a") + VERSION_MARKER + _A_IS_ONE, None),
    IonCase("a version marker after the value", _ONE + VERSION_MARKER, {"N": "1"}),
    IonCase("a marker of another version", b"\xe0\x01\x01\xea" + _ONE, None),
    IonCase("a marker that is cut off", _ONE + VERSION_MARKER[:3], None),
    IonCase("a marker in a list", _list(VERSION_MARKER), None),
    IonCase(
        "a symbol that looks like a marker", _table("a") + b"\x71\x02" + _A_IS_ONE, _fields(a=1)
    ),
]

_TABLES = [
    IonCase(
        "a second table replaces the first", _table("a") + _table("b") + _A_IS_ONE, _fields(b=1)
    ),
    IonCase("a symbol of a replaced table", _table("a", "b") + _table("c") + _AB, None),
    IonCase(
        "a table that appends",
        _table("a") + _table("b", imports=_ITSELF) + _AB,
        _fields(a=1, b=2),
    ),
    IonCase("a table that appends to none", _table("a", imports=_ITSELF) + _A_IS_ONE, _fields(a=1)),
    IonCase(
        "tables that append, with padding between",
        _table("a")
        + b"\x00"
        + _table("b", imports=_ITSELF)
        + b"\x00"
        + _table(imports=_ITSELF)
        + _AB,
        _fields(a=1, b=2),
    ),
    IonCase(
        "a table that replaces tables that append",
        _table("a") + _table("b", imports=_ITSELF) + _table("c") + _A_IS_ONE,
        _fields(c=1),
    ),
    IonCase(
        "a version marker after a table that appends",
        _table("a") + _table("b", imports=_ITSELF) + VERSION_MARKER + _A_IS_ONE,
        None,
    ),
    IonCase("symbols that only a later table has", _A_IS_ONE + _table("a"), None),
    IonCase(
        "symbols that only a later appending table has",
        _table("a") + _AB + _table("b", imports=_ITSELF),
        None,
    ),
    *(
        IonCase(
            f"imports that are {kind}",
            _table("a") + _table("b", imports=imports) + _A_IS_ONE,
            _fields(b=1),
        )
        for kind, imports in {
            "null": _NULL,
            "a null symbol": _NULL_SYMBOL,
            "a number": _THREE,
            "another symbol": value(SYMBOL, b"\x04"),
            "a text": text("$ion_symbol_table"),
            "a struct": _import(),
            "an empty list": _list(),
            "a null list": b"\xbf",
            "padding": b"\x00",
        }.items()
    ),
    IonCase(
        "a table whose first annotation makes it one",
        _table("a") + annotated(b"\x83\x8a", _struct({_SYMBOLS: _list(text("b"))})) + _A_IS_ONE,
        _fields(b=1),
    ),
    IonCase(
        "a struct whose second annotation is a table's",
        annotated(b"\x84\x83", _struct({_SYMBOLS: _list(text("b"))})),
        {"M": {"symbols": {"L": [{"S": "b"}]}}},
    ),
    IonCase(
        "a list with a table's annotation", annotated(b"\x83", _list(_ONE)), {"L": [{"N": "1"}]}
    ),
    IonCase("a table that is null", _table("a") + annotated(b"\x83", b"\xdf") + _A_IS_ONE, None),
    IonCase(
        "a null table and no symbols",
        annotated(b"\x83", b"\xdf") + _struct({4: _ONE}),
        _fields(name=1),
    ),
    IonCase(
        "symbols that are no list",
        annotated(b"\x83", _struct({_SYMBOLS: text("a")})) + _struct({4: _ONE}),
        _fields(name=1),
    ),
    IonCase(
        "a field of a table that has no meaning",
        annotated(b"\x83", _struct({_NAME: _ONE, 200: _ONE, _SYMBOLS: _list(text("a"))}))
        + _A_IS_ONE,
        _fields(a=1),
    ),
    *(
        IonCase(
            f"two lists of {kind}",
            annotated(b"\x83", value(STRUCT, (var_uint(number) + _list()) * 2)) + _ONE,
            None,
        )
        for kind, number in {"symbols": _SYMBOLS, "imports": _IMPORTS}.items()
    ),
    IonCase("a table that is cut off", annotated(b"\x83", value(STRUCT, b"\x87")) + _ONE, None),
]

_GAPS = [
    *(
        IonCase(
            f"{kind} instead of a symbol",
            symbol_table(["a"], more=gap + text("c"))
            + _struct({_A: _ONE, _A + 1: _TWO, _A + 2: value(SYMBOL, bytes([_A + 1]))}),
            {"M": {"a": {"N": "1"}, "$0": {"N": "2"}, "c": {"S": "$0"}}},
        )
        for kind, gap in {
            "null": _NULL,
            "a null string": _NULL_STRING,
            "a number": _THREE,
            "a symbol": value(SYMBOL, b"\x04"),
            "a list": _list(text("b")),
        }.items()
    ),
    IonCase(
        "symbols without text are one name",
        symbol_table([], more=_NULL * 2) + _struct({0: _ONE, _A: _TWO, _A + 1: _THREE}),
        {"M": {"$0": {"N": "3"}}},
    ),
    IonCase(
        "padding is no symbol",
        symbol_table(["a"], more=b"\x01\x00" + text("b")) + _AB,
        _fields(a=1, b=2),
    ),
    IonCase(
        "an annotated text is a symbol",
        symbol_table(["a"], more=annotated(b"\x84", text("b"))) + _AB,
        _fields(a=1, b=2),
    ),
]

_SHARED = [
    IonCase(
        "symbols of a shared table keep their numbers",
        _importing(_import(max_id=_TWO))
        + _struct({_A: _ONE, _A + 1: value(SYMBOL, bytes([_A])), _A + 2: _THREE}),
        {"M": {"$10": {"N": "1"}, "$11": {"S": "$10"}, "a": {"N": "3"}}},
    ),
    IonCase(
        "two shared tables",
        _importing(_import(max_id=_ONE), _import(max_id=_TWO)) + _struct({_A + 3: _ONE}),
        _fields(a=1),
    ),
    IonCase(
        "a table that appends to one with imports",
        _importing(_import(max_id=_TWO))
        + _table("b", imports=_ITSELF)
        + _struct({_A + 2: _ONE, _A + 3: _TWO}),
        _fields(a=1, b=2),
    ),
    IonCase(
        "a symbol beyond all tables",
        _importing(_import(max_id=_TWO)) + _struct({_A + 3: _ONE}),
        None,
    ),
    IonCase(
        "system symbols beside imports",
        _importing(_import(max_id=_TWO)) + _struct({4: _ONE}),
        _fields(name=1),
    ),
    IonCase(
        "a shared table of two thousand million symbols",
        _importing(_import(max_id=value(INT, (2**31 - 12).to_bytes(4, "big"))))
        + _struct({2**31 - 2: _ONE, 2**31 - 12: _TWO}),
        {"M": {"a": {"N": "1"}, "$2147483636": {"N": "2"}}},
    ),
    IonCase(
        "a shared table of too many symbols",
        _importing(_import(max_id=value(INT, b"\x7f" * 9))) + _ONE,
        None,
    ),
    *(
        IonCase(f"{kind} of imports is ignored", _importing(entry) + _A_IS_ONE, _fields(a=1))
        for kind, entry in {
            "an entry that is a text": text("shared"),
            "an entry that is null": b"\xdf",
            "an entry without name": _import(name=None),
            "an entry with an empty name": _import(name=text("")),
            "an entry with a null name": _import(name=_NULL_STRING),
            "an entry whose name is a symbol": _import(name=value(SYMBOL, b"\x04")),
            "an entry of the system table": _import(name=text("$ion"), max_id=None),
            "an entry of no symbols": _import(max_id=value(INT, b"")),
            "padding": b"\x00",
        }.items()
    ),
    *(
        IonCase(f"an import {kind}", _importing(_import(max_id=max_id)) + _A_IS_ONE, None)
        for kind, max_id in {
            "without max_id": None,
            "with a null max_id": b"\x2f",
            "with a negative max_id": value(NEGATIVE_INT, b"\x01"),
            "with a text as max_id": text("2"),
        }.items()
    ),
]


def _string(length: bytes) -> bytes:
    return bytes([STRING << 4 | 14]) + length + b"x"


_UNANNOTATED = value(ANNOTATION, b"\x80" + value(INT, b"\x01\x01"))

_STRUCTURE = [
    IonCase("an ordered struct", b"\xd1\x86\x84\x21\x01\x85\x21\x02", _fields(name=1, version=2)),
    IonCase(
        "an ordered struct in a struct",
        _struct({4: b"\xd1\x83\x84\x21\x01", 5: _TWO}),
        {"M": {"name": _fields(name=1), "version": {"N": "2"}}},
    ),
    IonCase("an ordered struct without fields", b"\xd1\x80", None),
    IonCase("an ordered struct without fields in a struct", _struct({4: b"\xd1\x80"}), None),
    IonCase("an element longer than its list", _list(b"\xb1\x22", b"\x01\x01", _ONE), None),
    IonCase("a field longer than its struct", _list(b"\xd2\x84\x22", b"\x01\x01", _ONE), None),
    IonCase(
        "a wrapper longer than its value", value(ANNOTATION, b"\x81\x84" + _ONE + b"\x0f"), None
    ),
    IonCase(
        "a field's wrapper longer than its value",
        _struct({4: value(ANNOTATION, b"\x81\x84" + _ONE + b"\x0f")}),
        None,
    ),
    IonCase("a wrapper shorter than its value", b"\xe3\x81\x84" + _ONE, None),
    IonCase("a wrapper without annotations", value(ANNOTATION, b"\x80" + _ONE + b"\x0f"), None),
    IonCase(
        "a wrapper without annotations around a value",
        _UNANNOTATED,
        None,
    ),
    IonCase("a field's wrapper without annotations", _struct({_NAME: _UNANNOTATED}), None),
    IonCase("an element's wrapper without annotations", _list(_UNANNOTATED), None),
    IonCase(
        "an annotation longer than the annotations", value(ANNOTATION, b"\x81\x01\x21\x01"), None
    ),
    IonCase("an annotation that no table has", annotated(b"\x8a", _ONE), None),
    IonCase(
        "a field's annotation that no table has", _struct({4: annotated(b"\x84\x8a", _ONE)}), None
    ),
    IonCase("an element's annotation that no table has", _list(annotated(b"\x8a", _ONE)), None),
    IonCase("a wrapper in a wrapper", annotated(b"\x84", annotated(b"\x84", _ONE)), None),
    IonCase("annotated padding", annotated(b"\x84", b"\x01\x00"), None),
    *(
        IonCase(f"a length padded to {size} bytes", _string(bytes(size - 1) + b"\x81"), {"S": "x"})
        for size in range(1, 11)
    ),
    *(
        IonCase(
            f"a field's length padded to {size} bytes",
            _struct({4: _string(bytes(size - 1) + b"\x81")}),
            {"M": {"name": {"S": "x"}}},
        )
        for size in range(1, 11)
    ),
    IonCase(
        "a name padded to ten bytes", value(STRUCT, bytes(9) + b"\x84" + _ONE), _fields(name=1)
    ),
    IonCase("a length padded to eleven bytes", _string(bytes(10) + b"\x81"), None),
]


def _fraction(content: bytes) -> bytes:
    return value(TIMESTAMP, b"\x80\x0f\xe5\x81\x81\x80\x80\x80" + content)


def _second(fraction: str) -> Value:
    return {"S": f"2021-01-01T00:00:00{fraction}Z"}


_SCALARS = [
    IonCase("a negative zero of no bytes", b"\x30", None),
    IonCase("a negative zero of one byte", b"\x31\x00", None),
    IonCase("a negative zero of many bytes", value(NEGATIVE_INT, bytes(20)), None),
    IonCase("a zero of many bytes", value(INT, bytes(20)), {"N": "0"}),
    IonCase("a timestamp of no bytes", b"\x60", None),
    IonCase("a timestamp without a year", b"\x61\x80", None),
    IonCase("a fraction of zeros without coefficient", _fraction(b"\xc3"), _second(".000")),
    IonCase("a fraction of zeros with coefficient", _fraction(b"\xc3\x00"), _second(".000")),
    IonCase("a fraction of twelve zeros", _fraction(b"\xcc"), _second(".000000000000")),
    IonCase("a fraction that starts with zeros", _fraction(b"\xc3\x07"), _second(".007")),
    IonCase("a fraction without digits", _fraction(b"\x80"), _second("")),
    IonCase("a negative fraction", _fraction(b"\xc3\x87"), None),
    IonCase("a fraction of more digits than places", _fraction(b"\xc3\x03\xe8"), None),
    IonCase("a thirteenth month", value(TIMESTAMP, b"\x80\x0f\xe5\x8d\x81\x80\x80\x80"), None),
    IonCase("a leap second", value(TIMESTAMP, b"\x80\x0f\xe5\x81\x81\x80\x80\xbc"), None),
]

ION_CASES = (*_VERSION_MARKERS, *_TABLES, *_GAPS, *_SHARED, *_STRUCTURE, *_SCALARS)
