"""The handler's configuration, read once per container from environment variables."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

from handler.attribute_names import name_problem, names_problem
from handler.contract import (
    DOCUMENT_ATTRIBUTE,
    MAX_LIFETIME_DAYS,
    MAX_PARTITION_KEY_BYTES,
    UNINDEXED_ATTRIBUTE,
    TableField,
    Variable,
    projection_id,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

UNKNOWN_VERSION = "unknown"
"""Version where the environment names none."""

_TABLE_NAME = re.compile(r"[a-zA-Z0-9_.-]{3,255}")
"""DynamoDB developer guide, "Naming rules"."""

KeyType = Literal["S", "N", "B"]
"""The DynamoDB types that a key can have."""


class SettingsError(ValueError):
    """A variable is missing or wrong. The message names it and what is expected."""


class IndexKey(NamedTuple):
    """What the indexes of a table demand of an attribute that is a key of one.

    Attributes
    ----------
    type
        Its DynamoDB type.
    max_bytes
        Bytes that its value may have.
    """

    type: KeyType
    max_bytes: int


@dataclass(frozen=True, kw_only=True)
class ReplicaTable:
    """The replica of one ledger table.

    Attributes
    ----------
    ledger_table
        The table's name in the ledger, or its id.
    table_name
        The DynamoDB table.
    attributes
        Path of field names in the document for each projected attribute; None keeps the whole
        document under ``data``.
    index_keys
        The projected attributes that are keys of indexes.
    history
        Whether every revision goes to the history table too.
    tombstone_lifetime_days
        Days after which DynamoDB may remove a tombstone; None keeps tombstones forever.
    merge_generations
        Whether an export may bring ledger tables of several ids together here: one that was dropped
        and created again has the same name.
    """

    ledger_table: str
    table_name: str
    attributes: Mapping[str, tuple[str, ...]] | None = None
    index_keys: Mapping[str, IndexKey] = field(default_factory=dict)
    history: bool = False
    tombstone_lifetime_days: int | None = None
    merge_generations: bool = False

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the attributes that its live items may lack."""
        projected = tuple(self.attributes or ())
        return (*projected, UNINDEXED_ATTRIBUTE) if self.index_keys else projected

    @cached_property
    def projection_id(self) -> str:
        """Id of the attributes that its live items may hold."""
        return projection_id((DOCUMENT_ATTRIBUTE,) if self.attributes is None else self.names)

    @cached_property
    def projection(self) -> tuple[tuple[str, tuple[str, ...], int], ...]:
        """Name, path and level of nesting of each projected attribute.

        An attribute that is a key of an index has one level less for itself: its value may have to
        move into a map.
        """
        return tuple(
            (name, path, 2 if name in self.index_keys else 1)
            for name, path in (self.attributes or {}).items()
        )

    @cached_property
    def copies(self) -> int:
        """Maximum number of attributes that can hold one and the same value of a document."""
        paths = list((self.attributes or {}).values())
        return max(
            (sum(path[: len(other)] == other for other in paths) for path in paths), default=1
        )


@dataclass(frozen=True, kw_only=True)
class HandlerSettings:
    """The handler's configuration.

    Attributes
    ----------
    replica_tables
        Replicas by name or id of the ledger table.
    failure_bucket
        S3 bucket for quarantined records.
    history_table
        The DynamoDB table with every revision; None if no ledger table keeps its history.
    version
        Version of this project that deployed the function.
    """

    replica_tables: Mapping[str, ReplicaTable]
    failure_bucket: str
    history_table: str | None = None
    version: str = UNKNOWN_VERSION

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> HandlerSettings:
        """Read the settings from environment variables.

        Raises
        ------
        SettingsError
            If a variable is missing or its value is not allowed.
        """
        tables = _replica_tables(required(environment, Variable.REPLICA_TABLES))
        return cls(
            replica_tables=tables,
            failure_bucket=required(environment, Variable.FAILURE_BUCKET),
            history_table=_history_table(environment.get(Variable.HISTORY_TABLE), tables),
            version=environment.get(Variable.VERSION) or UNKNOWN_VERSION,
        )

    def table_of(self, name: str, table_id: str) -> ReplicaTable | None:
        """Return the replica of a ledger table; None if it has none.

        Parameters
        ----------
        name, table_id
            Of the ledger table. A replica for its id comes before one for its name.
        """
        tables = self.replica_tables
        return tables.get(table_id) or tables.get(name)


def required(environment: Mapping[str, str], name: str) -> str:
    """Return an environment variable.

    Raises
    ------
    SettingsError
        If it is not set, or empty.
    """
    value = environment.get(name, "")
    if not value:
        raise SettingsError(f"the environment variable {name} is not set")
    return value


