"""Describes a folder that `python -m ops convert` wrote for DynamoDB's import."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE_NAME: Final = "manifest.json"
"""The manifest in its folder. It is written last."""

OBJECTS_FOLDER: Final = "items/"
"""The objects below the folder. An import reads whatever is there, so the manifest is not."""

CONTENT_TYPE: Final = "application/json"
"""Of the manifest: the AWS provider reads no other objects than texts."""

FORMAT_VERSION: Final = 1

INPUT_FORMAT: Final = "DYNAMODB_JSON"
COMPRESSION: Final = "GZIP"
"""Of the objects (DynamoDB developer guide, "Amazon S3 import formats for DynamoDB")."""

MAX_OBJECTS: Final = 50_000
"""Objects of one import (DynamoDB developer guide, "Import format quotas and validation")."""


class ManifestError(ValueError):
    """A text is no manifest. The message says what is wrong with it."""


@dataclass(frozen=True, kw_only=True)
class ImportedTable:
    """What decides how the items of a ledger table look.

    Attributes
    ----------
    projection_id
        Id of the attributes that live items may hold (`handler.contract.projection_id`).
    index_keys
        Type and maximum bytes of each key of an index.
    """

    projection_id: str
    index_keys: Mapping[str, tuple[str, int]]


@dataclass(frozen=True, kw_only=True)
class ImportManifest:
    """What is in a folder.

    Attributes
    ----------
    is_complete
        Whether all of the source could be read.
    key
        Names of the attributes that are the table's key.
    tables
        The ledger tables whose items are in the objects, by their name or id in the settings. The
        history has those of several.
    table_ids
        Ids of these ledger tables in the journal.
    items, bytes, objects
        Number of items; their bytes in the objects without compression; number of objects.
    source
        Location of the journal export.
    strand_id
        The journal.
    last_block
        Sequence number of its last block; None if it has none.
    """

    is_complete: bool
    key: tuple[str, ...]
    tables: Mapping[str, ImportedTable]
    table_ids: Mapping[str, tuple[str, ...]]
    items: int
    bytes: int
    objects: int
    source: str
    strand_id: str
    last_block: int | None

    def to_json(self) -> str:
        """Return the text of the manifest."""
        content = {
            "formatVersion": FORMAT_VERSION,
            "isComplete": self.is_complete,
            "key": self.key,
            "tables": [
                {
                    "ledgerTable": name,
                    "tableIds": self.table_ids.get(name, ()),
                    "projectionId": table.projection_id,
                    "indexKeys": table.index_keys,
                }
                for name, table in self.tables.items()
            ],
            "items": self.items,
            "bytes": self.bytes,
            "objects": self.objects,
            "source": self.source,
            "strandId": self.strand_id,
            "lastBlock": self.last_block,
        }
        return json.dumps(content, indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> ImportManifest:
        """Return the manifest of a text.

        Raises
        ------
        ManifestError
            If it is none, or one of another version of this project.
        """
        try:
            content = json.loads(text)
            version = content["formatVersion"]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise ManifestError("it is not a manifest of `python -m ops convert`") from None
        if version != FORMAT_VERSION:
            raise ManifestError(
                f"it has the format version {version!r}; this version of the project has "
                f"{FORMAT_VERSION}"
            )
        try:
            return _manifest(content)
        except (KeyError, TypeError, ValueError):
            raise ManifestError("a part of it is missing or changed") from None


def _manifest(content: Mapping[str, Any]) -> ImportManifest:
    return ImportManifest(
        is_complete=content["isComplete"] is True,
        key=tuple(content["key"]),
        tables={
            table["ledgerTable"]: ImportedTable(
                projection_id=table["projectionId"],
                index_keys={
                    name: (kind, int(size)) for name, (kind, size) in table["indexKeys"].items()
                },
            )
            for table in content["tables"]
        },
        table_ids={table["ledgerTable"]: tuple(table["tableIds"]) for table in content["tables"]},
        items=int(content["items"]),
        bytes=int(content["bytes"]),
        objects=int(content["objects"]),
        source=content["source"],
        strand_id=content["strandId"],
        last_block=content["lastBlock"],
    )
