"""The key ``indexes`` of an entry of ``replicaTables``: the global secondary indexes of a table."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import ConfigDict, Field, PlainValidator, model_validator

from handler.contract import KEY_ATTRIBUTE, MAX_PARTITION_KEY_BYTES, METADATA_ATTRIBUTES
from infra.section import Explained, Section

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from typing import Self

    from infra.tables import Throughput

MAX_INDEXES = 20
"""DynamoDB developer guide, "Quotas in Amazon DynamoDB": global secondary indexes of a table, by
default. A quota that was raised is no reason for more: every index multiplies the cost of a
write."""

MAX_INCLUDED = 20
"""DynamoDB API reference, "Projection": non-key attributes of one index."""

MAX_INCLUDED_IN_ALL = 100
"""The same: of all indexes of a table together."""

MAX_KEY_NAME_BYTES = 255
"""DynamoDB developer guide, "Constraints in Amazon DynamoDB": names of index keys and of attributes
that an index lists."""

MAX_SORT_KEY_BYTES = 1024
"""The same: length of a sort key's value."""

_EVERY_ATTRIBUTE = "ALL"
_KEYS_ONLY = "KEYS_ONLY"


def _projection(value: object) -> str | tuple[str, ...]:
    if value in (_EVERY_ATTRIBUTE, _KEYS_ONLY):
        return str(value)
    if isinstance(value, list) and value and all(isinstance(name, str) for name in value):
        return tuple(value)
    raise ValueError


class IndexKeySettings(Section):
    """One key of an index.

    Attributes
    ----------
    attribute
        A projected attribute of the table.
    type
        Its DynamoDB type: string, number or binary.
    """

    model_config = ConfigDict(extra="forbid")

    attribute: str = Field(description="the name of an attribute of this table's `attributes`")
    type: Literal["S", "N", "B"] = "S"


class IndexSettings(Section):
    """One global secondary index.

    Attributes
    ----------
    name
        Name of the index, which queries use.
    partition_key, sort_key
        Its key; the sort key is optional.
    projection
        ``ALL`` attributes, ``KEYS_ONLY``, or the names of further attributes.
    """

    model_config = ConfigDict(extra="forbid")

    # DynamoDB developer guide, "Constraints in Amazon DynamoDB": naming rules.
    name: str = Field(
        pattern=r"\A[A-Za-z0-9_.-]{3,255}\Z",
        description="an index name of 3 to 255 letters, digits, underscores, hyphens or dots",
        examples=["by-email"],
    )
    partition_key: IndexKeySettings
    sort_key: IndexKeySettings | None = None
    projection: Annotated[Any, PlainValidator(_projection, json_schema_input_type=str)] = Field(
        default=_EVERY_ATTRIBUTE,
        description=f"{_EVERY_ATTRIBUTE}, {_KEYS_ONLY} or a list of attribute names",
    )

    @property
    def keys(self) -> list[IndexKeySettings]:
        """Its one or two keys."""
        return [self.partition_key, *([self.sort_key] if self.sort_key is not None else [])]

    @property
    def included(self) -> tuple[str, ...]:
        """Attributes that it lists."""
        return self.projection if isinstance(self.projection, tuple) else ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        names = [key.attribute for key in self.keys]
        if len(set(names)) < len(names):
            raise Explained(f"has {names[0]!r} as partition key and as sort key; name two")
        for name, count in Counter(self.included).items():
            if name in (KEY_ATTRIBUTE, *names):
                raise Explained(
                    f"lists {name!r} in its projection; every index holds its own keys and the "
                    "table's: remove it from the list"
                )
            if count > 1:
                raise Explained(f"lists {name!r} {count} times in its projection; once is enough")
        if len(self.included) > MAX_INCLUDED:
            raise Explained(
                f"lists {len(self.included)} attributes in its projection; {MAX_INCLUDED} are "
                f"allowed: use {_EVERY_ATTRIBUTE}"
            )
        return self

    def arguments(self, throughput: Throughput) -> dict[str, Any]:
        """Return the arguments of a table's index.

        Parameters
        ----------
        throughput
            That of the table: an index that is slower than its table throttles the writes of both
            (DynamoDB developer guide, "Using global secondary indexes").
        """
        kind = "INCLUDE" if self.included else self.projection
        return {
            "name": self.name,
            "hash_key": self.partition_key.attribute,
            "range_key": self.sort_key.attribute if self.sort_key is not None else None,
            "projection_type": kind,
            "non_key_attributes": sorted(self.included) or None,
            **throughput.arguments(),
        }


