"""The items that docs/items.md promises for a revision.

No code of the handler is used, and the names of attributes are repeated: see `local.comparison`.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from local.comparable import comparable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from qldb_simulator.client_results import DocumentState, RevisionState

    from local.comparable import Comparable
    from local.replica import ReplicatedTable

_ABSENT = object()
_COMMON_ATTRIBUTES = {"pk", "version", "txTime", "txId", "tableId", "hash"}
_KEY_KINDS = {"S": "text", "N": "number", "B": "binary"}
"""Kinds of values (`local.comparable`) by DynamoDB's types of keys."""

ItemForm = dict[str, "Comparable"]
"""The attributes of an item without its key, in the form in which they can be compared."""


def expected_item(document: DocumentState, table: ReplicatedTable, table_id: str) -> ItemForm:
    """Return the item that holds the current state of a document.

    Parameters
    ----------
    document
        The latest revision.
    table
        The replica of the document's table.
    table_id
        Id of that table in the ledger.
    """
    if document.is_deleted:
        return {**_metadata(document, table_id), "isDeleted": ("boolean", True)}
    content = _content(document.data, table.attributes)
    unfit = {
        name: value
        for name, value in content.items()
        if name in table.index_keys and not _fits_key(value, *table.index_keys[name])
    }
    return {
        **_metadata(document, table_id),
        **{name: value for name, value in content.items() if name not in unfit},
        **({"unindexed": ("map", unfit)} if unfit else {}),
        "projectionId": comparable(_projection_id(table)),
    }


def expected_revision(
    revision: RevisionState, table: ReplicatedTable, table_id: str, ledger_table: str
) -> ItemForm:
    """Return the item of the history table that holds a revision, without its version.

    Parameters
    ----------
    revision
        The revision.
    table
        The replica of the document's table.
    table_id
        Id of that table in the ledger.
    ledger_table
        Its name.
    """
    metadata = _metadata(revision, table_id)
    del metadata["version"]
    state = "deleted" if revision.is_deleted else "live"
    content = {} if revision.is_deleted else _content(revision.data, table.attributes)
    if revision.data_hash is not None:
        state, content = "redacted", {"dataHash": comparable(revision.data_hash)}
    return {
        **metadata,
        "ledgerTable": comparable(ledger_table),
        "blockStrandId": comparable(revision.strand_id),
        "blockSequenceNo": comparable(revision.sequence_no),
        "revisionState": comparable(state),
        **content,
    }


def _metadata(document: DocumentState, table_id: str) -> ItemForm:
    values = {
        "version": document.version,
        "txTime": document.tx_time,
        "txId": document.tx_id,
        "tableId": table_id,
        "hash": document.hash,
    }
    return {name: comparable(value) for name, value in values.items()}


def _content(document: object, attributes: Mapping[str, Sequence[str]] | None) -> ItemForm:
    if attributes is None:
        return {"data": comparable(document)}
    found = {name: _at(document, path) for name, path in attributes.items()}
    return {name: comparable(value) for name, value in found.items() if value is not _ABSENT}


def _at(document: Any, path: Sequence[str]) -> Any:  # noqa: ANN401 (a value of any Ion type)
    for name in path:
        if not hasattr(document, "keys") or name not in document:
            return _ABSENT
        document = document[name]
    return document


def _fits_key(value: Comparable, kind: str, max_bytes: int) -> bool:
    """Return whether an index can have a value as a key of its own."""
    own_kind, plain = value
    if own_kind != _KEY_KINDS[kind]:
        return False
    if own_kind == "number":
        return True
    size = len(plain.encode() if own_kind == "text" else plain)
    # DynamoDB developer guide, "Constraints": no key is empty.
    return 0 < size <= max_bytes


def _projection_id(table: ReplicatedTable) -> str:
    """Return the id of the attributes that a live item may hold."""
    projected = {"data"} if table.attributes is None else set(table.attributes)
    if table.index_keys:
        projected.add("unindexed")
    names = json.dumps(sorted({*_COMMON_ATTRIBUTES, "projectionId", *projected}))
    return hashlib.sha256(names.encode()).hexdigest()[:16]
