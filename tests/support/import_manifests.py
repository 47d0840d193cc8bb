"""Manifests as `python -m ops convert` writes them, for a program that imports."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from handler.contract import TableField
from handler.settings import HandlerSettings
from infra.import_manifest import ImportedTable, ImportManifest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

STATE = ("pk",)
HISTORY = ("pk", "version")


def manifest(
    entries: Sequence[Mapping[str, Any]], key: tuple[str, ...] = STATE, **changed: object
) -> str:
    """Return the manifest of the items that the handler makes of some ledger tables.

    Parameters
    ----------
    entries
        As the handler has them: name, ``attributes`` as paths, and ``indexKeys``.
    key
        `STATE` or `HISTORY`.
    changed
        Members in which the manifest differs.
    """
    configuration = {
        entry["ledgerTable"]: {
            TableField.TABLE_NAME: "any",
            **{name: value for name, value in entry.items() if name != "ledgerTable"},
        }
        for entry in entries
    }
    settings = HandlerSettings.from_environment(
        {"REPLICA_TABLES": json.dumps(configuration), "FAILURE_BUCKET": "failures"}
    )
    members: dict[str, Any] = {
        "is_complete": True,
        "key": key,
        "tables": {
            name: ImportedTable(
                projection_id=table.projection_id,
                index_keys={
                    each: (limit.type, limit.max_bytes) for each, limit in table.index_keys.items()
                },
            )
            for name, table in settings.replica_tables.items()
        },
        "table_ids": {name: (f"{name}-id",) for name in configuration},
        "items": 1_000,
        "bytes": 300_000,
        "objects": 1,
        "source": "s3://exports/ledger/",
        "strand_id": "strand",
        "last_block": 99,
    }
    return ImportManifest(**{**members, **changed}).to_json()
