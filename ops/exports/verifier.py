"""Verifies a whole journal export: reads it on all cores, and puts the results together."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from functools import lru_cache, partial
from typing import TYPE_CHECKING, NamedTuple, Protocol

from handler.version import project_version
from journal.exports.findings import Finding, FindingKind
from journal.exports.journal_verification import JournalVerification
from journal.exports.part_verification import PartVerification, TableTally
from journal.exports.selection import Selection
from journal.retyping import MAX_TRIES, QUICK_TRIES, Retyping
from ops.errors import OpsError
from ops.exports import parallel
from ops.exports.catalogue import catalogue
from ops.exports.digests import digest_findings, verify_digests, wanted_blocks
from ops.exports.missing_objects import missing_objects
from ops.exports.options import chosen_sequence
from ops.exports.probing import block_range
from ops.exports.source import open_source
from ops.exports.verification import (
    BlockPlace,
    Outcome,
    RevisionCounts,
    TableVerification,
    Verification,
)
from ops.exports.verification_texts import (
    RULES,
    delete_rule_text,
    limits,
    selection_text,
    superseded_limits,
)
from ops.exports.verified_batch import VerifiedBatch, verify_batch
from ops.terminal_text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from journal.exports.blocks import Format
    from journal.exports.part_verification import Edge
    from journal.exports.sequence import ObjectPart
    from journal.retyping import LearnedTypes
    from ops.exports.catalogue import Catalogue, FoundProof
    from ops.exports.verification import DigestVerification


@dataclass(frozen=True, kw_only=True)
class VerifyOptions:
    """What to verify, and how.

    Attributes
    ----------
    selection
        Tables and times.
    strand_id
        Which ledger's journal, where the source has several; None for the only one.
    proofs
        Digests and proofs besides those in the source.
    processes
        How many processes read.
    command
        The command line that repeats the verification, for reports.
    """

    selection: Selection = field(default_factory=Selection)
    strand_id: str | None = None
    proofs: Sequence[FoundProof] = ()
    processes: int = 1
    command: str = ""


class Progress(NamedTuple):
    """What has been read since the last time: bytes as stored, and revisions."""

    bytes: int
    revisions: int


class Reader(Protocol):
    """Has `verify_batch` called for all parts, here or elsewhere."""

    def __call__(self, parts: Sequence[ObjectPart], done: Callable[[VerifiedBatch], None]) -> None:
        """Verify parts, with `QUICK_TRIES`.

        Parameters
        ----------
        parts
            In the order of the journal.
        done
            Receives each result, in the order of the parts.
        """


def verify(
    location: str,
    options: VerifyOptions,
    *,
    start: Callable[[int], None],
    advance: Callable[[Progress], None],
    reader: Reader | None = None,
) -> Verification:
    """Verify the journal in a source.

    Parameters
    ----------
    location
        Folder, file or ``s3://bucket/prefix``.
    options
        What to verify, and how.
    start
        Receives the number of bytes that will be read; once more where objects are read again to
        search for types.
    advance
        Receives what has been read.
    reader
        Has the objects verified; None for the processes of this machine. What is read again to
        search for types is read by these.

    Raises
    ------
    OpsError
        If the source cannot be listed, holds no journal, or several without a choice.
    """
    started_at = time.time()
    began = time.monotonic()
    found = catalogue(open_source(location), block_range)
    chosen = chosen_sequence(found, options.strand_id)
    proofs = [*found.proofs, *options.proofs]
    run = _Run(location, chosen.strand_id, options, wanted_blocks(proofs), reader)
    for finding in _findings_before(found):
        run.journal.add_finding(finding)
    start(sum(part.size for part in chosen.parts))
    run.read(chosen.parts, advance)
    run.try_again(start, advance)
    run.journal.finish()
    digests = verify_digests(proofs, run.journal, chosen.strand_id)
    # Blocks after the end of a selection are not missing.
    whole = run.journal if options.selection.end is None else None
    for finding in digest_findings(digests, proofs, whole, run.strand_id):
        run.journal.add_finding(finding)
    _check_tables(run.journal, options.selection)
    return _result(
        run,
        found,
        options,
        digests,
        superseded=chosen.superseded,
        started_at=started_at,
        seconds=time.monotonic() - began,
    )


class _Run:
    """One verification while it goes on."""

    def __init__(
        self,
        location: str,
        strand_id: str,
        options: VerifyOptions,
        wanted: frozenset[int],
        reader: Reader | None,
    ) -> None:
        self._reader = reader
        self._location = location
        self.strand_id = strand_id
        self._options = options
        self._wanted = wanted
        self._types = Retyping()
        self._unproven: dict[ObjectPart, PartVerification] = {}
        self.journal = JournalVerification()
        self.formats: Counter[Format] = Counter()
        self.bytes = 0
        self.objects = 0

    def read(self, parts: Sequence[ObjectPart], advance: Callable[[Progress], None]) -> None:
        """Verify all objects, in their order."""

        def done(batch: VerifiedBatch) -> None:
            revisions = 0
            for part, result, found in zip(batch.parts, batch.results, batch.formats, strict=True):
                self.journal.add(result)
                if found is not None:
                    self.formats[found] += 1
                revisions += result.revisions_by_day.total()
                if any(tally.not_provable for tally in result.tables.values()):
                    self._unproven[part] = result
            self._types.merge(batch.learned)
            size = sum(part.size for part in batch.parts)
            self.bytes += size
            self.objects += len(batch.parts)
            advance(Progress(size, revisions))

        if self._reader is None:
            self._run(parts, done, QUICK_TRIES)
        else:
            self._reader(parts, done)

    def try_again(self, start: Callable[[int], None], advance: Callable[[Progress], None]) -> None:
        """Search for more types, and with those that were found in all objects.

        It is done until nothing new is found: else the result would depend on which objects one
        process happened to read.
        """
        is_new = True

        def done(batch: VerifiedBatch) -> None:
            nonlocal is_new
            for part, result in zip(batch.parts, batch.results, strict=True):
                self.journal.replace_tables(self._unproven[part], result)
                self._unproven[part] = result
            is_new = self._types.merge(batch.learned) or is_new
            advance(Progress(sum(part.size for part in batch.parts), 0))

        while is_new:
            is_new = False
            parts = [
                part
                for part, result in self._unproven.items()
                if any(tally.not_provable for tally in result.tables.values())
            ]
            if parts:
                start(sum(part.size for part in parts))
                self._run(parts, done, MAX_TRIES)
        for result in self._unproven.values():
            self.journal.add_not_provable(result)

    def _run(
        self, parts: Sequence[ObjectPart], done: Callable[[VerifiedBatch], None], max_tries: int
    ) -> None:
        work = partial(
            _verify_batch,
            strand_id=self.strand_id,
            selection=self._options.selection,
            wanted=self._wanted,
            learned=self._types.learned,
            max_tries=max_tries,
        )
        parallel.run(work, self._location, parts, self._options.processes, done)


_opened = lru_cache(maxsize=1)(open_source)
"""Each process opens the source once."""


def _verify_batch(
    location: str,
    parts: Sequence[ObjectPart],
    *,
    strand_id: str,
    selection: Selection,
    wanted: frozenset[int],
    learned: LearnedTypes,
    max_tries: int,
) -> VerifiedBatch:
    """Verify some objects; called in other processes."""
    return verify_batch(
        _opened(location),
        parts,
        strand_id=strand_id,
        selection=selection,
        wanted=wanted,
        learned=learned,
        max_tries=max_tries,
    )


def _findings_before(found: Catalogue) -> list[Finding]:
    """Return what the listing of the source shows."""
    findings = [
        Finding(FindingKind.MISSING_OBJECT, each.problem, each.key)
        for each in missing_objects(found)
    ]
    findings += [
        Finding(FindingKind.UNREADABLE_OBJECT, each.problem, each.key, each.offset)
        for each in found.unreadable
    ]
    return findings


def _check_tables(journal: JournalVerification, selection: Selection) -> None:
    """Refuse to call a table proven of which nothing was verified, such as one with a typo.

    Nothing is refused where there are findings: they matter more, and may be why the table is not
    found.
    """
    unknown = selection.tables - {*journal.names, *journal.names.values()}
    if not unknown or not journal.blocks or any(journal.finding_counts.values()):
        return
    raise OpsError(
        f"no revision of the ledger table {printable(', '.join(sorted(unknown)))} was found in the "
        f"blocks that were read: give names or ids of {_listed(set(journal.names.values()))}"
    )


def _listed(names: set[str]) -> str:
    """Return the first names, and how many others there are."""
    found = printable(", ".join(sorted(names)[:_MAX_LISTED_TABLES])) or "none"
    more = len(names) - _MAX_LISTED_TABLES
    return f"{found} and {more} more" if more > 0 else found


_MAX_LISTED_TABLES = 20


def _result(
    run: _Run,
    found: Catalogue,
    options: VerifyOptions,
    digests: Sequence[DigestVerification],
    *,
    superseded: Sequence[ObjectPart],
    started_at: float,
    seconds: float,
) -> Verification:
    journal = run.journal
    tables = [
        TableVerification(
            table_id=table_id,
            name=None if table_id is None else journal.names.get(table_id),
            counts=_counts(tally),
        )
        for table_id, tally in journal.tables.items()
    ]
    tables.sort(key=lambda table: (table.name or "", table.table_id or ""))
    total = TableTally()
    for tally in journal.tables.values():
        total.add(tally)
    return Verification(
        source=found.location,
        started_at=started_at,
        seconds=seconds,
        tool_version=project_version(),
        command=options.command,
        selection=selection_text(options.selection),
        formats={each.value: count for each, count in sorted(run.formats.items())},
        objects=run.objects,
        bytes=run.bytes,
        strand_id=run.strand_id or None,
        first_block=_place(journal.first),
        last_block=_place(journal.last),
        blocks=journal.blocks,
        hash_only_revisions=journal.hash_only_revisions,
        counts=_counts(total),
        tables=tables,
        delete_rule=delete_rule_text(journal),
        digests=digests,
        rules=RULES,
        not_shown=[
            *superseded_limits(superseded),
            *limits(journal, found, options.selection, digests),
        ],
        findings=journal.findings,
        finding_counts=journal.finding_counts,
        revisions_by_day=dict(sorted(journal.revisions_by_day.items())),
        outcome=_outcome(journal),
    )


def _counts(tally: TableTally) -> RevisionCounts:
    return RevisionCounts(**asdict(tally))


def _place(edge: Edge | None) -> BlockPlace | None:
    return (
        None if edge is None else BlockPlace(sequence_no=edge.sequence_no, timestamp=edge.timestamp)
    )


_CAUSED_BY_NOT_READ = frozenset({FindingKind.GAP})
"""Findings that follow where an object could not be read."""

_NOT_READ_KINDS = frozenset({FindingKind.UNREADABLE_OBJECT, FindingKind.MISSING_OBJECT})


def _outcome(journal: JournalVerification) -> Outcome:
    wrong = {kind for kind, count in journal.finding_counts.items() if count}
    if wrong - _NOT_READ_KINDS - _CAUSED_BY_NOT_READ - {FindingKind.NOT_PROVABLE}:
        return Outcome.NOT_PROVEN
    if wrong & _NOT_READ_KINDS or not journal.blocks:
        return Outcome.NOT_READ
    if wrong:
        return Outcome.NOT_PROVEN
    return Outcome.PROVEN
