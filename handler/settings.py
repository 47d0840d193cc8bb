"""The handler's configuration, read once per container from environment variables."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from handler.contract import (
    DOCUMENT_ATTRIBUTE,
    MAX_ATTRIBUTES,
    RESERVED_ATTRIBUTES,
    TOMBSTONE_ATTRIBUTES,
    TableField,
    Variable,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

UNKNOWN_VERSION = "unknown"
"""Version where the environment names none."""


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
    retired_attributes
        Attributes that an earlier configuration wrote and that every write now removes. PartiQL's
        UPDATE cannot replace a whole item: attributes that it does not name stay, on tombstones
        too.
    """

    ledger_table: str
    table_name: str
    attributes: Mapping[str, tuple[str, ...]] | None = None
    retired_attributes: tuple[str, ...] = ()

    @cached_property
    def changing_attributes(self) -> tuple[str, ...]:
        """Attributes that vary between items or configurations."""
        return (
            *(self.attributes or ()),
            *self.retired_attributes,
            *TOMBSTONE_ATTRIBUTES,
            DOCUMENT_ATTRIBUTE,
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
    if not text.isascii() or not text.isdigit() or int(text) == 0:
        raise SettingsError(
            f"{Variable.TOMBSTONE_LIFETIME_DAYS} is {text!r}: "
            "expected an integer from 1; leave the variable out to keep tombstones forever"
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
    if not isinstance(table_name, str) or not table_name:
        raise SettingsError(
            f"{where}: {TableField.TABLE_NAME}: expected the name of a DynamoDB table"
        )
    attributes = _attributes(where, table.get(TableField.ATTRIBUTES))
    retired = _retired(where, table.get(TableField.RETIRED_ATTRIBUTES, []))
    names = [*(attributes or ()), *retired]
    if len(names) > MAX_ATTRIBUTES:
        raise SettingsError(f"{where}: more than {MAX_ATTRIBUTES} attributes")
    repeated = sorted({attribute for attribute in names if names.count(attribute) > 1})
    if repeated:
        raise SettingsError(f"{where}: attributes named twice: {repeated}")
    reserved = sorted(set(RESERVED_ATTRIBUTES).intersection(names))
    if reserved:
        raise SettingsError(f"{where}: reserved attribute names: {reserved}")
    return ReplicaTable(
        ledger_table=name,
        table_name=table_name,
        attributes=attributes,
        retired_attributes=retired,
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
    if not attribute:
        raise SettingsError(f"{where}: an attribute name is empty")
    if not isinstance(path, list) or not path or not all(isinstance(step, str) for step in path):
        raise SettingsError(
            f"{where}: path of attribute {attribute!r}: expected a list of field names"
        )
    return tuple(path)


def _retired(where: str, names: object) -> tuple[str, ...]:
    if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
        raise SettingsError(
            f"{where}: {TableField.RETIRED_ATTRIBUTES}: expected a list of attribute names"
        )
    return tuple(names)
