"""The handler's configuration, read once per container from environment variables."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from handler.attribute_names import name_problem, names_problem
from handler.contract import (
    DOCUMENT_ATTRIBUTE,
    MAX_LIFETIME_DAYS,
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

_MAX_LIFETIME_DIGITS = len(str(MAX_LIFETIME_DAYS))


class SettingsError(ValueError):
    """A variable is missing or wrong. The message names it and what is expected."""


@dataclass(frozen=True, kw_only=True)
class ReplicaTable:
    """The replica of one ledger table.

    Attributes
    ----------
    ledger_table
        The table's name in the ledger.
    table_name
        The DynamoDB table.
    attributes
        Path of field names in the document for each projected attribute; None keeps the whole
        document under ``data``.
    """

    ledger_table: str
    table_name: str
    attributes: Mapping[str, tuple[str, ...]] | None = None

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the projected attributes; none if items hold the whole document."""
        return tuple(self.attributes or ())

    @cached_property
    def projection_id(self) -> str:
        """Id of the attributes that its live items may hold."""
        return projection_id((DOCUMENT_ATTRIBUTE,) if self.attributes is None else self.attributes)

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
        Replicas by name of the ledger table.
    failure_bucket
        S3 bucket for quarantined records.
    tombstone_lifetime_days
        Days after which DynamoDB may remove a tombstone; None keeps tombstones forever.
    version
        Version of this project that deployed the function.
    """

    replica_tables: Mapping[str, ReplicaTable]
    failure_bucket: str
    tombstone_lifetime_days: int | None = None
    version: str = UNKNOWN_VERSION

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> HandlerSettings:
        """Read the settings from environment variables.

        Raises
        ------
        SettingsError
            If a variable is missing or its value is not allowed.
        """
        return cls(
            replica_tables=_replica_tables(_required(environment, Variable.REPLICA_TABLES)),
            failure_bucket=_required(environment, Variable.FAILURE_BUCKET),
            tombstone_lifetime_days=_days(environment.get(Variable.TOMBSTONE_LIFETIME_DAYS)),
            version=environment.get(Variable.VERSION) or UNKNOWN_VERSION,
        )


def _required(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "")
    if not value:
        raise SettingsError(f"the environment variable {name} is not set")
    return value


def _days(text: str | None) -> int | None:
    if text is None or text == "":
        return None
    # The digits first: Python refuses to convert thousands of them.
    is_number = text.isascii() and text.isdigit() and len(text) <= _MAX_LIFETIME_DIGITS
    if not is_number or not 1 <= int(text) <= MAX_LIFETIME_DAYS:
        raise SettingsError(
            f"{Variable.TOMBSTONE_LIFETIME_DAYS} is {text!r}: expected an integer from 1 to "
            f"{MAX_LIFETIME_DAYS}; leave the variable out to keep tombstones forever"
        )
    return int(text)


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
    for problem in (*map(name_problem, attributes or ()), names_problem(attributes or ())):
        if problem is not None:
            raise SettingsError(f"{where} {problem}")
    return ReplicaTable(ledger_table=name, table_name=table_name, attributes=attributes)


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
