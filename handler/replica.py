"""Converts revisions to writes of DynamoDB items. Pure: no I/O."""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

from handler.contract import (
    DELETED_ATTRIBUTE,
    DOCUMENT_ATTRIBUTE,
    EXPIRY_ATTRIBUTE,
    HASH_ATTRIBUTE,
    KEY_ATTRIBUTE,
    PROJECTION_ATTRIBUTE,
    TABLE_ID_ATTRIBUTE,
    TX_ID_ATTRIBUTE,
    TX_TIME_ATTRIBUTE,
    UNINDEXED_ATTRIBUTE,
    VERSION_ATTRIBUTE,
)
from handler.item_limits import (
    check_bytes,
    check_item,
    check_key,
    item_bytes,
    surely_fits,
    utf8_bytes,
)
from handler.statements import insert_live_text, update_text
from handler.values import (
    MAX_DIGITS,
    AttributeValue,
    attribute_value,
)
from journal.errors import MalformedRecord
from journal.ion import structure
from journal.ion.timestamps import timestamp_text
from journal.revisions import Revision, RevisionKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from handler.settings import IndexKey, ReplicaTable
    from journal.ion.structure import Fields, Span

_MAX_INTEGER = 10**MAX_DIGITS - 1
"""The highest integer that fits into the digits of a DynamoDB number."""

_SECONDS_PER_DAY = 86_400


class Write(NamedTuple):
    """The write that one revision requires.

    Attributes
    ----------
    table_name
        The DynamoDB table.
    document_id
        The item's key.
    version
        Version of the revision. Nothing is written if the item has the same or a higher one.
    projection_id
        Id of the attributes that the item may hold; None for a tombstone, which replaces whatever
        the item holds.
    attributes
        All attributes of the item after the write, without the key and the projection's id.
    removed
        Projected attributes that the item must not have after the write.
    has_types
        As of its revision.
    """

    table_name: str
    document_id: str
    version: int
    projection_id: str | None
    attributes: Mapping[str, AttributeValue]
    removed: tuple[str, ...] = ()
    has_types: bool = True

    @property
    def key(self) -> tuple[str, str]:
        """Table and key, which identify the item."""
        return self.table_name, self.document_id

    @property
    def item(self) -> dict[str, AttributeValue]:
        """The whole item after the write."""
        item: dict[str, AttributeValue] = {KEY_ATTRIBUTE: {"S": self.document_id}}
        if self.projection_id is not None:
            item[PROJECTION_ATTRIBUTE] = {"S": self.projection_id}
        item.update(self.attributes)
        return item


class HasRevision(Protocol):
    """Anything with a revision, such as a revision with the position of its record."""

    @property
    def revision(self) -> Revision:
        """The revision."""


Item = TypeVar("Item", bound=HasRevision)


def newest_per_document(revisions: Iterable[Item]) -> list[list[Item]]:
    """Group revisions by document, each group from the newest version to the oldest.

    Only the first of each group needs to be written. The others are written only if the first can
    never be stored. Redacted revisions have no state and must not be among them.
    """
    documents: dict[tuple[str, str], list[Item]] = defaultdict(list)
    for item in revisions:
        documents[item.revision.table_name, item.revision.document_id].append(item)
    for group in documents.values():
        if len(group) > 1:
            group.sort(key=_version, reverse=True)
    return list(documents.values())


def _version(item: HasRevision) -> int:
    return item.revision.version


def check_integer(field: str, number: int) -> None:
    """Raise an error if an item cannot hold a number of the metadata.

    Parameters
    ----------
    field
        Its name in the record.
    number
        The number.

    Raises
    ------
    MalformedRecord
        If it has too many digits: no ledger counts that far.
    """
    if number > _MAX_INTEGER:
        raise MalformedRecord(f"{field} has more digits than a number of DynamoDB")


def write_for(
    revision: Revision,
    table: ReplicaTable,
    now: float,
    projected: Mapping[str, AttributeValue] | None = None,
) -> Write:
    """Return the write that a revision requires.

    Parameters
    ----------
    revision
        An upsert or a delete; a redacted revision requires no write.
    table
        The replica to write to.
    now
        Seconds since the epoch. The lifetime of a tombstone starts when it is written: counted from
        the transaction, the tombstones of a backfill would expire before a late record arrives.
    projected
        The result of `projected_attributes`, if it is known already.

    Raises
    ------
    UnstorableValue
        If DynamoDB cannot represent a value of the document, or the item is over one of its limits.
    IonError
        If a part of the document is not Ion.
    ValueError
        If the revision is redacted.
    """
    check_key(revision.document_id)
    attributes: dict[str, AttributeValue] = {
        VERSION_ATTRIBUTE: {"N": str(revision.version)},
        TX_TIME_ATTRIBUTE: {"S": timestamp_text(*revision.tx_time)},
        TX_ID_ATTRIBUTE: {"S": revision.tx_id},
        TABLE_ID_ATTRIBUTE: {"S": revision.table_id},
        HASH_ATTRIBUTE: {"B": revision.hash},
    }
    projection_id: str | None = None
    removed: tuple[str, ...] = ()
    if revision.kind is RevisionKind.UPSERT and revision.data is not None:
        if projected is None:
            _project(revision.data, table, attributes)
        else:
            attributes.update(projected)
        if table.index_keys:
            _move_unindexed(attributes, table.index_keys)
        projection_id = table.projection_id
        removed = _absent(table.names, tuple(attributes))
    elif revision.kind is RevisionKind.DELETE:
        attributes[DELETED_ATTRIBUTE] = {"BOOL": True}
        if table.tombstone_lifetime_days is not None:
            expiry = int(now) + table.tombstone_lifetime_days * _SECONDS_PER_DAY
            attributes[EXPIRY_ATTRIBUTE] = {"N": str(expiry)}
    else:
        raise ValueError("a redacted revision has no state to write")
    write = Write(
        table.table_name,
        revision.document_id,
        revision.version,
        projection_id,
        attributes,
        removed,
        revision.has_types,
    )
    if not surely_fits(attributes, revision.data, table.copies):
        check_item(write.item)
    return write


