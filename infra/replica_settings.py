"""The setting ``replicaTables``: which ledger tables are replicated, and how much of a document."""

from __future__ import annotations

import contextlib
import json
import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

RESERVED_ATTRIBUTES = (
    "pk",
    "version",
    "isDeleted",
    "txTime",
    "txId",
    "hash",
    "expiresAt",
    "data",
)
"""Attributes that the replica itself writes."""

MAXIMUM_ATTRIBUTES = 100
"""Projected and retired attributes of one table together."""

MAXIMUM_STATEMENT = 8192
"""Characters of a PartiQL statement (DynamoDB API reference, 'BatchStatementRequest')."""

# Keywords, the table's name (255 characters at most) and the replica's own attributes.
_STATEMENT_OVERHEAD = 1024
# ` SET "` and `"=? ` or ` REMOVE "` and `"` around each name.
_ATTRIBUTE_OVERHEAD = 12

# QLDB developer guide, 'Quotas and limits': naming constraints.
_TABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_ENTRY_KEYS = ("ledgerTable", "attributes", "retiredAttributes")


@dataclass(frozen=True, kw_only=True)
class ReplicaTableSettings:
    """How one ledger table is replicated.

    Attributes
    ----------
    ledger_table
        Name of the table in the ledger.
    attributes
        For each attribute of an item, the field names that lead to its value in a document;
        None where an item holds the whole document.
    retired_attributes
        Attributes that an earlier configuration wrote and that every write removes.
    """

    ledger_table: str
    attributes: Mapping[str, tuple[str, ...]] | None
    retired_attributes: tuple[str, ...]


def parse_replica_tables(text: str | None, problems: list[str]) -> tuple[ReplicaTableSettings, ...]:
    """Read the setting ``replicaTables``.

    Parameters
    ----------
    text
        The setting's JSON, None where it is missing.
    problems
        Receives a sentence for everything that is wrong.

    Returns
    -------
    The entries that could be read, in the order of the setting.
    """
    value = None
    if text is not None:
        with contextlib.suppress(ValueError):
            value = json.loads(text)
    if not isinstance(value, list) or not value:
        problems.append(
            f"replicaTables is {'missing' if text is None else text}; it is a list of one or more "
            "entries such as `- ledgerTable: Person`: "
            "pulumi config set --path 'replicaTables[0].ledgerTable' Person"
        )
        return ()
    entries = [
        entry
        for index, item in enumerate(value)
        if (entry := _parse_entry(f"replicaTables[{index}]", item, problems))
    ]
    names = [entry.ledger_table for entry in entries]
    problems.extend(
        f"replicaTables names the ledger table {name!r} {names.count(name)} times; "
        "each has one entry at most"
        for name in dict.fromkeys(names)
        if names.count(name) > 1
    )
    return tuple(entries)


def replica_tables_json(
    tables: Sequence[ReplicaTableSettings], table_names: Mapping[str, str]
) -> str:
    """Write the handler's variable ``REPLICA_TABLES``.

    Parameters
    ----------
    tables
        The entries of the setting.
    table_names
        The DynamoDB table of each ledger table.

    Returns
    -------
    Compact JSON; equal settings give equal text.
    """
    return json.dumps(
        {table.ledger_table: _handler_entry(table, table_names) for table in tables},
        separators=(",", ":"),
        ensure_ascii=False,
    )


def _handler_entry(
    table: ReplicaTableSettings, table_names: Mapping[str, str]
) -> dict[str, object]:
    entry: dict[str, object] = {"tableName": table_names[table.ledger_table]}
    if table.attributes is not None:
        entry["attributes"] = {name: list(path) for name, path in table.attributes.items()}
    if table.retired_attributes:
        entry["retiredAttributes"] = list(table.retired_attributes)
    return entry


