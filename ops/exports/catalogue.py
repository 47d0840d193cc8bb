"""Everything that is found in a source: exports, objects, proofs, and what belongs to none."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from journal.errors import DamagedObject, IonError
from journal.exports.located import MAX_VALUE_BYTES
from journal.exports.manifest import StartedManifest, completed_keys, started_manifest
from journal.exports.object_name import ManifestName, file_name, manifest_name, object_name
from journal.exports.sequence import DataObject, JournalSequence, Recency, journal_sequences
from journal.exports.small_file import small_file_value
from ops.errors import OpsError
from ops.exports.manifest_keys import ManifestKeys, ObjectIndex, common
from ops.exports.proof_files import (
    MAX_PROOF_FILE_BYTES,
    PROOF_FILE_SUFFIX,
    ProofFile,
    may_be_proof_file,
    proof_file,
)
from ops.exports.source import ObjectError, read
from ops.terminal_text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from journal.ion.structure import Span
    from ops.exports.source import Entry, Source

_HEAD_BYTES = 64 * 1024
"""What is read of a file whose name tells nothing."""

_BLOCK_MARKERS = (b"blockAddress", b"strandId", b"blockHash")
"""Texts at the start of every object with blocks: in Ion binary they are in the symbol table."""

_Read = TypeVar("_Read")


class BlockRange(NamedTuple):
    """The blocks of an object: its strand, and its first and last sequence number."""

    strand_id: str
    first: int
    last: int


class Unreadable(NamedTuple):
    """An object that cannot be read.

    Attributes
    ----------
    key
        Its key in the source.
    problem
        What was expected, and what is there.
    offset
        Bytes before the place from which on it cannot be read; None if that is not known.
    """

    key: str
    problem: str
    offset: int | None = None


class AmbiguousKey(NamedTuple):
    """A key of a manifest that several objects fit.

    Attributes
    ----------
    key
        As in the manifest.
    taken
        The object that is taken for it.
    others
        The other objects.
    """

    key: str
    taken: str
    others: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Export:
    """One export.

    Attributes
    ----------
    export_id
        As its manifests tell; the name of a manifest that does not tell it.
    strand_id
        The ledger's strand; None if the manifest's name does not tell it.
    completed_key
        The manifest that lists its objects; None if that is not there: the export was not completed
        when it was copied.
    started_key, started
        The manifest that describes it; None without one.
    objects
        Its data objects that are there.
    missing
        Keys of its manifest that no object fits.
    ambiguous
        Keys of its manifest that several objects fit.
    """

    export_id: str
    strand_id: str | None
    completed_key: str | None
    started_key: str | None
    started: StartedManifest | None
    objects: Sequence[DataObject]
    missing: Sequence[str]
    ambiguous: Sequence[AmbiguousKey]


class FoundProof(NamedTuple):
    """A file with a digest or a proof.

    Attributes
    ----------
    key
        Its key in the source, or the path that the user gave.
    file
        What it holds.
    is_given
        Whether the user gave it. Who changed an export could also change what lies beside it.
    """

    key: str
    file: ProofFile
    is_given: bool = False


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """Everything below a location.

    Attributes
    ----------
    location
        As the user wrote it.
    exports
        In the order in which they were made, as far as that is known.
    unlisted
        Objects with blocks that no manifest names.
    sequences
        The blocks of each strand in order.
    unplaced
        Objects with blocks whose name does not tell which, and that were not read.
    proofs
        Digests and proofs.
    foreign
        Files that have nothing to do with an export.
    unreadable
        What could not be read while this was collected.
    modified
        When each object with blocks was last changed, in seconds since 1970, by its key.
    """

    location: str
    exports: Sequence[Export]
    unlisted: Sequence[DataObject]
    sequences: Sequence[JournalSequence]
    unplaced: Sequence[Entry]
    proofs: Sequence[FoundProof]
    foreign: Sequence[Entry]
    unreadable: Sequence[Unreadable]
    modified: Mapping[str, float] = field(default_factory=dict)


class _Sorted:
    """The entries of a source by what they are."""

    def __init__(self) -> None:
        self.completed: list[tuple[Entry, ManifestName]] = []
        self.started: list[tuple[Entry, ManifestName]] = []
        self.data: dict[str, tuple[Entry, BlockRange]] = {}
        self.unplaced: dict[str, Entry] = {}
        self.proofs: list[FoundProof] = []
        self.foreign: list[Entry] = []
        self.unreadable: list[Unreadable] = []


def catalogue(
    source: Source, probe: Callable[[Source, str], BlockRange] | None = None
) -> Catalogue:
    """List a source, and read its manifests and proofs.

    Parameters
    ----------
    source
        The folder or bucket.
    probe
        Reads an object whose name does not tell its blocks; None leaves such objects aside. May
        raise `ObjectError` and `IonError`.

    Raises
    ------
    OpsError
        If the source cannot be listed, or there is nothing in it.
    """
    found = _Sorted()
    empty = True
    for entry in source.entries():
        empty = False
        _sort_in(found, source, entry)
    if empty:
        raise OpsError(
            f"{printable(source.location)} is empty: give the folder or the s3://bucket/prefix "
            "that holds the export's *.completed.manifest"
        )
    if probe is not None:
        _probe_all(found, source, probe)
    return _put_together(source, found)


def _sort_in(found: _Sorted, source: Source, entry: Entry) -> None:
    manifest = manifest_name(entry.key)
    data = object_name(entry.key)
    if entry.problem is not None:
        found.unreadable.append(Unreadable(entry.key, entry.problem))
    elif manifest is not None:
        (found.completed if manifest.is_completed else found.started).append((entry, manifest))
    elif data is not None:
        found.data[entry.key] = (entry, BlockRange(data.strand_id, data.first, data.last))
    else:
        _sort_by_content(found, source, entry)


def _sort_by_content(found: _Sorted, source: Source, entry: Entry) -> None:
    head = _attempt(found, entry.key, partial(read, source, entry.key, _HEAD_BYTES))
    if head is None:
        return
    if may_be_proof_file(head):
        content = _attempt(found, entry.key, partial(read, source, entry.key, MAX_PROOF_FILE_BYTES))
        if content is None:
            return
        if (proof := proof_file(content)) is not None:
            found.proofs.append(FoundProof(entry.key, proof))
            return
    if entry.key.endswith(PROOF_FILE_SUFFIX):
        # Without a word, an export would only seem to have no proof.
        found.unreadable.append(Unreadable(entry.key, "expected a digest and a proof"))
    elif all(marker in head for marker in _BLOCK_MARKERS):
        found.unplaced[entry.key] = entry
    else:
        found.foreign.append(entry)


def _attempt(found: _Sorted, key: str, work: Callable[[], _Read]) -> _Read | None:
    """Return the result of reading an object; None if it cannot be read, which is noted."""
    try:
        return work()
    except ObjectError as error:
        found.unreadable.append(Unreadable(key, str(error)))
    except DamagedObject as error:
        found.unreadable.append(Unreadable(key, error.code, error.offset))
    except IonError as error:
        found.unreadable.append(Unreadable(key, error.code))
    return None


def _probe_all(found: _Sorted, source: Source, probe: Callable[[Source, str], BlockRange]) -> None:
    for key, entry in found.unplaced.items():
        if (blocks := _attempt(found, key, partial(probe, source, key))) is not None:
            found.data[key] = (entry, blocks)
    found.unplaced.clear()


class _Described(NamedTuple):
    """A started manifest."""

    key: str
    name: ManifestName
    started: StartedManifest


class _Listed(NamedTuple):
    """A completed manifest with the objects that it names."""

    key: str
    name: ManifestName
    export_id: str
    described: _Described | None
    objects: list[str]
    missing: list[str]
    ambiguous: list[AmbiguousKey]


def _put_together(source: Source, found: _Sorted) -> Catalogue:
    described = _described(source, found)
    listed = _listed(source, found, described)
    owners: dict[str, tuple[Recency, str]] = {}
    for each in listed:
        recency = _recency(each, found)
        for key in each.objects:
            owners[key] = max(owners.get(key, (recency, each.export_id)), (recency, each.export_id))
    objects = {
        key: _data_object(entry, blocks, owners.get(key))
        for key, (entry, blocks) in found.data.items()
    }
    exports = [_export(each, objects) for each in listed]
    completed = {each.described.key for each in listed if each.described is not None}
    exports += [_not_completed(each) for each in described if each.key not in completed]
    exports.sort(key=_made)
    return Catalogue(
        location=source.location,
        exports=exports,
        unlisted=[each for each in objects.values() if each.export_id is None],
        sequences=journal_sequences(objects.values()),
        unplaced=list(found.unplaced.values()),
        proofs=found.proofs,
        foreign=found.foreign,
        unreadable=found.unreadable,
        modified={key: entry.modified for key, (entry, _) in found.data.items()},
    )


def _described(source: Source, found: _Sorted) -> list[_Described]:
    described = []
    for entry, name in found.started:
        started = _attempt(found, entry.key, partial(_started_manifest, source, entry.key))
        if started is not None:
            described.append(_Described(entry.key, name, started))
    return described


def _started_manifest(source: Source, key: str) -> StartedManifest:
    return started_manifest(_value(source, key))


def _listed(source: Source, found: _Sorted, described: list[_Described]) -> list[_Listed]:
    index = ObjectIndex([*found.data, *found.unplaced])
    listed = []
    for entry, name in found.completed:
        keys = _attempt(found, entry.key, partial(_completed_keys, source, entry.key))
        if keys is not None:
            listed.append(_matched(index, entry.key, name, keys, described))
    return listed


def _completed_keys(source: Source, key: str) -> list[str]:
    return completed_keys(_value(source, key))


def _value(source: Source, key: str) -> Span:
    """Return the content of a manifest."""
    content = read(source, key, MAX_VALUE_BYTES + 1)
    if len(content) > MAX_VALUE_BYTES:
        raise IonError(f"expected a manifest of at most {MAX_VALUE_BYTES} bytes")
    return small_file_value(content)


def _matched(
    index: ObjectIndex,
    manifest_key: str,
    name: ManifestName,
    keys: list[str],
    described: list[_Described],
) -> _Listed:
    manifest_keys = ManifestKeys(index, manifest_key, name.prefix)
    # A key that comes twice is one object.
    objects: dict[str, None] = {}
    missing, ambiguous = [], []
    for key in keys:
        match = manifest_keys.match(key)
        if match.key is None:
            missing.append(key)
            continue
        objects[match.key] = None
        if match.others:
            ambiguous.append(AmbiguousKey(key, match.key, match.others))
    beside = _beside(manifest_key, name, described)
    export_id = name.export_id or (beside and beside.started.export_id) or file_name(manifest_key)
    return _Listed(manifest_key, name, export_id, beside, list(objects), missing, ambiguous)


def _beside(
    manifest_key: str, name: ManifestName, described: list[_Described]
) -> _Described | None:
    """Return the started manifest of an export; of several copies, the one in the same place."""
    of_export = [
        each
        for each in described
        if name.export_id in {each.name.export_id, each.started.export_id}
    ]
    return max(of_export, key=lambda each: common(each.key, manifest_key), default=None)


def _recency(listed: _Listed, found: _Sorted) -> Recency:
    held = [found.data[key] for key in listed.objects if key in found.data]
    end = listed.described.started.end_time if listed.described is not None else None
    return (
        max((blocks.last for _, blocks in held), default=-1),
        _in_utc(end or ""),
        max((entry.modified for entry, _ in held), default=0.0),
    )


def _in_utc(text: str) -> str:
    """Return a timestamp in a form in which the order of texts is that of times."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC).isoformat(timespec="microseconds")
    except ValueError:
        return text


