"""Wire format of a transaction: an Ion list with one struct for each operation.

Ion instead of JSON, so that every value of a document keeps its type. JSON is Ion text, so a
transaction can be written by hand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from amazon.ion import simpleion
from amazon.ion.exceptions import IonException
from amazon.ion.symbols import SymbolToken

from qldb_simulator.errors import TransactionError
from qldb_simulator.ion_reading import VERSION_MARKER, read_binary
from qldb_simulator.operations import (
    CreateTable,
    Delete,
    DropTable,
    Insert,
    Operation,
    Redact,
    Select,
    Update,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

_KINDS: Final[dict[str, type[Operation]]] = {
    "CREATE_TABLE": CreateTable,
    "DROP_TABLE": DropTable,
    "INSERT": Insert,
    "UPDATE": Update,
    "DELETE": Delete,
    "REDACT": Redact,
    "SELECT": Select,
}
_NAMES: Final = {kind: name for name, kind in _KINDS.items()}
_FIELDS: Final = {
    "table": "table",
    "document": "document",
    "documentId": "document_id",
    "version": "version",
}
_WIRE_FIELDS: Final = {attribute: name for name, attribute in _FIELDS.items()}
_MIN_TEXT_LIMIT: Final = 1024


def dump_operations(operations: Iterable[Operation]) -> bytes:
    """Write a transaction as binary Ion."""
    structs = []
    for operation in operations:
        struct: dict[str, Any] = {"operation": _NAMES[type(operation)]}
        for attribute, name in _WIRE_FIELDS.items():
            value = getattr(operation, attribute, None)
            if value is not None:
                struct[name] = value
        structs.append(struct)
    return bytes(simpleion.dumps(structs))


def load_operations(data: bytes) -> list[Operation]:
    """Read a transaction from Ion, binary or text.

    Raises
    ------
    TransactionError
        If the bytes are not a list of known operations with their fields.
    """
    try:
        structs = (
            read_binary(data)
            if data.startswith(VERSION_MARKER)
            # The C extension's default limit for text is below the size of a large document.
            else simpleion.loads(data, text_buffer_size_limit=max(len(data), _MIN_TEXT_LIMIT))
        )
    except (IonException, ValueError, TypeError, UnicodeDecodeError) as error:
        raise TransactionError(f"a transaction is not Ion ({type(error).__name__})") from None
    if not isinstance(structs, list):
        raise TransactionError("a transaction is a list of operations")
    return [_operation(struct) for struct in structs]


def _operation(struct: Any) -> Operation:  # noqa: ANN401 (any Ion value)
    if not hasattr(struct, "items"):
        raise TransactionError("an operation is a struct")
    fields = dict(struct.items())
    name = _text(fields.pop("operation", ""))
    if not isinstance(name, str) or name not in _KINDS:
        raise TransactionError(f"an operation is one of {', '.join(sorted(_KINDS))}")
    unknown = sorted(set(fields) - set(_FIELDS))
    if unknown:
        raise TransactionError(f"operation {name} has no field {unknown[0]}")
    arguments = {_FIELDS[key]: _argument(key, value) for key, value in fields.items()}
    try:
        return _KINDS[name](**arguments)
    except TypeError:
        raise TransactionError(f"operation {name} has missing or unexpected fields") from None


def _argument(name: str, value: Any) -> Any:  # noqa: ANN401 (any Ion value)
    if name == "document":
        return value
    expected = int if name == "version" else str
    plain = value if expected is int else _text(value)
    if not isinstance(plain, expected):
        raise TransactionError(f"field {name} of an operation is of type {expected.__name__}")
    return expected(plain)


def _text(value: Any) -> Any:  # noqa: ANN401 (any Ion value)
    """Return a symbol as text, because quotes may be omitted in transactions written by hand."""
    return value.text if isinstance(value, SymbolToken) else value