@lru_cache(maxsize=1024)
def _absent(names: tuple[str, ...], present: tuple[str, ...]) -> tuple[str, ...]:
    held = frozenset(present)
    return tuple([name for name in names if name not in held])


def projected_attributes(revision: Revision, table: ReplicaTable) -> dict[str, AttributeValue]:
    """Return the attributes that hold a document, or its projected parts.

    Returns
    -------
    dict
        Empty if the revision has no document.

    Raises
    ------
    UnstorableValue
        If DynamoDB cannot represent a value of the document, or the values are too large together.
    IonError
        If a part of the document is not Ion.
    """
    attributes: dict[str, AttributeValue] = {}
    if revision.data is not None:
        _project(revision.data, table, attributes)
    return attributes


def _project(document: Span, table: ReplicaTable, attributes: dict[str, AttributeValue]) -> None:
    if table.attributes is None:
        attributes[DOCUMENT_ATTRIBUTE] = attribute_value(document)
        return
    fields = structure.struct(document)
    size, is_counted = 0, table.copies > 1  # it can be 100 times as large as its record
    for name, path, depth in table.projection:
        value = fields.get(path[0]) if len(path) == 1 else _at(fields, path)
        if value is not None:
            attributes[name] = attribute_value(value, depth)
            if is_counted:
                size += item_bytes({name: attributes[name]})
                check_bytes(size)


def _move_unindexed(
    attributes: dict[str, AttributeValue], index_keys: Mapping[str, IndexKey]
) -> None:
    """Move the values that no index can have as a key, for which DynamoDB refuses the whole item.

    An item without the attribute is absent from the index instead (DynamoDB developer guide, "Take
    advantage of sparse indexes").
    """
    unindexed = {
        name: attributes.pop(name)
        for name, key in index_keys.items()
        if name in attributes and not _fits(attributes[name], key)
    }
    if unindexed:
        attributes[UNINDEXED_ATTRIBUTE] = {"M": unindexed}


def _fits(value: AttributeValue, key: IndexKey) -> bool:
    content = value.get(key.type)
    if content is None:
        return False
    if key.type == "N":
        return True
    size = utf8_bytes(content) if key.type == "S" else len(content)
    return 0 < size <= key.max_bytes


def _at(fields: Fields, path: tuple[str, ...]) -> Span | None:
    """Return the value at a path of field names; None if there is none."""
    value = fields.get(path[0])
    for step in path[1:]:
        if value is None or not structure.is_struct(value):
            return None
        value = structure.struct(value).get(step)
    return value


def insert_statement(write: Write) -> tuple[str, list[AttributeValue]]:
    """Return text and parameters of the statement that creates a live item."""
    return (
        insert_live_text(write.table_name, tuple(write.attributes)),
        [
            {"S": write.document_id},
            {"S": write.projection_id},
            *write.attributes.values(),
        ],
    )


def update_statement(write: Write) -> tuple[str, list[AttributeValue]]:
    """Return text and parameters of the statement that updates a live item."""
    return (
        update_text(write.table_name, tuple(write.attributes), write.removed),
        [
            *write.attributes.values(),
            {"S": write.document_id},
            {"N": str(write.version)},
            {"S": write.projection_id},
        ],
    )


REPLACEMENT_CONDITION = "attribute_not_exists(#key) OR #version < :version"
"""The condition of a ``PutItem``, which replaces the whole item, whatever wrote it."""


def replacement(write: Write) -> dict[str, Any]:
    """Return the arguments of the ``PutItem`` that replaces an item of a lower version."""
    return {
        "TableName": write.table_name,
        "Item": write.item,
        "ConditionExpression": REPLACEMENT_CONDITION,
        "ExpressionAttributeNames": {"#key": KEY_ATTRIBUTE, "#version": VERSION_ATTRIBUTE},
        "ExpressionAttributeValues": {":version": {"N": str(write.version)}},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
