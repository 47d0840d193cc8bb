"""Divides a journal into the data objects of an export, and writes its manifests. No I/O.

Documented: the manifests' names and fields ("Journal export output in QLDB"), and names of data
objects that end in ``strandId.first-last.ion``. A comment of AWS's own sample shows the folders by
hour (``2019/04/15/22/JdxjkR9bSYB5jMHWcI464T.1-4.ion``, amazon-qldb-dmv-sample-nodejs,
JournalS3ExportReader).

Inferred: the hour is that of the object's blocks, and no object spans two hours; `keys` of the
manifest are whole keys, prefix included, because that sample reads objects by them.
Chosen here: how many blocks an object holds, which is published nowhere (see `ExportLayout`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from qldb_simulator.timestamps import milliseconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from qldb_simulator.blocks import Block
    from qldb_simulator.config import ExportLayout
    from qldb_simulator.export_format import ExportFormat
    from qldb_simulator.export_request import ExportRequest


@dataclass(frozen=True, kw_only=True)
class DataObject:
    """One object with consecutive blocks.

    Attributes
    ----------
    name
        Key without the export's prefix.
    blocks
        Number of blocks.
    """

    name: str
    body: bytes = field(repr=False)
    blocks: int


def data_objects(
    blocks: Iterable[Block], export_format: ExportFormat, layout: ExportLayout
) -> Iterator[DataObject]:
    """Yield the objects that hold these blocks; only one is in memory at a time.

    Parameters
    ----------
    blocks
        Consecutive blocks of one strand.
    export_format
        Form of the blocks.
    layout
        Maximum size of an object; a block that is larger has an object to itself.
    """
    gathered: list[Block] = []
    parts: list[bytes] = []
    size = 0
    for block in blocks:
        part = export_format.encode(block.to_ion())
        is_full = len(parts) == layout.blocks_per_object
        is_full = is_full or size + len(part) > layout.bytes_per_object
        if gathered and (is_full or _folder(block) != _folder(gathered[0])):
            yield _data_object(gathered, parts, export_format)
            gathered, parts, size = [], [], 0
        gathered.append(block)
        parts.append(part)
        size += len(part)
    if gathered:
        yield _data_object(gathered, parts, export_format)


def started_manifest_name(export_id: str) -> str:
    """Return the key of the initial manifest, without the export's prefix."""
    return f"{export_id}.started.manifest"


def started_manifest(ledger_name: str, export_id: str, request: ExportRequest) -> dict[str, Any]:
    """Return the initial manifest: the parameters of the request."""
    manifest = {
        "ledgerName": ledger_name,
        "exportId": export_id,
        "inclusiveStartTime": milliseconds(request.inclusive_start),
        "exclusiveEndTime": milliseconds(request.exclusive_end),
        "bucket": request.target.bucket,
        "prefix": request.target.prefix,
        "objectEncryptionType": request.target.encryption_type,
    }
    if request.requested_format is not None:
        manifest["outputFormat"] = request.requested_format
    return manifest


def completed_manifest_name(export_id: str, strand_id: str) -> str:
    """Return the key of a strand's final manifest, without the export's prefix."""
    return f"{export_id}.{strand_id}.completed.manifest"


def completed_manifest(keys: Iterable[str]) -> dict[str, Any]:
    """Return the final manifest: the keys of the data objects in order; none without blocks."""
    return {"keys": list(keys)}


def _data_object(
    blocks: list[Block], parts: list[bytes], export_format: ExportFormat
) -> DataObject:
    first, last = blocks[0], blocks[-1]
    numbers = f"{first.sequence_no}-{last.sequence_no}"
    return DataObject(
        name=f"{_folder(first)}/{first.strand_id}.{numbers}.{export_format.extension}",
        body=b"".join(parts),
        blocks=len(blocks),
    )


def _folder(block: Block) -> str:
    time = block.block_timestamp
    return f"{time.year:04}/{time.month:02}/{time.day:02}/{time.hour:02}"