def indexes_problem(
    indexes: Sequence[IndexSettings], attributes: Collection[str] | None
) -> str | None:
    """Return what is wrong with the indexes of one table together, to follow the table's name.

    Parameters
    ----------
    indexes
        The indexes of the table.
    attributes
        Its projected attributes; None where items hold the whole document.

    Returns
    -------
    str or None
        None if DynamoDB takes them.
    """
    if indexes and attributes is None:
        return (
            "has `indexes` but no `attributes`; the keys of an index are projected attributes: "
            "list what to project in `attributes`"
        )
    return next(_problems(indexes, attributes or ()), None)


def _problems(indexes: Sequence[IndexSettings], attributes: Collection[str]) -> Iterator[str]:
    if len(indexes) > MAX_INDEXES:
        yield f"has {len(indexes)} indexes; {MAX_INDEXES} are allowed"
    for name, count in Counter(index.name for index in indexes).items():
        if count > 1:
            yield f"has {count} indexes named {name!r}; expected distinct names"
    for index in indexes:
        yield from _attribute_problems(index, attributes)
    included = sum(len(index.included) for index in indexes)
    if included > MAX_INCLUDED_IN_ALL:
        yield (
            f"has indexes that list {included} attributes together; {MAX_INCLUDED_IN_ALL} are "
            f"allowed: use {_EVERY_ATTRIBUTE} for some"
        )
    yield from _type_problems(indexes)


def _attribute_problems(index: IndexSettings, attributes: Collection[str]) -> Iterator[str]:
    where = f"has the index {index.name!r}"
    keys = [key.attribute for key in index.keys]
    for name in keys:
        if name not in attributes:
            yield (
                f"{where} with the key {name!r}, which is not among its attributes "
                f"{_listed(attributes)}"
            )
    for name in index.included:
        if name not in (*attributes, *METADATA_ATTRIBUTES):
            yield (
                f"{where} that projects {name!r}, which is neither among its attributes "
                f"{_listed(attributes)} nor one of {_listed(METADATA_ATTRIBUTES)}"
            )
    for name in (*keys, *index.included):
        length = len(name.encode())
        if length > MAX_KEY_NAME_BYTES:
            yield (
                f"{where} with an attribute name of {length} bytes; {MAX_KEY_NAME_BYTES} are "
                "allowed in an index"
            )


def _type_problems(indexes: Sequence[IndexSettings]) -> Iterator[str]:
    types: dict[str, str] = {}
    for index in indexes:
        for key in index.keys:
            former = types.setdefault(key.attribute, key.type)
            if former != key.type:
                yield (
                    f"has indexes that take {key.attribute!r} for type {former} and for type "
                    f"{key.type}; an attribute has one type in all keys"
                )


def _listed(names: Collection[str]) -> str:
    return f"({', '.join(sorted(names))})"


def key_types(indexes: Sequence[IndexSettings]) -> dict[str, str]:
    """Return the DynamoDB type of each attribute that is a key of an index."""
    return {key.attribute: key.type for index in indexes for key in index.keys}


def key_limits(indexes: Sequence[IndexSettings]) -> dict[str, list[str | int]]:
    """Return the type and the maximum length in bytes of each attribute that is a key of an index.

    An attribute that is a partition key here and a sort key there has the lower limit.
    """
    limits: dict[str, list[str | int]] = {}
    for index in indexes:
        lengths = (MAX_PARTITION_KEY_BYTES, MAX_SORT_KEY_BYTES)
        for key, length in zip(index.keys, lengths, strict=False):
            _, known = limits.get(key.attribute, (key.type, length))
            limits[key.attribute] = [key.type, min(int(known), length)]
    return limits
