"""One entry of the setting ``replicaTables``: how a ledger table is replicated."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator

from handler.attribute_names import name_problem, names_problem
from handler.contract import TableField
from infra.section import Explained, Section

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Self


def _checked_name(name: str) -> str:
    problem = name_problem(name)
    if problem is not None:
        raise Explained(problem)
    return name


def _steps(path: object) -> tuple[str, ...]:
    """Return the field names of a path: of a text with dots, or of a list that is taken as it is.

    A text that looks like another path language is refused, because it would never match a field.
    Ion allows any text as a field name, so a list can name such a field.
    """
    if isinstance(path, str):
        steps = tuple(path.split("."))
        if any(step != step.strip() or not step for step in steps):
            raise ValueError
        for step in steps:
            if _OTHER_LANGUAGE.fullmatch(step) is not None:
                raise Explained(_refusal(path, step, steps))
    elif isinstance(path, list) and path and all(isinstance(step, str) for step in path):
        steps = tuple(path)
    else:
        raise ValueError
    _check_unicode(steps)
    return steps


_OTHER_LANGUAGE = re.compile(r"""[0-9]+|[*]+|[$@]|.*[\[\]].*|/.*|["'`].*|.*["'`]""", re.DOTALL)
"""Steps as in ``a[0].b``, ``a.0.b``, ``a[*]``, ``a.*``, ``$.a``, ``/a/b`` and ``a."b"``."""


def _refusal(path: str, step: str, steps: tuple[str, ...]) -> str:
    names = json.dumps(list(steps), ensure_ascii=False)
    return (
        f"is {json.dumps(path)}, in which {json.dumps(step)} is not a plain field name; a path has "
        "field names of structs with dots between them and never leads into a list: to replicate "
        "what a list holds, name the path of the list itself, or leave `attributes` out for the "
        f"whole document; if a field is really named so, write the path as a list of names, {names}"
    )


def _check_unicode(steps: tuple[str, ...]) -> None:
    for step in steps:
        try:
            step.encode()
        except UnicodeEncodeError:
            raise Explained(
                f"has the field name {step!r}, which is not Unicode text: no document has it"
            ) from None


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
                        "as address.city, or a list of field names"
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

    @model_validator(mode="before")
    @classmethod
    def _refuse_retired(cls, entry: object) -> object:
        if isinstance(entry, dict) and "retiredAttributes" in entry:
            raise Explained(
                "has the key 'retiredAttributes', which is no longer needed: items that another "
                "configuration wrote are replaced as a whole; remove the key from "
                "Pulumi.<stack>.yaml"
            )
        return entry

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        problem = names_problem(self.attributes or ())
        if problem is not None:
            raise Explained(problem)
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
    tables: Sequence[ReplicaTableSettings],
    table_names: Mapping[str, str],
    lifetime_days: int | None = None,
) -> str:
    """Return the tables as the JSON that the handler reads.

    Parameters
    ----------
    tables
        The entries of the setting.
    table_names
        The DynamoDB table of each ledger table.
    lifetime_days
        Days until a tombstone expires; None for never.

    Returns
    -------
    str
        Compact JSON; equal settings give equal text.
    """
    return json.dumps(
        {table.ledger_table: _handler_entry(table, table_names, lifetime_days) for table in tables},
        separators=(",", ":"),
        ensure_ascii=False,
    )


def _handler_entry(
    table: ReplicaTableSettings, table_names: Mapping[str, str], lifetime_days: int | None
) -> dict[str, object]:
    entry: dict[str, object] = {TableField.TABLE_NAME: table_names[table.ledger_table]}
    if table.attributes is not None:
        entry[TableField.ATTRIBUTES] = table.attributes
    if lifetime_days is not None:
        entry[TableField.TOMBSTONE_LIFETIME_DAYS] = lifetime_days
    return entry
