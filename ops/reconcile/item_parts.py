"""Digests of items in two parts: what every item has, and what is of its document. Pure: no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handler.contract import (
    DATA_HASH_ATTRIBUTE,
    DELETED_ATTRIBUTE,
    EXPIRY_ATTRIBUTE,
    HISTORY_ATTRIBUTES,
    KEY_ATTRIBUTE,
    METADATA_ATTRIBUTES,
    PROJECTION_ATTRIBUTE,
    REVISION_STATE_ATTRIBUTE,
)
from ops.reconcile.canonical import DIGEST_BYTES, item_digest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_NOT_OF_DOCUMENT = frozenset(
    (
        KEY_ATTRIBUTE,
        *METADATA_ATTRIBUTES,
        *HISTORY_ATTRIBUTES,
        PROJECTION_ATTRIBUTE,
        DELETED_ATTRIBUTE,
        EXPIRY_ATTRIBUTE,
    )
)

_COMPARED_BY_THEMSELVES = frozenset(
    (EXPIRY_ATTRIBUTE, REVISION_STATE_ATTRIBUTE, DATA_HASH_ATTRIBUTE)
)
"""When an item expires depends on when it was written, and one side only may know a redaction."""


def has_document(item: Mapping[str, Any]) -> bool:
    """Return whether an item has attributes that hold something of a document."""
    return not item.keys() <= _NOT_OF_DOCUMENT


def digest(
    item: Mapping[str, Any],
    *,
    document: bytes | None = None,
    of: Callable[[Mapping[str, Any]], bytes] = item_digest,
) -> bytes:
    """Return the digest of an item.

    Parameters
    ----------
    item
        In DynamoDB's wire format, with bytes under ``B``.
    document
        The result of `of` for the attributes that hold the document, if it is known already.
    of
        Returns the digest of some attributes.

    Returns
    -------
    bytes
        The digest of what every item has, and that of what holds the document.
    """
    common = {
        name: value
        for name, value in item.items()
        if name in _NOT_OF_DOCUMENT and name not in _COMPARED_BY_THEMSELVES
    }
    if document is None:
        document = of({name: value for name, value in item.items() if name not in _NOT_OF_DOCUMENT})
    return of(common) + document


def without_document(found: bytes) -> bytes:
    """Return the part of a digest that a redaction does not change."""
    return found[:DIGEST_BYTES]
