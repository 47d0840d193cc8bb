"""An in-memory DynamoDB behind the calls of boto3's low-level client that the handler makes.

It executes the handler's PartiQL statement forms (`partiql`), conditional ``put_item`` and plain
reads, with the semantics that were measured on AWS's DynamoDB Local; the contract tests run
the same cases on both. Faults enter through `faults.Faults`.
"""

from __future__ import annotations

import threading
import zlib
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ParamValidationError

from tests.support.attribute_values import (
    MAX_ITEM_BYTES,
    MAX_KEY_BYTES,
    InvalidValueError,
    Item,
    Value,
    checked,
    checked_name,
    is_nested_too_deep,
    item_bytes,
)
from tests.support.conditions import UnusedNameError, condition
from tests.support.faults import Faults, NoFaults, client_error
from tests.support.partiql import (
    Complete,
    Insert,
    MalformedStatementError,
    Statement,
    UnsupportedStatementError,
    Update,
    parse,
)
from tests.support.sentinel import MESSAGE

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    Observer = Callable[[str, Item | None, Item], None]
    Condition = Callable[[Item | None], bool]

MAX_STATEMENTS = 25
MAX_STATEMENT_CHARACTERS = 8192
_NESTED = "Nesting Levels have exceeded supported limits"

_NO_FAULTS = NoFaults()


class _Refusal(Exception):  # noqa: N818 (an answer of the service, not a failure of this module)
    def __init__(self, code: str, message: str, item: Item | None = None) -> None:
        super().__init__(message)
        self.error: dict[str, Any] = {"Code": code, "Message": f"{message}. {MESSAGE}"}
        if item is not None:
            self.error["Item"] = dict(item)


class Tables:
    """The stored items, shared by any number of clients.

    Parameters
    ----------
    names
        Names of the tables; the key attribute is ``pk``, a string.
    history
        Names of further tables whose key has ``version``, a number, too.
    observer
        Called with table name, old item or None, and new item, before each write becomes visible.
    index_keys
        By table, type and maximum bytes of each attribute that is a key of an index.
    """

    def __init__(
        self,
        names: Iterable[str],
        *,
        history: Collection[str] = (),
        observer: Observer | None = None,
        index_keys: Mapping[str, Mapping[str, tuple[str, int]]] | None = None,
    ) -> None:
        self._index_keys = index_keys or {}
        self._items: dict[str, dict[str, Item]] = {name: {} for name in (*names, *history)}
        self._history = frozenset(history)
        self._lock = threading.RLock()
        self._observer = observer

    def items(self, table: str) -> dict[str, Item]:
        """Return a copy of one table: items by key, such as ``doc``, or ``doc/3`` with versions."""
        with self._lock:
            return {key: dict(item) for key, item in self._table(table).items()}

    def remove(self, table: str, key: str) -> None:
        """Remove an item if it exists."""
        with self._lock:
            self._table(table).pop(key, None)

    def key(self, table: str, item: Item) -> str:
        """Return an item's key.

        Raises
        ------
        _Refusal
            If it lacks a part or has a wrong one.
        """
        key = _partition_key(item)
        if table not in self._history:
            return key
        version = item.get("version", {}).get("N")
        if not isinstance(version, str):
            raise _Refusal("ValidationError", "Missing the key version in the item")
        return f"{key}/{version}"

    def execute(self, statement: Statement, parameters: Sequence[Value], *, all_old: bool) -> None:
        """Carry out one statement, or raise DynamoDB's refusal."""
        with self._lock:
            if isinstance(statement, Insert):
                self._insert(statement, parameters)
            elif isinstance(statement, Complete):
                self._complete(statement, parameters, all_old=all_old)
            else:
                self._update(statement, parameters, all_old=all_old)

    def put(
        self, table: str, item: Item, *, is_met: Condition = lambda _: True, all_old: bool
    ) -> None:
        """Replace an item, or create it, if the stored one, or None, meets a condition."""
        with self._lock:
            if is_nested_too_deep(item):
                raise _Refusal("ValidationError", _NESTED)
            old = self._table(table).get(self.key(table, item))
            if not is_met(old):
                raise _conditional_failure(old if all_old else None)
            self._store(table, old, item, "Item size has exceeded the maximum allowed size")

    def delete(self, table: str, key: Item, *, is_met: Condition) -> None:
        """Remove an item if the stored one, or None, meets a condition."""
        with self._lock:
            place = self.key(table, key)
            if not is_met(self._table(table).get(place)):
                raise _conditional_failure(None)
            self._table(table).pop(place, None)

    def _table(self, name: str) -> dict[str, Item]:
        if name not in self._items:
            raise _Refusal("ResourceNotFound", "Cannot do operations on a non-existent table")
        return self._items[name]

    def _insert(self, statement: Insert, parameters: Sequence[Value]) -> None:
        item = dict(zip(statement.names, parameters, strict=True))
        key = self.key(statement.table, item)
        if key in self._table(statement.table):
            raise _Refusal("DuplicateItem", "Duplicate primary key exists in table")
        message = "Item size has exceeded the maximum allowed size"
        self._store(statement.table, None, item, message)

    def _complete(self, statement: Complete, parameters: Sequence[Value], *, all_old: bool) -> None:
        *values, key_value, version, state = parameters
        key = self.key(statement.table, {"pk": key_value, "version": version})
        old = self._table(statement.table).get(key)
        if old is None:
            raise _conditional_failure(None)
        if old.get("revisionState") != state or "hash" in old:
            raise _conditional_failure(old if all_old else None)
        item = {**old, **dict(zip(statement.set_names, values, strict=True))}
        message = "Item size to update has exceeded the maximum allowed size"
        self._store(statement.table, old, item, message)

    def _update(self, statement: Update, parameters: Sequence[Value], *, all_old: bool) -> None:
        *values, key_value, below, projection = parameters
        key = self.key(statement.table, {"pk": key_value})
        old = self._table(statement.table).get(key)
        if old is None:
            raise _conditional_failure(None)
        same_projection = _same_projection(old, projection, or_higher=statement.or_higher_id)
        if not same_projection or not _lower(old, below, or_equal=statement.or_equal):
            raise _conditional_failure(old if all_old else None)
        item = {name: value for name, value in old.items() if name not in statement.remove_names}
        item.update(zip(statement.set_names, values, strict=True))
        if is_nested_too_deep(item):
            raise _Refusal("ValidationError", _NESTED)
        message = "Item size to update has exceeded the maximum allowed size"
        self._store(statement.table, old, item, message)

    def _store(self, table: str, old: Item | None, item: Item, message: str) -> None:
        for name, (kind, max_bytes) in self._index_keys.get(table, {}).items():
            if name in item and not _is_index_key(item[name], kind, max_bytes):
                raise _Refusal("ValidationError", f"Type or size mismatch for Index Key {name}")
        if item_bytes(item) > MAX_ITEM_BYTES:
            raise _Refusal("ValidationError", message)
        if self._observer is not None:
            self._observer(table, old, item)
        self._table(table)[self.key(table, item)] = item