def _data_object(entry: Entry, blocks: BlockRange, owner: tuple[Recency, str] | None) -> DataObject:
    recency, export_id = owner or ((blocks.last, "", entry.modified), None)
    return DataObject(
        key=entry.key,
        size=entry.size,
        strand_id=blocks.strand_id,
        first=blocks.first,
        last=blocks.last,
        export_id=export_id,
        recency=recency,
        etag=entry.etag,
    )


def _export(listed: _Listed, objects: Mapping[str, DataObject]) -> Export:
    described = listed.described
    return Export(
        export_id=listed.export_id,
        strand_id=listed.name.strand_id,
        completed_key=listed.key,
        started_key=None if described is None else described.key,
        started=None if described is None else described.started,
        objects=[objects[key] for key in listed.objects if key in objects],
        missing=listed.missing,
        ambiguous=listed.ambiguous,
    )


def _not_completed(described: _Described) -> Export:
    export_id = described.name.export_id or described.started.export_id
    return Export(
        export_id=export_id or file_name(described.key),
        strand_id=None,
        completed_key=None,
        started_key=described.key,
        started=described.started,
        objects=[],
        missing=[],
        ambiguous=[],
    )


def _made(export: Export) -> tuple[str, int, str]:
    """Order exports for the user: by their end, their last block, their id."""
    end = export.started.end_time if export.started is not None else None
    last = max((each.last for each in export.objects), default=-1)
    return (_in_utc(end or ""), last, export.export_id)