def _history_table(name: str | None, tables: Mapping[str, ReplicaTable]) -> str | None:
    if not name:
        for table in tables.values():
            if table.history:
                raise SettingsError(
                    f"the environment variable {Variable.HISTORY_TABLE} is not set, and the ledger "
                    f"table {table.ledger_table!r} has {TableField.HISTORY}"
                )
        return None
    if _TABLE_NAME.fullmatch(name) is None:
        raise SettingsError(f"{Variable.HISTORY_TABLE}: expected the name of a DynamoDB table")
    return name


def _replica_tables(text: str) -> dict[str, ReplicaTable]:
    try:
        tables = json.loads(text)
    except json.JSONDecodeError as error:
        raise SettingsError(f"{Variable.REPLICA_TABLES} is not JSON: {error}") from None
    if not isinstance(tables, dict) or not tables:
        raise SettingsError(
            f"{Variable.REPLICA_TABLES}: expected a JSON object with at least one ledger table"
        )
    return {name: _replica_table(name, table) for name, table in tables.items()}


def _replica_table(name: str, table: object) -> ReplicaTable:
    where = f"{Variable.REPLICA_TABLES}, ledger table {name!r}"
    if not isinstance(table, dict):
        raise SettingsError(f"{where}: expected an object")
    unknown = sorted(set(table) - set(TableField))
    if unknown:
        raise SettingsError(f"{where}: unknown fields {unknown}")
    table_name = table.get(TableField.TABLE_NAME)
    if not isinstance(table_name, str) or _TABLE_NAME.fullmatch(table_name) is None:
        raise SettingsError(
            f"{where}: {TableField.TABLE_NAME}: expected the name of a DynamoDB table"
        )
    attributes = _attributes(where, table.get(TableField.ATTRIBUTES))
    index_keys = _index_keys(where, table.get(TableField.INDEX_KEYS), attributes or {})
    history = _boolean(where, TableField.HISTORY, table.get(TableField.HISTORY, False))
    problems = (
        *map(name_problem, attributes or ()),
        names_problem(attributes or (), is_indexed=bool(index_keys), has_history=history),
    )
    for problem in problems:
        if problem is not None:
            raise SettingsError(f"{where} {problem}")
    return ReplicaTable(
        ledger_table=name,
        table_name=table_name,
        attributes=attributes,
        index_keys=index_keys,
        history=history,
        tombstone_lifetime_days=_days(where, table.get(TableField.TOMBSTONE_LIFETIME_DAYS)),
        merge_generations=_boolean(
            where, TableField.MERGE_GENERATIONS, table.get(TableField.MERGE_GENERATIONS, False)
        ),
    )


def _boolean(where: str, field_name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise SettingsError(f"{where}: {field_name}: expected true or false")
    return value


def _days(where: str, days: object) -> int | None:
    if days is None:
        return None
    if type(days) is not int or not 1 <= days <= MAX_LIFETIME_DAYS:
        raise SettingsError(
            f"{where}: {TableField.TOMBSTONE_LIFETIME_DAYS}: expected an integer from 1 to "
            f"{MAX_LIFETIME_DAYS}; leave it out to keep tombstones forever"
        )
    return days


def _index_keys(
    where: str, index_keys: object, attributes: Mapping[str, tuple[str, ...]]
) -> dict[str, IndexKey]:
    if index_keys is None:
        return {}
    where = f"{where}: {TableField.INDEX_KEYS}"
    if not isinstance(index_keys, dict):
        raise SettingsError(f"{where}: expected an object")
    for name in index_keys:
        if name not in attributes:
            raise SettingsError(f"{where}: {name!r} is not a projected attribute")
    return {name: _index_key(where, name, key) for name, key in index_keys.items()}


def _is_key_length(number: int) -> bool:
    return number is not True and 1 <= number <= MAX_PARTITION_KEY_BYTES


def _index_key(where: str, name: str, key: object) -> IndexKey:
    match key:
        case [("S" | "N" | "B") as kind, int(max_bytes)] if _is_key_length(max_bytes):
            return IndexKey(kind, max_bytes)
    raise SettingsError(
        f"{where}: key {name!r}: expected a list of its type ({', '.join(get_args(KeyType))}) and "
        f"of the bytes that it may have, from 1 to {MAX_PARTITION_KEY_BYTES}"
    )


def _attributes(where: str, attributes: object) -> dict[str, tuple[str, ...]] | None:
    if attributes is None:
        return None
    if not isinstance(attributes, dict) or not attributes:
        raise SettingsError(
            f"{where}: {TableField.ATTRIBUTES}: expected an object with at least one attribute; "
            "leave it out to keep the whole document"
        )
    return {attribute: _path(where, attribute, path) for attribute, path in attributes.items()}


def _path(where: str, attribute: str, path: object) -> tuple[str, ...]:
    if not isinstance(path, list) or not path or not all(isinstance(step, str) for step in path):
        raise SettingsError(
            f"{where}: path of attribute {attribute!r}: expected a list of field names"
        )
    return tuple(path)
