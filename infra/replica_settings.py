"""One entry of the setting ``replicaTables``: how a ledger table is replicated."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator

from handler.attribute_names import name_problem, names_problem
from handler.contract import MAX_LIFETIME_DAYS, TableField
from infra.index_settings import IndexSettings, indexes_problem, key_limits
from infra.section import Explained, Section
from infra.table_imports import LOCATION_DESCRIPTION, LOCATION_PATTERN

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
        Name of the table in the ledger, or its id.
    table_name
        Name of its DynamoDB table; None for one that Pulumi makes up.
    attributes
        For each attribute of an item, the path of field names to its value in a document; None if
        an item holds the whole document.
    indexes
        Global secondary indexes of the DynamoDB table.
    history
        Whether every revision goes to the history table too.
    tombstone_lifetime_days
        Days until a tombstone expires, 0 for never; None for those of the stack.
    merge_generations
        Whether a journal export may bring the documents of several tables of that name together.
    import_from
        The folder of S3 from which the DynamoDB table is made; None for an empty table.
    """

    model_config = ConfigDict(extra="forbid")

    # QLDB developer guide, "Quotas and limits": naming constraints. Ids have 22 letters and digits.
    ledger_table: str = Field(
        pattern=r"\A(?:[A-Za-z_][A-Za-z0-9_]{0,127}|[A-Za-z0-9]{22})\Z",
        description="a table name of 1 to 128 letters, digits and underscores that does not start "
        "with a digit, or a table's id of 22 letters and digits",
        examples=["Person"],
    )
    # DynamoDB developer guide, "Constraints in Amazon DynamoDB": naming rules.
    table_name: str | None = Field(
        default=None,
        pattern=r"\A[A-Za-z0-9_.-]{3,255}\Z",
        description="a DynamoDB table name of 3 to 255 letters, digits, underscores, hyphens or "
        "dots, or nothing for a name that Pulumi makes up",
        examples=["people"],
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
    indexes: tuple[IndexSettings, ...] = Field(
        default=(), description="a list of indexes, each with the keys name and partitionKey"
    )
    history: bool = Field(default=False, strict=True)
    tombstone_lifetime_days: int | None = Field(
        default=None,
        strict=True,
        ge=0,
        le=MAX_LIFETIME_DAYS,
        description=f"an integer from 0 (tombstones never expire) to {MAX_LIFETIME_DAYS}, or "
        "nothing for the stack's tombstoneLifetimeDays",
        examples=[400],
    )
    merge_generations: bool = Field(default=False, strict=True)
    import_from: str | None = Field(
        default=None,
        pattern=LOCATION_PATTERN,
        description=f"{LOCATION_DESCRIPTION}, or nothing for an empty table",
        examples=["s3://my-bucket/import/Person"],
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
        problem = names_problem(
            self.attributes or (), is_indexed=bool(self.indexes), has_history=self.history
        )
        problem = problem or indexes_problem(self.indexes, self.attributes)
        if problem is not None:
            raise Explained(problem)
        return self

    def lifetime_days(self, default: int | None) -> int | None:
        """Return the days until a tombstone of this table expires; None for never.

        Parameters
        ----------
        default
            The lifetime of the stack's tombstones; None or 0 for never.
        """
        days = default if self.tombstone_lifetime_days is None else self.tombstone_lifetime_days
        return days or None


def check_distinct(entries: tuple[ReplicaTableSettings, ...]) -> tuple[ReplicaTableSettings, ...]:
    """Return the entries of ``replicaTables`` unchanged if their tables are distinct.

    Raises
    ------
    Explained
        If two entries name the same ledger table, DynamoDB table or folder.
    """
    names = [entry.ledger_table for entry in entries]
    for name in names:
        if names.count(name) > 1:
            raise Explained(
                f"names the ledger table {name!r} {names.count(name)} times; expected one "
                "entry for each table"
            )
    given = [entry.table_name for entry in entries if entry.table_name is not None]
    for name in given:
        if given.count(name) > 1:
            raise Explained(
                f"gives the tableName {name!r} {given.count(name)} times; expected one DynamoDB "
                "table for each ledger table"
            )
    folders = [entry.import_from for entry in entries if entry.import_from is not None]
    for folder in folders:
        if folders.count(folder) > 1:
            raise Explained(
                f"gives the importFrom {folder!r} {folders.count(folder)} times; expected a folder "
                "of its own for each ledger table"
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
        Days until a tombstone expires where its table has no lifetime of its own; None or 0 for
        never.

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
    if table.indexes:
        entry[TableField.INDEX_KEYS] = key_limits(table.indexes)
    if table.history:
        entry[TableField.HISTORY] = True
    lifetime = table.lifetime_days(lifetime_days)
    if lifetime is not None:
        entry[TableField.TOMBSTONE_LIFETIME_DAYS] = lifetime
    if table.merge_generations:
        entry[TableField.MERGE_GENERATIONS] = True
    return entry
