"""DynamoDB's limits on an item: for each, documents just inside and just outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from handler.replica import write_for
from handler.settings import ReplicaTable
from journal.revisions import Revision, read_record
from tests.support.attribute_values import item_bytes
from tests.support.qldb_records import revision

if TYPE_CHECKING:
    from collections.abc import Callable

    from handler.replica import Write
    from tests.support.attribute_values import Item, Value

LEDGER_TABLE = "Person"
TOO_LARGE = "an item of more than 409600 bytes"
_MAX_ITEM_BYTES = 409_600
_MAX_NAME_BYTES = 65_535
_MAX_NESTING = 31


class LimitCase(NamedTuple):
    """A limit.

    Attributes
    ----------
    name
        What is limited.
    inside, outside
        Document and its attribute value, just inside and just outside.
    code
        The handler's code for the one outside.
    """

    name: str
    inside: Value
    outside: Value
    code: str


def ion_text(value: Value) -> str:
    """Return an attribute value as Ion text."""
    ((kind, content),) = value.items()
    if kind == "L":
        return f"[{', '.join(map(ion_text, content))}]"
    if kind == "M":
        fields = [f"'{name}': {ion_text(member)}" for name, member in content.items()]
        return f"{{{', '.join(fields)}}}"
    return _SCALARS[kind](content)


_SCALARS: dict[str, Callable[[Any], str]] = {
    "S": lambda text: f'"{text}"',
    "N": lambda number: number.replace("E", "d"),
    "B": lambda data: f'{{{{"{data.decode()}"}}}}',
    "BOOL": lambda flag: str(flag).lower(),
    "NULL": lambda _: "null",
}


def table(name: str = "person") -> ReplicaTable:
    """Return a replica of whole documents."""
    return ReplicaTable(ledger_table=LEDGER_TABLE, table_name=name)


def write_of(document: str, *, replica: ReplicaTable, key: str = "doc", version: int = 1) -> Write:
    """Return the write of a document, from its Ion text, or raise what the handler raises."""
    data = revision(document_id=key, version=version, data=document)
    found = read_record(data, {LEDGER_TABLE})
    assert isinstance(found, Revision)
    return write_for(found, replica, 0.0)


def item_with(
    document: Value, *, replica: ReplicaTable, key: str = "doc", version: int = 1
) -> Item:
    """Return the item of a document whether or not it can be stored."""
    write = write_of("{}", replica=replica, key=key, version=version)
    return {**{name: dict(value) for name, value in write.item.items()}, "data": document}


def _nested(kind: str, levels: int) -> Value:
    value: Value = {kind: [] if kind == "L" else {}}
    for _ in range(levels - 2):
        value = {"L": [value]} if kind == "L" else {"M": {"a": value}}
    return {"M": {"a": value}}


def _sized(parts: dict[str, Value], size: int) -> Value:
    """Return a document whose item, with a key of three characters, has this many bytes."""
    without_filler = item_with({"M": {**parts, "filler": {"S": ""}}}, replica=table())
    filler = {"S": "x" * (size - item_bytes(without_filler))}
    return {"M": {**parts, "filler": filler}}


_PARTS: dict[str, dict[str, Value]] = {
    "text": {},
    "text beyond ASCII": {"a": {"S": "\u00e4\u20ac\U0001f600" * 1000}},
    "names beyond ASCII": {"\u00e4\u20ac\U0001f600": {"M": {"\u00e4": {"S": "x"}}}},
    "binary": {"a": {"B": b"x" * 1000}},
    "nulls and bools": {"a": {"L": [{"NULL": True}, {"BOOL": True}, {"BOOL": False}] * 100}},
    "containers": {"a": {"L": [{"L": []}, {"M": {}}, {"L": [{"M": {}}]}] * 100}},
    "maps": {"a": {"M": {f"k{number}": {"S": "v"} for number in range(100)}}},
    "empty values": {"a": {"L": [{"S": ""}, {"B": b""}] * 100}},
    "numbers": {
        "a": {
            "L": [
                {"N": text}
                for text in (
                    *("0", "1", "12", "123", "-1", "-12", "255", "256", "100", "15000"),
                    *("12E-2", "123E-2", "1E-2", "1E-1", "-7E-130", "1E125", "12E3", "-12E3"),
                    *("9" * 38, "-" + "9" * 38, "9" * 38 + "E-30", "1" + "0" * 36 + "1"),
                )
            ]
        }
    },
}

LIMIT_CASES: tuple[LimitCase, ...] = (
    *(
        LimitCase(
            f"nesting of {name}",
            _nested(kind, _MAX_NESTING),
            _nested(kind, _MAX_NESTING + 1),
            "nested deeper than 31 levels",
        )
        for name, kind in (("lists", "L"), ("maps", "M"))
    ),
    *(
        LimitCase(
            f"size with {name}",
            _sized(parts, _MAX_ITEM_BYTES),
            _sized(parts, _MAX_ITEM_BYTES + 1),
            TOO_LARGE,
        )
        for name, parts in _PARTS.items()
    ),
    LimitCase(
        "length of a name",
        {"M": {"n" * _MAX_NAME_BYTES: {"N": "1"}}},
        {"M": {"n" * (_MAX_NAME_BYTES + 1): {"N": "1"}}},
        "a field name of more than 65535 bytes",
    ),
    LimitCase(
        "length of a name beyond ASCII",
        {"M": {"n" + "\u00e4" * (_MAX_NAME_BYTES // 2): {"N": "1"}}},
        {"M": {"\u00e4" * (_MAX_NAME_BYTES // 2 + 1): {"N": "1"}}},
        "a field name of more than 65535 bytes",
    ),
    LimitCase(
        "emptiness of a name",
        {"M": {"a": {"M": {"n": {"N": "1"}}}}},
        {"M": {"a": {"M": {"": {"N": "1"}}}}},
        "an empty field name",
    ),
)

LIMIT_NAMES = [case.name for case in LIMIT_CASES]
MAX_KEY = "k" * 2048