def _parse_entry(where: str, item: object, problems: list[str]) -> ReplicaTableSettings | None:
    if not isinstance(item, dict):
        problems.append(
            f"{where} is {json.dumps(item)}; it is an object with the keys {', '.join(_ENTRY_KEYS)}"
        )
        return None
    problems.extend(
        f"{where} has the unknown key {key!r}; its keys are {', '.join(_ENTRY_KEYS)}"
        for key in item
        if key not in _ENTRY_KEYS
    )
    ledger_table = item.get("ledgerTable")
    if not isinstance(ledger_table, str) or not _TABLE_NAME.fullmatch(ledger_table):
        problems.append(
            f"{where}.ledgerTable is {json.dumps(ledger_table)}; a ledger's table has a name of "
            "1 to 128 letters, digits and underscores that does not begin with a digit: "
            f"pulumi config set --path '{where}.ledgerTable' NAME"
        )
        return None
    attributes = _parse_attributes(f"{where}.attributes", item.get("attributes"), problems)
    retired = _parse_retired(f"{where}.retiredAttributes", item.get("retiredAttributes"), problems)
    _check_names(where, attributes, retired, problems)
    return ReplicaTableSettings(
        ledger_table=ledger_table,
        attributes=None if attributes is None else MappingProxyType(attributes),
        retired_attributes=retired,
    )


def _parse_attributes(
    where: str, value: object, problems: list[str]
) -> dict[str, tuple[str, ...]] | None:
    if value is None:
        return None
    if not isinstance(value, dict) or not value:
        problems.append(
            f"{where} is {json.dumps(value)}; it maps one or more attribute names to paths such as "
            "address.city, or is left out for the whole document"
        )
        return None
    attributes = {}
    for name, path in value.items():
        steps = tuple(path.split(".")) if isinstance(path, str) else ()
        if not steps or any(step != step.strip() or not step for step in steps):
            problems.append(
                f"{where}.{name} is {json.dumps(path)}; a path is one or more field names with a "
                "dot between them, such as address.city"
            )
        attributes[name] = steps
    return attributes


def _parse_retired(where: str, value: object, problems: list[str]) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        problems.append(f"{where} is {json.dumps(value)}; it is a list of attribute names")
        return ()
    problems.extend(
        f"{where} names {name!r} {value.count(name)} times; once is enough"
        for name in dict.fromkeys(value)
        if value.count(name) > 1
    )
    return tuple(value)


def _check_names(
    where: str,
    attributes: Mapping[str, object] | None,
    retired: Sequence[str],
    problems: list[str],
) -> None:
    names = [*(attributes or ()), *retired]
    problems.extend(
        f"{where} uses the attribute name {name!r}, which the replica needs for itself; "
        f"reserved are {', '.join(RESERVED_ATTRIBUTES)}"
        for name in dict.fromkeys(names)
        if name in RESERVED_ATTRIBUTES
    )
    problems.extend(
        f"{where} has the attribute name {name!r}; a name has at least one character and no "
        "space at its ends"
        for name in dict.fromkeys(names)
        if not name or name != name.strip()
    )
    problems.extend(
        f"{where} both projects and retires the attribute {name!r}; take it from one of the two"
        for name in dict.fromkeys(retired)
        if attributes and name in attributes
    )
    if len(names) > MAXIMUM_ATTRIBUTES:
        problems.append(
            f"{where} has {len(names)} attributes (projected and retired together); "
            f"{MAXIMUM_ATTRIBUTES} are allowed: leave `attributes` out to keep whole documents"
        )
    text = sum(len(name) + name.count('"') + _ATTRIBUTE_OVERHEAD for name in names)
    if text + _STATEMENT_OVERHEAD > MAXIMUM_STATEMENT:
        problems.append(
            f"{where} has attribute names that need {text} characters of a write statement; "
            f"{MAXIMUM_STATEMENT - _STATEMENT_OVERHEAD} are left of DynamoDB's "
            f"{MAXIMUM_STATEMENT}: shorten them or leave `attributes` out to keep whole documents"
        )
