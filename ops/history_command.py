"""The command `python -m ops history`."""

from __future__ import annotations

import json
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from journal.errors import IonError
from journal.exports.block import read_block
from journal.exports.blocks import Format, object_blocks
from journal.exports.document_history import HistoryEntry, Verdict, document_history
from journal.ion.writing import standalone
from journal.retyping import Retyping
from ops.command import Command
from ops.errors import OpsError
from ops.exports import parallel
from ops.exports.catalogue import catalogue
from ops.exports.missing_objects import missing_objects
from ops.exports.options import add_source, chosen_sequence
from ops.exports.probing import block_range
from ops.exports.reading_progress import reading_progress
from ops.exports.source import ObjectError, open_source
from ops.exports.verification import Outcome
from ops.standard_output import print_lines
from ops.terminal_text import printable
from ops.text_table import aligned

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from rich.console import Console

    from journal.exports.located import Located
    from journal.exports.sequence import ObjectPart
    from ops.exports.catalogue import Catalogue

_DESCRIPTION = """\
Lists every revision of one document in journal exports: version, state (live,
deleted, redacted), time and id of its transaction, its block, and whether the
revision and its block have the hashes that they tell (`python -m ops verify`
also checks the chain of all blocks). Documents are printed with --data only.

Exit status: 0 all revisions verify, 1 not all do or some are missing, 2
something could not be read or there is no such document.
"""

_EXAMPLES = """\
  python -m ops history exports/ Vehicle JUJgkIcNbhS2goq8RqLuZ4
"""


class _Found(NamedTuple):
    """What one process found in some objects."""

    bytes: int
    entries: list[HistoryEntry]
    problems: list[str]


class _History(NamedTuple):
    """The revisions of a document.

    Attributes
    ----------
    entries
        In the order of their versions.
    problems
        What could not be read, which may hold other revisions.
    missing
        What is not in the source.
    """

    entries: list[HistoryEntry]
    problems: list[str]
    missing: list[str]


def _add_options(parser: argparse.ArgumentParser) -> None:
    add_source(parser)
    parser.add_argument("table", metavar="TABLE", help="name or id of the ledger table")
    parser.add_argument("document", metavar="ID", help="id of the document")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--data", action="store_true", help="print the documents as Ion text too")


def _run(options: argparse.Namespace, console: Console) -> int:
    try:
        history = _history(options, console)
    except OpsError as error:
        console.print(f"error: {error}", style="red")
        return Outcome.NOT_READ.value
    entries = history.entries
    lines = [_json(entries, with_data=options.data)] if options.json else _lines(entries)
    if options.data and not options.json:
        lines += _documents(entries)
    print_lines(lines)
    _warn(console, history.missing)
    if history.problems:
        return Outcome.NOT_READ.value
    is_proven = not history.missing and all(
        entry.verdict in (Verdict.PROVEN, Verdict.PROVEN_RETYPED) for entry in entries
    )
    status: int = (Outcome.PROVEN if is_proven else Outcome.NOT_PROVEN).value
    return status


COMMAND = Command(
    name="history",
    summary="list the revisions of a document in journal exports",
    description=_DESCRIPTION,
    examples=_EXAMPLES,
    add_options=_add_options,
    run=_run,
)


def _history(options: argparse.Namespace, console: Console) -> _History:
    """Find the revisions, and warn of what could not be read, whether there are any or not."""
    found = catalogue(open_source(options.source), block_range)
    sequence = chosen_sequence(found, options.strand)
    result = _read(options, sequence.parts, console)
    problems = [*_unread(found), *result.problems]
    _warn(console, problems)
    entries = _of_table(result.entries, options.table, options.document)
    missing = [
        f"blocks {gap.first} to {gap.last} are in no object: revisions in them are not listed"
        for gap in sequence.gaps
    ]
    return _History(entries, problems, missing + _missing_versions(entries, sequence.parts))


def _unread(found: Catalogue) -> list[str]:
    problems = [f"{printable(each.key)}: {each.problem}" for each in found.unreadable]
    return [*problems, *(each.text for each in missing_objects(found))]


def _missing_versions(entries: Sequence[HistoryEntry], parts: Sequence[ObjectPart]) -> list[str]:
    """Find versions that a complete journal has: a block can have lost all that it told of one."""
    # Versions before an export that starts later are not missing.
    is_from_start = bool(parts) and parts[0].read_from == 0
    versions = [each.version for each in entries]
    before = [-1, *versions] if is_from_start else versions
    return [
        f"{_versions(one + 1, other - 1)} of the document, which must have existed"
        for one, other in pairwise(before)
        if one + 1 < other
    ]


def _versions(first: int, last: int) -> str:
    if first == last:
        return f"there is no revision with version {first}"
    return f"there are no revisions with versions {first} to {last}"


