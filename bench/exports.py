"""Measures the commands for journal exports, on generated exports.

All runs are of the same journal. What ion-hash-java needs for the hashes of its revisions, once
warm, is what the whole verification is compared with.
"""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from hashlib import sha256
from time import process_time
from typing import TYPE_CHECKING, Any, Final

from bench.command_usage import measure_command
from bench.export.formats import Format
from bench.export.plan import Journal
from bench.export.writing import ExportPlan, write_export
from bench.fresh_process import MeasurementError
from bench.ion_hash_java import IonHashJava
from journal.exports.block import read_block
from journal.ion.binary_stream import binary_values
from journal.ion.hashing import ion_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from journal.ion.structure import Span

_OBJECT_BYTES: Final = 4_000_000
_SEED: Final = 1
_PASSES: Final = 5
TITLES: Final = {
    Format.ION_BINARY: "Ion binary",
    Format.ION_TEXT: "Ion text",
    Format.JSON: "JSON",
}


@dataclass(frozen=True, kw_only=True)
class ExportScale:
    """The size of a run.

    Attributes
    ----------
    revisions
        In the exports of each format: their time is compared, and the memory of the first one.
    hashed
        Of them, how many are in the object that ion-hash-java and the hashing here are given.
    warm_seconds
        CPU time before ion-hash-java is measured.
    large
        Revisions in an export of Ion binary for the memory of large exports; 0 for none.
    """

    revisions: int
    hashed: int
    warm_seconds: float
    large: int


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run of a command.

    Attributes
    ----------
    command, form
        Such as ``verify`` and ``Ion binary``.
    processes
        Number of processes; that of the cores for all.
    megabytes
        Size of all objects, in millions of bytes.
    """

    command: str
    form: str
    processes: int
    revisions: int
    megabytes: float
    seconds: float
    cpu_seconds: float
    peak_megabytes: float

    @property
    def revisions_per_second(self) -> float:
        """By wall time, the start of the interpreter included."""
        return self.revisions / self.seconds

    @property
    def cpu_microseconds_per_revision(self) -> float:
        """CPU time of all processes, the start of the interpreter included."""
        return self.cpu_seconds * 1e6 / self.revisions


@dataclass(frozen=True, kw_only=True)
class Export:
    """A generated export."""

    folder: Path
    form: Format
    revisions: int
    megabytes: float


def measure_exports(
    scale: ExportScale, folder: Path, progress: Callable[[str], None]
) -> dict[str, Any]:
    """Generate exports, run the commands on them, and return all figures as in the results' JSON.

    Raises
    ------
    MeasurementError
        If a command fails or does not prove an export, or ion-hash-java computes other hashes.
    LocalError
        If ion-hash-java cannot run here.
    """
    java = IonHashJava(progress)
    exports = []
    for form in TITLES:
        progress(f"exports: writing {scale.revisions:,} revisions as {TITLES[form]}")
        exports.append(_export(folder / form.option, form, scale.revisions))
    hashing = _hashing(java, scale, folder, progress)
    runs: list[Run] = []
    for export in exports:
        for command in ("verify", "inspect"):
            for processes in _process_counts():
                progress(f"exports: {command} {TITLES[export.form]}, processes: {processes}")
                runs.append(_run(command, export, processes))
    if scale.large:
        progress(f"exports: writing {scale.large:,} revisions as Ion binary")
        large = _export(folder / "large", Format.ION_BINARY, scale.large)
        for command in ("verify", "inspect"):
            progress(f"exports: {command} {large.megabytes:,.0f} MB of Ion binary")
            runs.append(_run(command, large, _process_counts()[-1]))
    return {"hashing": hashing, "runs": [_as_result(run) for run in runs]}


def _process_counts() -> Sequence[int]:
    cores = os.cpu_count() or 1
    return (1, cores) if cores > 1 else (1,)


def _export(folder: Path, form: Format, revisions: int) -> Export:
    plan = ExportPlan(
        journal=Journal(seed=_SEED, revisions=revisions), form=form, object_bytes=_OBJECT_BYTES
    )
    written = write_export(plan, folder)
    return Export(
        folder=folder, form=form, revisions=revisions, megabytes=written.bytes / 1_000_000
    )


def _run(command: str, export: Export, processes: int) -> Run:
    usage = measure_command([command, str(export.folder), "--processes", str(processes)])
    return Run(
        command=command,
        form=TITLES[export.form],
        processes=processes,
        revisions=export.revisions,
        megabytes=export.megabytes,
        seconds=usage.seconds,
        cpu_seconds=usage.cpu_seconds,
        peak_megabytes=usage.peak_bytes / 1_000_000,
    )


def _as_result(run: Run) -> dict[str, Any]:
    return {
        **asdict(run),
        "revisions_per_second": run.revisions_per_second,
        "cpu_microseconds_per_revision": run.cpu_microseconds_per_revision,
        "megabytes_per_second": run.megabytes / run.seconds,
    }


def _hashing(
    java: IonHashJava, scale: ExportScale, folder: Path, progress: Callable[[str], None]
) -> Mapping[str, Any]:
    """Compare the two hashes of each revision: ion-hash-java's and those of `journal`."""
    export = _export(folder / "hashed", Format.ION_BINARY, scale.hashed)
    objects = sorted(export.folder.rglob("*.ion"), key=_first_block)
    progress(f"exports: hashes of {scale.hashed:,} revisions by ion-hash-java")
    by_java = java.measure(objects, warm_seconds=scale.warm_seconds, passes=_PASSES)
    structs = [span for path in objects for span in _metadata_and_data(path)]
    if by_java.digest != sha256(b"".join(map(ion_hash, structs))).digest():
        raise MeasurementError("ion-hash-java computes other hashes for the generated revisions")
    return {
        "revisions": by_java.revisions,
        "java_microseconds": by_java.microseconds_per_revision,
        "python_microseconds": min(_hashing_pass(structs) for _ in range(_PASSES)),
    }


def _first_block(path: Path) -> int:
    return int(path.name.split(".")[1].partition("-")[0])


def _metadata_and_data(path: Path) -> list[Span]:
    structs: list[Span] = []
    for located in binary_values([path.read_bytes()]):
        for revision in read_block(located.span).revisions:
            if revision.metadata is not None and revision.data is not None:
                structs += [revision.metadata, revision.data]
    return structs


def _hashing_pass(structs: Sequence[Span]) -> float:
    """Return the CPU time of the two hashes of a revision, in microseconds."""
    began = process_time()
    for span in structs:
        ion_hash(span)
    return (process_time() - began) * 1e6 / (len(structs) // 2)