class MemoryDynamoDB:
    """One client of `Tables`, with its own faults.

    Parameters
    ----------
    tables
        Shared with other clients.
    faults
        Called before and after each request and before each statement.
    """

    def __init__(self, tables: Tables, faults: Faults = _NO_FAULTS) -> None:
        self._tables = tables
        self._faults = faults

    def batch_execute_statement(
        self,
        *,
        Statements: Sequence[Mapping[str, Any]],  # noqa: N803 (boto3's name)
        ReturnConsumedCapacity: str = "NONE",  # noqa: N803, ARG002 (boto3's name)
    ) -> dict[str, Any]:
        """Carry out up to 25 statements, each on its own, as BatchExecuteStatement does."""
        operation = "BatchExecuteStatement"
        fault = self._faults.before_request(operation)
        if fault is not None and not fault.applied:
            raise fault.error
        parsed = [_parsed(statement) for statement in _checked_batch(Statements)]
        self._refuse_duplicate_keys(parsed)
        responses = [
            self._statement_response(statement, parameters, raw)
            for (statement, parameters), raw in zip(parsed, Statements, strict=True)
        ]
        self._faults.after_request(operation)
        if fault is not None:
            raise fault.error
        return {"Responses": responses}

    def put_item(
        self,
        *,
        TableName: str,  # noqa: N803 (boto3's name)
        Item: Item,  # noqa: N803 (boto3's name)
        ConditionExpression: str | None = None,  # noqa: N803 (boto3's name)
        ExpressionAttributeNames: Mapping[str, str] | None = None,  # noqa: N803 (boto3's name)
        ExpressionAttributeValues: Mapping[str, Value] | None = None,  # noqa: N803 (boto3's name)
        ReturnValuesOnConditionCheckFailure: str = "NONE",  # noqa: N803 (boto3's name)
    ) -> dict[str, Any]:
        """Replace an item, under a condition or under none."""
        operation = "PutItem"
        is_met = _put_condition(
            ConditionExpression, ExpressionAttributeNames or {}, ExpressionAttributeValues or {}
        )
        fault = self._faults.before_request(operation)
        if fault is not None and not fault.applied:
            raise fault.error
        try:
            item = {checked_name(name): checked(value) for name, value in Item.items()}
            all_old = ReturnValuesOnConditionCheckFailure == "ALL_OLD"
            self._tables.put(TableName, item, is_met=is_met, all_old=all_old)
        except InvalidValueError as error:
            raise client_error(operation, "ValidationException", str(error)) from error
        except _Refusal as refusal:
            raise _as_exception(operation, refusal) from refusal
        self._faults.after_request(operation)
        if fault is not None:
            raise fault.error
        return {}

    def get_item(
        self,
        *,
        TableName: str,  # noqa: N803 (boto3's name)
        Key: Item,  # noqa: N803 (boto3's name)
        ConsistentRead: bool = False,  # noqa: N803, ARG002 (every read here is consistent)
    ) -> dict[str, Any]:
        """Read one item."""
        try:
            item = self._tables.items(TableName).get(self._tables.key(TableName, Key))
        except _Refusal as refusal:
            raise _as_exception("GetItem", refusal) from refusal
        return {} if item is None else {"Item": item}

    def delete_item(
        self,
        *,
        TableName: str,  # noqa: N803 (boto3's name)
        Key: Item,  # noqa: N803 (boto3's name)
        ConditionExpression: str,  # noqa: N803 (boto3's name)
        ExpressionAttributeNames: Mapping[str, str],  # noqa: N803 (boto3's name)
        ExpressionAttributeValues: Mapping[str, Value],  # noqa: N803 (boto3's name)
        ReturnConsumedCapacity: str = "NONE",  # noqa: N803, ARG002 (boto3's name)
    ) -> dict[str, Any]:
        """Remove an item under a condition."""
        is_met = _put_condition(
            ConditionExpression, ExpressionAttributeNames, ExpressionAttributeValues
        )
        try:
            self._tables.delete(TableName, Key, is_met=is_met)
        except _Refusal as refusal:
            raise _as_exception("DeleteItem", refusal) from refusal
        return {}

    def scan(
        self,
        *,
        TableName: str,  # noqa: N803 (boto3's name)
        ConsistentRead: bool = False,  # noqa: N803, ARG002 (every read here is consistent)
        Segment: int = 0,  # noqa: N803 (boto3's name)
        TotalSegments: int = 1,  # noqa: N803 (boto3's name)
        ReturnConsumedCapacity: str = "NONE",  # noqa: N803, ARG002 (boto3's name)
    ) -> dict[str, Any]:
        """Read the whole table, or a segment of it, in one page."""
        try:
            found = self._tables.items(TableName)
        except _Refusal as refusal:
            raise _as_exception("Scan", refusal) from refusal
        items = [
            item
            for key, item in found.items()
            if zlib.crc32(key.encode()) % TotalSegments == Segment
        ]
        return {"Items": items, "Count": len(items), "ScannedCount": len(items)}

    def _statement_response(
        self, statement: Statement | str, parameters: list[Value], raw: Mapping[str, Any]
    ) -> dict[str, Any]:
        if isinstance(statement, str):
            return {"Error": {"Code": "ValidationError", "Message": statement}}
        code = self._faults.before_statement("BatchExecuteStatement")
        if code is not None:
            error = {"Code": code, "Message": MESSAGE}
            return {"Error": error, "TableName": statement.table}
        all_old = raw.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
        try:
            self._tables.execute(statement, parameters, all_old=all_old)
        except _Refusal as refusal:
            return {"Error": refusal.error, "TableName": statement.table}
        return {"TableName": statement.table}

    def _refuse_duplicate_keys(self, parsed: list[tuple[Statement | str, list[Value]]]) -> None:
        keys = [
            (statement.table, str(_key_parameters(statement, parameters)))
            for statement, parameters in parsed
            if not isinstance(statement, str)
        ]
        if len(set(keys)) != len(keys):
            raise _invalid_request("Provided list of item keys contains duplicates")