def _warn(console: Console, problems: Sequence[str]) -> None:
    for problem in problems:
        console.print(f"warning: {problem}", style="yellow")


def _read(options: argparse.Namespace, parts: Sequence[ObjectPart], console: Console) -> _Found:
    entries: list[HistoryEntry] = []
    problems: list[str] = []
    total = sum(part.size for part in parts)
    with reading_progress(console) as progress:
        progress.start(total, "reading")

        def done(found: _Found) -> None:
            entries.extend(found.entries)
            problems.extend(found.problems)
            progress.advance(found.bytes, len(found.entries))

        work = partial(_search, document_id=options.document)
        parallel.run(work, options.source, parts, options.processes, done)
    return _Found(total, entries, problems)


class _Seen:
    """The blocks of an object, which are counted, and of which the last one is remembered."""

    def __init__(self, blocks: Iterator[Located]) -> None:
        self._blocks = blocks
        self._last: Located | None = None
        self._count = 0

    def __iter__(self) -> Iterator[Located]:
        for located in self._blocks:
            self._last = located
            self._count += 1
            yield located

    def problem(self, part: ObjectPart) -> str | None:
        """Return what is wrong with the object's blocks; one that is cut there is well formed.

        Raises
        ------
        IonError
            If the last value is no block.
        """
        if self._last is None:
            return f"has no block, but should have blocks {part.first} to {part.last}"
        last = read_block(self._last.span).address.sequence_no
        if last != part.last:
            return f"ends with block {last}, but should end with block {part.last}"
        expected = part.last - part.first + 1
        if self._count != expected:
            return f"has {self._count} blocks, but should have {expected}"
        return None


def _search(location: str, parts: Sequence[ObjectPart], *, document_id: str) -> _Found:
    """Search some objects; called in other processes."""
    source = open_source(location)
    found = _Found(sum(part.size for part in parts), [], [])
    types = Retyping()
    for part in parts:
        try:
            kind, blocks = object_blocks(source.chunks(part.key))
            seen = _Seen(blocks)
            found.entries.extend(
                document_history(
                    seen,
                    document_id,
                    read_from=part.read_from,
                    read_to=part.read_to,
                    types=types if kind is Format.JSON else None,
                )
            )
            if (problem := seen.problem(part)) is not None:
                found.problems.append(f"{printable(part.key)} {problem}")
        except ObjectError as error:
            found.problems.append(f"{printable(part.key)}: {error}")
        except IonError as error:
            found.problems.append(f"{printable(part.key)} is damaged: {error.code}")
    return found


def _of_table(entries: list[HistoryEntry], table: str, document: str) -> list[HistoryEntry]:
    """Return the revisions in a table.

    Raises
    ------
    OpsError
        If there are none.
    """
    if not entries:
        raise OpsError(
            f"there is no revision of the document {printable(document)} in any table: "
            "`python -m ops inspect` tells what the export holds"
        )
    found = [each for each in entries if table in (each.table_id, each.table_name)]
    found += [each for each in entries if each.table_id is None]
    if not found:
        names = {f"{each.table_name} ({each.table_id})" for each in entries}
        raise OpsError(
            f"the document {printable(document)} is not in the table {printable(table)} but in "
            f"{printable(', '.join(sorted(names)))}"
        )
    return sorted(found, key=lambda each: (each.version, each.sequence_no))


_HEADINGS = ("version", "state", "time", "transaction", "block", "verification")


def _lines(entries: Sequence[HistoryEntry]) -> list[str]:
    rows = [
        _HEADINGS,
        *(
            (
                str(each.version),
                each.state.value,
                each.tx_time,
                printable(each.tx_id),
                str(each.sequence_no),
                each.verdict.value,
            )
            for each in entries
        ),
    ]
    return aligned(rows, text_columns=range(len(_HEADINGS)))


def _documents(entries: Sequence[HistoryEntry]) -> list[str]:
    lines = []
    for each in entries:
        if (text := _document(each)) is not None:
            lines += ["", f"// version {each.version}", text]
    return lines


def _document(entry: HistoryEntry) -> str | None:
    if entry.data is None:
        return None
    # amazon.ion, which the Ion text comes from, takes half a second to import.
    from ops.ion_text import ion_text  # noqa: PLC0415 (see above)

    return ion_text(standalone(entry.data))


def _json(entries: Sequence[HistoryEntry], *, with_data: bool) -> str:
    return json.dumps([_fields(each, with_data=with_data) for each in entries], indent=2)


def _fields(entry: HistoryEntry, *, with_data: bool) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "version": entry.version,
        "state": entry.state.value,
        "transactionTime": entry.tx_time,
        "transactionId": entry.tx_id,
        "block": entry.sequence_no,
        "tableId": entry.table_id,
        "tableName": entry.table_name,
        "verification": entry.verdict.value,
    }
    if with_data:
        fields["dataIon"] = _document(entry)
    return fields
