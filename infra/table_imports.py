"""The import of objects that `python -m ops convert` wrote into new DynamoDB tables."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pulumi
import pulumi_aws as aws
from pydantic import Field

from handler.contract import (
    DOCUMENT_ATTRIBUTE,
    KEY_ATTRIBUTE,
    UNINDEXED_ATTRIBUTE,
    VERSION_ATTRIBUTE,
    projection_id,
)
from infra import import_manifest
from infra.import_manifest import ImportedTable, ImportManifest, ManifestError
from infra.index_settings import key_limits
from infra.names import joined
from infra.section import Section

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from infra.previous import Previous
    from infra.replica_settings import ReplicaTableSettings
    from infra.settings import Settings

_LOCATION = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/([^/].*?)/*")
"""S3 user guide, "General purpose bucket naming rules"; the folder has a name."""

LOCATION_PATTERN: Final = rf"\A(?:{_LOCATION.pattern})\Z"
LOCATION_DESCRIPTION: Final = (
    "one folder that `python -m ops convert` wrote, such as s3://my-bucket/import/Person"
)

CREATION_TIMEOUT: Final = "48h"
"""How long the provider waits for an import; without it, 30 minutes."""

IGNORED: Final = "importTable"
"""The property of a table that matters only when the table is made. To the provider, a change of it
replaces the table with all its items (terraform-provider-aws, internal/service/dynamodb/table.go).
"""


class TableImportsSettings(Section):
    """Settings of imports that are no matter of one ledger table.

    Attributes
    ----------
    history_import_from
        The folder from which the history table is made; empty for an empty table.
    import_bucket_owner
        Id of the AWS account that has the buckets; empty for the stack's own.
    """

    history_import_from: str = Field(
        pattern=rf"{LOCATION_PATTERN}|\A\Z",
        description=f"{LOCATION_DESCRIPTION.replace('Person', 'history')}, or an empty text "
        "for an empty table",
        examples=["s3://my-bucket/import/history"],
    )
    import_bucket_owner: str = Field(
        pattern=r"\A(?:[0-9]{12})?\Z",
        description="the id of an AWS account, 12 digits, or an empty text for the stack's own",
        examples=["123456789012"],
    )


@dataclass(frozen=True, kw_only=True)
class TableImport:
    """How a table is made.

    Attributes
    ----------
    source
        The argument ``import_table``; None to make an empty table.
    is_replaced
        Whether the table takes the place of one that exists.
    """

    source: aws.dynamodb.TableImportTableArgs | None = None
    is_replaced: bool = False

    @property
    def ignored(self) -> list[str]:
        """Properties whose change the engine ignores, by their names in the provider's schema.

        Of a table that is replaced, none: the engine would make the new one with the old source.
        """
        return [] if self.is_replaced else [IGNORED]

    @property
    def creation_timeout(self) -> str | None:
        """How long the provider waits until the table is made; None for its default."""
        return None if self.source is None else CREATION_TIMEOUT


@dataclass(frozen=True, kw_only=True)
class TableImports:
    """How the tables of a stack are made.

    Attributes
    ----------
    replica_tables
        By the ledger table.
    history
        The history table.
    """

    replica_tables: Mapping[str, TableImport]
    history: TableImport


def of(previous: Previous, settings: Settings) -> TableImports:
    """Return how the tables are made, after a look at the manifests of those that are new.

    Parameters
    ----------
    previous
        What the last deployment left.
    settings
        What the stack deploys from now on.

    Raises
    ------
    pulumi.RunError
        If a manifest does not fit the settings of its table.
    """
    entries = settings.replica_tables.replica_tables
    owner = settings.table_imports.import_bucket_owner
    for number, entry in enumerate(entries):
        if entry.import_from is not None and not previous.keeps(entry):
            where = f"replicaTables[{number}].importFrom"
            manifest = _manifest(where, entry.import_from)
            _check(where, entry.import_from, manifest, (KEY_ATTRIBUTE,), [entry])
    folder = settings.table_imports.history_import_from
    if folder and previous.history_table_name is None:
        manifest = _manifest("historyImportFrom", folder)
        with_history = [entry for entry in entries if entry.history]
        key = (KEY_ATTRIBUTE, VERSION_ATTRIBUTE)
        _check("historyImportFrom", folder, manifest, key, with_history)
    return TableImports(
        replica_tables={
            entry.ledger_table: TableImport(
                source=_source(entry.import_from, owner),
                is_replaced=(
                    entry.ledger_table in previous.table_names and not previous.keeps(entry)
                ),
            )
            for entry in entries
        },
        history=TableImport(source=_source(folder or None, owner)),
    )


def remembered(previous: Previous, entries: Sequence[ReplicaTableSettings]) -> dict[str, str]:
    """Return what the next deployment has to know: the folders from which tables were made.

    Parameters
    ----------
    previous
        What the last deployment left.
    entries
        What the stack replicates from now on.
    """
    folders = {
        entry.ledger_table: (
            previous.imports.get(entry.ledger_table) if previous.keeps(entry) else entry.import_from
        )
        for entry in entries
    }
    return {table: folder for table, folder in folders.items() if folder is not None}


def remembered_history(previous: Previous, settings: TableImportsSettings) -> str:
    """Return the folder from which the history table was made; an empty text for none."""
    if previous.history_table_name is not None:
        return previous.history_import
    return settings.history_import_from


def _source(location: str | None, owner: str) -> aws.dynamodb.TableImportTableArgs | None:
    if location is None:
        return None
    bucket, folder = _place(location)
    return aws.dynamodb.TableImportTableArgs(
        input_format=import_manifest.INPUT_FORMAT,
        input_compression_type=import_manifest.COMPRESSION,
        s3_bucket_source=aws.dynamodb.TableImportTableS3BucketSourceArgs(
            bucket=bucket,
            bucket_owner=owner or None,
            key_prefix=f"{folder}/{import_manifest.OBJECTS_FOLDER}",
        ),
    )


def _place(location: str) -> tuple[str, str]:
    """Return bucket and folder, without slashes at the end, of a valid location."""
    found = _LOCATION.fullmatch(location)
    if found is None:
        raise ValueError("the settings were not checked")
    return found[1], found[2]


def _manifest(where: str, location: str) -> ImportManifest:
    bucket, folder = _place(location)
    key = f"{folder}/{import_manifest.FILE_NAME}"
    try:
        text = aws.s3.get_object(bucket=bucket, key=key).body
    except Exception as error:  # noqa: BLE001 (Pulumi raises no narrower one)
        raise pulumi.RunError(
            f"{where} is {location}, and s3://{bucket}/{key} cannot be read; nothing was changed. "
            "Name the folder of one table, as `python -m ops convert` printed it, convert again if "
            "that had not ended, and allow whoever deploys s3:GetObject. The reading ended with: "
            f"{' '.join(str(error).split())}"
        ) from None
    try:
        return ImportManifest.from_json(text)
    except ManifestError as error:
        raise _refusal(where, location, f"{error}: convert the export again") from None


def _check(
    where: str,
    location: str,
    manifest: ImportManifest,
    key: tuple[str, ...],
    entries: Sequence[ReplicaTableSettings],
) -> None:
    """Refuse a folder with other items than a replay would write into the table.

    Parameters
    ----------
    where, location
        The setting and its value.
    manifest
        What is in the folder.
    key
        Names of the attributes that are the table's key.
    entries
        The ledger tables of the table.
    """
    if manifest.key != key:
        kind = "a history" if VERSION_ATTRIBUTE in manifest.key else "the state of a ledger table"
        raise _refusal(where, location, f"it has {kind}: name the other folder")
    if not manifest.is_complete:
        raise _refusal(
            where,
            location,
            "it is not complete, because a part of the export is missing or damaged: replace that "
            "part, as `python -m ops verify` names it, and convert the export again; or remove the "
            "setting, and load what there is with `python -m ops replay`",
        )
    wanted = {entry.ledger_table: _imported(entry) for entry in entries}
    if manifest.tables.keys() != wanted.keys():
        raise _refusal(
            where,
            location,
            f"it has {joined(sorted(manifest.tables)) or 'nothing'}, expected "
            f"{joined(sorted(wanted))}: name the folder of that, or convert the export again "
            "with the entries of `replicaTables` as they are",
        )
    for name, table in wanted.items():
        if manifest.tables[name] != table:
            raise _refusal(
                where,
                location,
                f"it was converted with other `attributes` or `indexes` of {name}: have the entry "
                "as it was, or convert the export again for a stack that has the entry as it is",
            )
    if not manifest.items:
        raise _refusal(
            where, location, "it has no items, and DynamoDB imports no empty folder: remove it"
        )
    if manifest.objects > import_manifest.MAX_OBJECTS:
        raise _refusal(
            where,
            location,
            f"it has {manifest.objects} objects, and DynamoDB imports "
            f"{import_manifest.MAX_OBJECTS}: convert the export again, into larger objects",
        )


def _refusal(where: str, location: str, problem: str) -> pulumi.RunError:
    return pulumi.RunError(
        f"{where} is {location}, which cannot be imported: {problem}; nothing was changed"
    )


def _imported(entry: ReplicaTableSettings) -> ImportedTable:
    """Return how the handler makes items of an entry (`handler.settings.ReplicaTable`)."""
    limits = key_limits(entry.indexes)
    names: tuple[str, ...] = (DOCUMENT_ATTRIBUTE,)
    if entry.attributes is not None:
        names = (*entry.attributes, *((UNINDEXED_ATTRIBUTE,) if limits else ()))
    return ImportedTable(
        projection_id=projection_id(names),
        index_keys={name: (str(kind), int(size)) for name, (kind, size) in limits.items()},
    )
