"""Writes journal exports from the blocks of a simulated ledger, as QLDB writes them.

No genuine export is public: the layout is that of `journal/exports/object_name.py`.
"""

from __future__ import annotations

import enum
import gzip
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from amazon.ion import simpleion
from qldb_simulator.ids import new_ids
from qldb_simulator.ion_json import json_text
from qldb_simulator.journal import Ledger

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from qldb_simulator.blocks import Block

EXPORT_ID = "1XTAdzxh1X4KNZlUyBKwR0"
START = datetime(2021, 2, 3, 4, 5, 6, tzinfo=UTC)


class ExportFormat(enum.Enum):
    """The format of an export, as `outputFormat` names it."""

    ION_TEXT = "ION_TEXT"
    ION_BINARY = "ION_BINARY"
    JSON = "JSON"

    @property
    def extension(self) -> str:
        """The extension of its data objects."""
        return "json" if self is ExportFormat.JSON else "ion"


@dataclass(frozen=True, kw_only=True)
class WrittenExport:
    """What was written: contents by key below the folder or bucket.

    Attributes
    ----------
    files
        Contents by key.
    data_keys
        Keys of the data objects, in the order of the journal.
    completed_key, started_key
        Keys of the manifests.
    """

    files: dict[str, bytes]
    data_keys: list[str]
    completed_key: str
    started_key: str

    def write_to(self, folder: Path) -> Path:
        """Write the files below a folder, and return the folder."""
        write_files(folder, self.files)
        return folder


class MillisecondClock:
    """Advances by one millisecond at each reading."""

    def __init__(self, start: datetime = START) -> None:
        self.now = start

    def __call__(self) -> datetime:
        """Return the next time."""
        self.now += timedelta(milliseconds=1)
        return self.now


def new_ledger(source: random.Random) -> Ledger:
    """Return an empty ledger, the same one for the same random source."""
    return Ledger(clock=MillisecondClock(), new_id=new_ids(source))


def export_of(
    blocks: Sequence[Block],
    output_format: ExportFormat = ExportFormat.ION_BINARY,
    *,
    strand_id: str | None = None,
    blocks_per_object: int = 2,
    prefix: str = "exports/",
    export_id: str = EXPORT_ID,
    ledger_name: str = "registry",
    end_time: str = "2021-02-04T00:00:00Z",
    encryption: str = "SSE_S3",
) -> WrittenExport:
    """Return an export of some blocks.

    Parameters
    ----------
    blocks
        In order; none for an export of a quiet time, which needs the strand.
    prefix
        What stands before all names.
    end_time
        Exclusive end of the export, as Ion text.
    """
    strand = strand_id if strand_id is not None else blocks[0].strand_id
    data = {
        f"{prefix}{_folder(part[0])}{strand}.{part[0].sequence_no}-{part[-1].sequence_no}"
        f".{output_format.extension}": object_bytes(part, output_format)
        for part in _parts(blocks, blocks_per_object)
    }
    started_key = f"{prefix}{export_id}.started.manifest"
    completed_key = f"{prefix}{export_id}.{strand}.completed.manifest"
    started = {
        "ledgerName": ledger_name,
        "exportId": export_id,
        "inclusiveStartTime": _timestamp("2021-02-03T00:00:00Z"),
        "exclusiveEndTime": _timestamp(end_time),
        "bucket": "exports-bucket",
        "prefix": prefix,
        "objectEncryptionType": encryption,
        "outputFormat": output_format.value,
    }
    return WrittenExport(
        files={
            started_key: _encoded([started], output_format),
            **data,
            completed_key: manifest_bytes(list(data), output_format),
        },
        data_keys=list(data),
        completed_key=completed_key,
        started_key=started_key,
    )


def manifest_bytes(keys: Sequence[str], output_format: ExportFormat) -> bytes:
    """Return a completed manifest."""
    return _encoded([{"keys": list(keys)}], output_format)


def object_bytes(blocks: Iterable[Block], output_format: ExportFormat) -> bytes:
    """Return the content of a data object."""
    return _encoded([block.to_ion() for block in blocks], output_format)


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files below a folder, whose folders are made."""
    for key, content in files.items():
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def gzipped(files: Mapping[str, bytes], keys: Iterable[str]) -> dict[str, bytes]:
    """Return files of which some were compressed by hand, with `.gz` after their keys."""
    compressed = set(keys)
    return {
        f"{key}.gz" if key in compressed else key: (
            gzip.compress(content) if key in compressed else content
        )
        for key, content in files.items()
    }


def _parts(blocks: Sequence[Block], size: int) -> list[Sequence[Block]]:
    return [blocks[start : start + size] for start in range(0, len(blocks), size)]


def _folder(block: Block) -> str:
    moment = block.block_timestamp
    return f"{moment.year:04}/{moment.month:02}/{moment.day:02}/{moment.hour:02}/"


def _timestamp(text: str) -> Any:  # noqa: ANN401 (amazon.ion is not typed)
    return simpleion.loads(text)


def _encoded(values: Sequence[Any], output_format: ExportFormat) -> bytes:
    if output_format is ExportFormat.ION_BINARY:
        return bytes(simpleion.dumps(values, binary=True, sequence_as_stream=True))
    if output_format is ExportFormat.JSON:
        return "".join(f"{json_text(value)}\n" for value in values).encode()
    lines = (simpleion.dumps(value, binary=False, omit_version_marker=True) for value in values)
    return "".join(f"{line}\n" for line in lines).encode()
