"""One entry of the setting ``replicaTables``: how a ledger table is replicated."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator

from handler.contract import MAX_ATTRIBUTES, RESERVED_ATTRIBUTES, TableField
from infra.section import Explained, Section

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Self

MAX_STATEMENT = 8192
"""Characters of a PartiQL statement (DynamoDB API reference, ``BatchStatementRequest``)."""

_STATEMENT_OVERHEAD = 1024
"""Keywords, the table's name (at most 255 characters) and the replica's own attributes."""

_ATTRIBUTE_OVERHEAD = 12
"""` SET "` and `"=? ` or ` REMOVE "` and `"` around each name."""


def _checked_name(name: str) -> str:
    if name in RESERVED_ATTRIBUTES:
        raise Explained(
            f"uses the reserved attribute name {name!r}; "
            f"reserved are {', '.join(RESERVED_ATTRIBUTES)}"
        )
    if not name or name != name.strip():
        raise Explained(
            f"has the attribute name {name!r}; expected at least one character and no leading or "
            "trailing space"
        )
    return name


def _steps(path: object) -> tuple[str, ...]:
    steps = tuple(path.split(".")) if isinstance(path, str) else ()
    if not steps or any(step != step.strip() or not step for step in steps):
        raise ValueError
    return steps


def _none_as_empty(names: object) -> object:
    # A key without a value in YAML.
    return () if names is None else names


def _once(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if names.count(name) > 1:
            raise Explained(f"names {name!r} {names.count(name)} times; once is enough")
    return names


_AttributeName = Annotated[str, AfterValidator(_checked_name)]


class ReplicaTableSettings(Section):
    """How one ledger table is replicated.

    Attributes
    ----------
    ledger_table
        Name of the table in the ledger.
    attributes
        For each attribute of an item, the path of field names to its value in a document; None if
        an item holds the whole document.
    retired_attributes
        Attributes that an earlier configuration wrote and that every write removes.
    """

    model_config = ConfigDict(extra="forbid")

    # QLDB developer guide, "Quotas and limits": naming constraints.
    ledger_table: str = Field(
        pattern=r"\A[A-Za-z_][A-Za-z0-9_]{0,127}\Z",
        description="a table name of 1 to 128 letters, digits and underscores that does not start "
        "with a digit",
        examples=["Person"],
    )
    attributes: (
        Annotated[
            dict[
                _AttributeName,
                Annotated[
                    tuple[str, ...],
                    BeforeValidator(_steps),
                    Field(
                        description="a path: one or more field names with a dot between them, such "
                        "as address.city"
                    ),
                ],
            ],
            Field(min_length=1),
        ]
        | None
    ) = Field(
        default=None,
        description="a map of one or more attribute names to paths such as address.city, or "
        "nothing for the whole document",
    )
    retired_attributes: Annotated[
        tuple[Annotated[_AttributeName, Field(description="an attribute name")], ...],
        BeforeValidator(_none_as_empty),
        AfterValidator(_once),
    ] = Field(default=(), description="a list of attribute names")

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        names = [*(self.attributes or ()), *self.retired_attributes]
        for name in names:
            if names.count(name) > 1:
                raise Explained(
                    f"both projects and retires the attribute {name!r}; remove one of the two"
                )
        if len(names) > MAX_ATTRIBUTES:
            raise Explained(
                f"has {len(names)} attributes (projected and retired together); "
                f"{MAX_ATTRIBUTES} are allowed: leave `attributes` out to write whole documents"
            )
        text = sum(len(name) + name.count('"') + _ATTRIBUTE_OVERHEAD for name in names)
        if text + _STATEMENT_OVERHEAD > MAX_STATEMENT:
            raise Explained(
                f"has attribute names that need {text} characters of a write statement; "
                f"{MAX_STATEMENT - _STATEMENT_OVERHEAD} are left of DynamoDB's {MAX_STATEMENT}: "
                "shorten them or leave `attributes` out to write whole documents"
            )
        return self


def check_distinct(entries: tuple[ReplicaTableSettings, ...]) -> tuple[ReplicaTableSettings, ...]:
    """Return the entries of ``replicaTables`` unchanged if their ledger tables are distinct.

    Raises
    ------
    Explained
        If two entries name the same ledger table.
    """
    names = [entry.ledger_table for entry in entries]
    for name in names:
        if names.count(name) > 1:
            raise Explained(
                f"names the ledger table {name!r} {names.count(name)} times; expected one "
                "entry for each table"
            )
    return entries


def replica_tables_json(
    tables: Sequence[ReplicaTableSettings], table_names: Mapping[str, str]
) -> str:
    """Return the tables as the JSON that the handler reads.

    Parameters
    ----------
    tables
        The entries of the setting.
    table_names
        The DynamoDB table of each ledger table.

    Returns
    -------
    str
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
    entry: dict[str, object] = {TableField.TABLE_NAME: table_names[table.ledger_table]}
    if table.attributes is not None:
        entry[TableField.ATTRIBUTES] = table.attributes
    if table.retired_attributes:
        entry[TableField.RETIRED_ATTRIBUTES] = table.retired_attributes
    return entry