def _key_parameters(statement: Statement, parameters: list[Value]) -> object:
    """Return the parameters that identify an item; those of a table without versions have one."""
    match statement:
        case Update():
            return parameters[-3]
        case Complete():
            return parameters[-3], parameters[-2]
        case Insert(names=names):
            found = dict(zip(names, parameters, strict=True))
            is_revision = "revisionState" in found
            return (found.get("pk"), found.get("version")) if is_revision else found.get("pk")


def _checked_batch(statements: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    if not statements:
        raise ParamValidationError(
            report="Invalid length for parameter Statements, value: 0, valid min length: 1"
        )
    if len(statements) > MAX_STATEMENTS:
        raise _invalid_request("BatchWriteItem cannot write more than 25 items")
    for statement in statements:
        if len(statement["Statement"]) > MAX_STATEMENT_CHARACTERS:
            raise _invalid_request("Member must have length less than or equal to 8192")
    return statements


def _parsed(raw: Mapping[str, Any]) -> tuple[Statement | str, list[Value]]:
    """Return a statement and its parameters, or a text with the refusal of this statement."""
    try:
        parameters = [checked(parameter) for parameter in raw.get("Parameters", [])]
    except InvalidValueError as error:
        raise _invalid_request(str(error)) from error
    try:
        statement = parse(raw["Statement"])
    except MalformedStatementError as error:
        return str(error), parameters
    needed = len(statement.names) if isinstance(statement, Insert) else len(statement.set_names) + 3
    if len(parameters) < needed:
        return "Number of parameters in request and statement don't match.", parameters
    # DynamoDB Local ignores surplus parameters; the handler must not rely on that, and a refusal
    # would be hidden by the PutItem that follows.
    if len(parameters) > needed:
        raise UnsupportedStatementError("more parameters than question marks")
    return statement, parameters


def _partition_key(item: Item) -> str:
    value = item.get("pk", {}).get("S")
    if not isinstance(value, str):
        raise _Refusal("ValidationError", "Missing the key pk in the item, or it is no string")
    if not value:
        raise _Refusal("ValidationError", "A key attribute cannot contain an empty string value")
    if len(value.encode()) > MAX_KEY_BYTES:
        raise _Refusal("ValidationError", "Hash primary key values must be under 2048 bytes")
    return value


def _is_index_key(value: Value, kind: str, max_bytes: int) -> bool:
    content = value.get(kind)
    if content is None:
        return False
    if kind == "N":
        return True
    return 0 < len(content.encode() if kind == "S" else content) <= max_bytes


def _lower(old: Item, below: Value, *, or_equal: bool = False) -> bool:
    """Return whether a number is lower; an absent attribute or another type never is."""
    stored = old.get("version", {}).get("N")
    limit = below.get("N")
    if stored is None or limit is None:
        return False
    return Decimal(stored) < Decimal(limit) or (or_equal and stored == limit)


def _same_projection(old: Item, projection: Value, *, or_higher: bool) -> bool:
    """Return whether an item has a projection's id; one without any never has."""
    stored, expected = old.get("projectionId", {}).get("S"), projection.get("S")
    if not isinstance(stored, str) or not isinstance(expected, str):
        return False
    return stored == expected or (or_higher and stored > expected)


def _put_condition(
    expression: str | None, names: Mapping[str, str], values: Mapping[str, Value]
) -> Condition:
    if expression is None:
        return lambda _: True
    try:
        return condition(expression, names, values)
    except UnusedNameError as error:
        raise client_error("PutItem", "ValidationException", f"{error}. {MESSAGE}") from error


def _conditional_failure(old: Item | None) -> _Refusal:
    return _Refusal("ConditionalCheckFailed", "The conditional request failed", old)


def _invalid_request(message: str) -> Exception:
    return client_error("BatchExecuteStatement", "ValidationException", f"{message}. {MESSAGE}")


_EXCEPTION_NAMES = {
    "ConditionalCheckFailed": "ConditionalCheckFailedException",
    "ValidationError": "ValidationException",
    "ResourceNotFound": "ResourceNotFoundException",
}


def _as_exception(operation: str, refusal: _Refusal) -> Exception:
    code = refusal.error["Code"]
    error = client_error(operation, _EXCEPTION_NAMES[code], refusal.error["Message"])
    if "Item" in refusal.error:
        error.response["Item"] = refusal.error["Item"]  # type: ignore[typeddict-unknown-key]
    return error
