"""Writes a generated export into a folder: objects, manifests, digest and proof."""

from __future__ import annotations

import base64
import json
import os
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from qldb_simulator.blocks import block_address
from qldb_simulator.ion_json import timestamp_text
from qldb_simulator.merkle import dot

from bench.export.blocks import (
    BLOCK_HASH,
    PREVIOUS_BLOCK_HASH,
    START,
    block_time,
    section_blocks,
)
from bench.export.documents import timestamp
from bench.export.formats import Format, encode, encoded_blob
from bench.export.hash_tree import HashTree
from bench.export.plan import first_sequence_no

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from amazon.ion.core import Timestamp

    from bench.export.plan import Journal

LEDGER: Final = "shop"
BUCKET: Final = "shop-journal-exports"
PREFIX: Final = "journal/"
"""Of all keys; the folder holds what is below it, as after copying the export from S3."""

_SECTION_BYTES: Final = {
    Format.ION_BINARY: 222_000,
    Format.ION_TEXT: 399_000,
    Format.JSON: 432_000,
}
"""About what a section takes."""
_DAY_MILLISECONDS: Final = 86_400_000


class ExportError(Exception):
    """The export cannot be written; the text says why, and the remedy."""


@dataclass(frozen=True, kw_only=True)
class ExportPlan:
    """What to generate. The same plan results in the same bytes.

    Attributes
    ----------
    object_bytes
        About the size of an object; it has one section at least.
    """

    journal: Journal
    form: Format
    object_bytes: int

    @property
    def sections_per_object(self) -> int:
        """Number of sections in each object but the last one."""
        return max(1, round(self.object_bytes / _SECTION_BYTES[self.form]))

    @property
    def objects(self) -> int:
        """Number of objects."""
        return -(-self.journal.sections // self.sections_per_object)


@dataclass(frozen=True, kw_only=True)
class WrittenExport:
    """What was written.

    Attributes
    ----------
    proofs_file
        Digest, and proof of the last block, in the form of AWS's migration sample.
    bytes
        Of all objects.
    """

    completed_manifest: Path
    proofs_file: Path
    objects: int
    blocks: int
    bytes: int


@dataclass(frozen=True, kw_only=True)
class _Object:
    """An object in the folder, without the hashes of the chain.

    Attributes
    ----------
    path
        Temporary, since the name tells the last block.
    entries_hashes
        Of its blocks.
    places
        Where the hashes of the chain are missing: bytes from the start of the file to
        previousBlockHash (None in a journal's first block) and to blockHash, by block.
    first_time, last_time
        Times of the first and last block, as Ion text.
    """

    number: int
    path: Path
    entries_hashes: list[bytes]
    places: list[tuple[int | None, int]]
    size: int
    first_time: str
    last_time: str


def write_export(
    plan: ExportPlan,
    folder: Path,
    *,
    processes: int | None = None,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> WrittenExport:
    """Write an export into a new or empty folder.

    The objects are made on all cores. Their hash chain is put in afterwards, one object after the
    other: a block's hash needs the hash of the block before.

    Parameters
    ----------
    processes
        Number of processes; None for one per core; 1 for none besides this one.
    progress
        Receives the numbers of finished objects and of all objects.

    Raises
    ------
    ExportError
        If the folder is not empty.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise ExportError(f"{folder} is not empty: choose a new folder, or empty this one")
    new_id = plan.journal.ids(f"export/{plan.form.option}")
    writer = _Writer(plan, folder, export_id=new_id())
    writer.write_started_manifest()
    for done, part in enumerate(_objects(plan, folder, processes), start=1):
        writer.finish(part)
        progress(done, plan.objects)
    return writer.complete()


def _objects(plan: ExportPlan, folder: Path, processes: int | None) -> Iterator[_Object]:
    """Make the objects, and return them in order."""
    processes = processes or os.cpu_count() or 1
    if processes == 1:
        for number in range(plan.objects):
            yield _make_object(plan, folder, number)
        return
    with ProcessPoolExecutor(processes) as pool:
        waiting: deque[Any] = deque()
        for number in range(plan.objects):
            waiting.append(pool.submit(_make_object, plan, folder, number))
            # A few ahead, or the results of all objects would wait in memory.
            if len(waiting) > 2 * processes:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _make_object(plan: ExportPlan, folder: Path, number: int) -> _Object:
    """Write an object without the hashes of the chain."""
    entries_hashes: list[bytes] = []
    times: list[Timestamp] = []
    first = number * plan.sections_per_object
    last = min(first + plan.sections_per_object, plan.journal.sections)

    def blocks() -> Iterator[object]:
        for section in range(first, last):
            for block in section_blocks(plan.journal, section):
                entries_hashes.append(block.entries_hash)
                times.append(block.block_timestamp)
                yield block.to_ion()

    content = encode(plan.form, blocks())
    path = folder / f"{number}.part"
    path.write_bytes(content)
    return _Object(
        number=number,
        path=path,
        entries_hashes=entries_hashes,
        places=list(_places(plan.form, content, len(entries_hashes), is_first=number == 0)),
        size=len(content),
        first_time=timestamp_text(times[0]),
        last_time=timestamp_text(times[-1]),
    )


def _places(
    form: Format, content: bytes, blocks: int, *, is_first: bool
) -> Iterator[tuple[int | None, int]]:
    own, previous = (encoded_blob(form, it) for it in (BLOCK_HASH, PREVIOUS_BLOCK_HASH))
    place = previous_place = -1
    for block in range(blocks):
        place = content.index(own, place + 1)
        if is_first and block == 0:
            yield None, place
            continue
        previous_place = content.index(previous, previous_place + 1)
        yield previous_place, place


class _Writer:
    """Finishes the objects of an export one after the other, and writes what is beside them."""

    def __init__(self, plan: ExportPlan, folder: Path, *, export_id: str) -> None:
        self._plan = plan
        self._folder = folder
        self._export_id = export_id
        self._strand_id = plan.journal.strand_id
        self._tree = HashTree()
        self._block_hash = b""
        self._keys: list[str] = []
        self._blocks = 0
        self._bytes = 0
        self._last_time = ""

    def write_started_manifest(self) -> None:
        journal = self._plan.journal
        end = block_time(journal, first_sequence_no(journal.sections))
        manifest = {
            "ledgerName": LEDGER,
            "exportId": self._export_id,
            "inclusiveStartTime": timestamp(START),
            "exclusiveEndTime": timestamp(end - end % _DAY_MILLISECONDS + _DAY_MILLISECONDS),
            "bucket": BUCKET,
            "prefix": PREFIX,
            "objectEncryptionType": "NO_ENCRYPTION",
            "outputFormat": self._plan.form.output_format,
        }
        self._write_manifest(f"{self._export_id}.started.manifest", manifest)

    def finish(self, part: _Object) -> None:
        """Put the hashes of the chain into an object, and give it its name."""
        with part.path.open("r+b") as file:
            for (previous_place, place), entries_hash in zip(
                part.places, part.entries_hashes, strict=True
            ):
                if previous_place is not None:
                    file.seek(previous_place)
                    file.write(encoded_blob(self._plan.form, self._block_hash))
                self._block_hash = dot(entries_hash, self._block_hash)
                self._tree.append(self._block_hash)
                file.seek(place)
                file.write(encoded_blob(self._plan.form, self._block_hash))
        last = self._blocks + len(part.places) - 1
        name = f"{self._strand_id}.{self._blocks}-{last}.{self._plan.form.extension}"
        hour = part.first_time[: len("2020-02-01T00")].replace("-", "/").replace("T", "/")
        key = f"{hour}/{name}"
        (self._folder / key).parent.mkdir(parents=True, exist_ok=True)
        part.path.rename(self._folder / key)
        self._keys.append(f"{PREFIX}{key}")
        self._blocks = last + 1
        self._bytes += part.size
        self._last_time = part.last_time

    def complete(self) -> WrittenExport:
        name = f"{self._export_id}.{self._strand_id}"
        manifest = self._write_manifest(f"{name}.completed.manifest", {"keys": self._keys})
        proofs = self._folder / f"{manifest.name}{name}.proofs.json"
        proofs.write_text(f"{json.dumps(self._proofs(), indent=2)}\n")
        return WrittenExport(
            completed_manifest=manifest,
            proofs_file=proofs,
            objects=len(self._keys),
            blocks=self._blocks,
            bytes=self._bytes,
        )

    def _write_manifest(self, name: str, manifest: dict[str, Any]) -> Path:
        file = self._folder / name
        file.write_bytes(encode(self._plan.form, [manifest]))
        return file

    def _proofs(self) -> dict[str, Any]:
        """Return the digest and the last block's proof, as AWS's sample of a migration keeps them.

        Its file name has the manifest's name twice, too (aws-samples/example-qldb-ledger-migration,
        ledger-export.yml).
        """
        last = self._blocks - 1
        return {
            "Ledger": LEDGER,
            "Digest": _base64(self._tree.digest()),
            "DigestTipAddress": block_address(self._strand_id, last),
            "Export": self._export_id,
            "LastBlockNum": last,
            "LastBlockTimestamp": self._last_time,
            "Proof": [_base64(sibling) for sibling in self._tree.last_proof()],
        }


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
