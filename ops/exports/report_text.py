"""The report of a verification for a terminal."""

from __future__ import annotations

import textwrap
from collections import Counter
from typing import TYPE_CHECKING

from rich.cells import cell_len

from ops.exports import report_words as words
from ops.terminal_text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from journal.exports.findings import Finding, FindingKind
    from ops.exports.verification import DigestVerification, TableVerification, Verification

WIDTH = 100
"""Columns; only keys and names are longer, because they are for copying."""

_LABEL = 13
_INDENT = "  "
_NAME = 32
_COLUMN = 11
_PLACES_OF_A_KIND = 3


def summary(verification: Verification) -> list[str]:
    """Return the report as lines of at most `WIDTH` columns.

    Parameters
    ----------
    verification
        What was found.

    Returns
    -------
    list of str
        The outcome first. No content of a document.
    """
    lines = [
        words.OUTCOME_WORDS[verification.outcome],
        *_wrapped(" ".join(words.outcome_sentences(verification)), _INDENT),
        *_first_bad_block(verification),
    ]
    for part in (
        _facts(verification),
        _tables(verification),
        _digests(verification.digests),
        _findings(verification),
        _sentences("What this cannot show", verification.not_shown),
    ):
        if part:
            lines += ["", *part]
    return lines


def _first_bad_block(verification: Verification) -> list[str]:
    bad = words.first_bad_block(verification)
    if bad is None:
        return []
    return [f"{_INDENT}The first bad block is {bad.sequence_no}:", *_place(bad, _INDENT * 2)]


def _place(finding: Finding, start: str) -> list[str]:
    """Return where a finding is; the key has a line of its own, to copy it."""
    key, place = words.finding_place(finding)
    lines = [key] if key else []
    if place:
        lines += _wrapped(place, "")
    lines = lines or ["the whole source"]
    return [start + lines[0], *(" " * len(start) + line for line in lines[1:])]


def _facts(verification: Verification) -> list[str]:
    pairs = [
        ("Read", f"{words.objects_text(verification)}, from {printable(verification.source)}"),
        ("Selection", printable(verification.selection)),
        ("Strand", printable(verification.strand_id or "")),
        ("Starts at", words.block_text(verification.first_block)),
        ("Ends with", words.block_text(verification.last_block)),
        ("Blocks", f"{verification.blocks:,}"),
        ("Revisions", _revisions(verification)),
        ("Delete rule", words.delete_rule(verification)),
        ("Took", f"{words.duration_text(verification.seconds)}{_rate(verification)}"),
    ]
    return [
        line for label, value in pairs if value for line in _wrapped(value, label.ljust(_LABEL))
    ]


def _revisions(verification: Verification) -> str:
    own = verification.hash_only_revisions
    return f"{verification.counts.total:,}" + (
        f", and {own:,} of QLDB's own catalog, of which an export has only the hashes"
        if own
        else ""
    )


def _rate(verification: Verification) -> str:
    if verification.seconds <= 0 or not verification.counts.total:
        return ""
    return f" ({verification.counts.total / verification.seconds:,.0f} revisions/s)"


def _tables(verification: Verification) -> list[str]:
    if not verification.tables:
        return []
    headers = [name for name, _ in words.count_columns(verification.counts)]
    lines = [
        f"{'Table':{_NAME}}" + "".join(f"{name:>{_width(name)}}" for name in headers),
    ]
    names = Counter(each.name for each in verification.tables)
    for each in verification.tables:
        is_ambiguous = each.name is None or names[each.name] > 1
        lines += _row(_table_name(each, is_ambiguous=is_ambiguous), each)
    if len(verification.tables) > 1:
        lines += _row("all", verification)
    return [*lines, *_wrapped(words.counts_explained(verification.counts), _INDENT)]


def _table_name(table: TableVerification, *, is_ambiguous: bool) -> str:
    name = words.table_name(table)
    if not is_ambiguous:
        return name
    return f"{name} ({printable(table.table_id or 'id unknown')})"


def _row(name: str, counted: TableVerification | Verification) -> list[str]:
    numbers = "".join(
        f"{number:>{_width(column)},}" for column, number in words.count_columns(counted.counts)
    )
    # Characters of some scripts take two columns.
    room = _NAME - cell_len(name)
    return [name + " " * room + numbers] if room > 0 else [name, " " * _NAME + numbers]


def _width(column: str) -> int:
    return max(_COLUMN, len(column) + 1)


def _digests(digests: Sequence[DigestVerification]) -> list[str]:
    lines: list[str] = []
    for each in digests:
        covers = (
            "" if each.tip_sequence_no is None else f", covers blocks up to {each.tip_sequence_no}"
        )
        lines += [
            f"Digest {printable(each.digest)}: {words.digest_result(each)}",
            *_wrapped(f"{printable(each.digest_file)}{covers}", _INDENT),
        ]
        if each.proof_file is not None:
            block = "" if each.sequence_no is None else f" of block {each.sequence_no}"
            is_same = each.proof_file == each.digest_file
            file = "the same file" if is_same else printable(each.proof_file)
            lines += _wrapped(f"proof{block}: {file}", _INDENT)
        lines += _wrapped(printable(each.detail), _INDENT)
    return lines


def _findings(verification: Verification) -> list[str]:
    lines: list[str] = []
    for kind, number in verification.finding_counts.items():
        if number:
            first = [each for each in verification.findings if each.kind is kind]
            lines += _kind(kind, number, first[:_PLACES_OF_A_KIND])
    if not lines:
        return []
    return [f"Findings: {sum(verification.finding_counts.values()):,}", *lines]


def _kind(kind: FindingKind, number: int, first: Sequence[Finding]) -> Iterator[str]:
    advice = words.ADVICE[kind]
    yield f"{_INDENT}{number:,} x {kind.value}"
    yield from _wrapped(advice.meaning, _INDENT * 3)
    for each in first:
        yield from _place(each, _INDENT * 2 + "- ")
        yield from _wrapped(printable(each.detail), _INDENT * 3)
    if number > len(first) > 0:
        yield f"{_INDENT * 2}- and {number - len(first):,} more"
    yield from _wrapped(advice.remedy, f"{_INDENT * 2}What to do: ")


def _sentences(heading: str, sentences: Sequence[str]) -> list[str]:
    if not sentences:
        return []
    lines = [heading]
    for each in sentences:
        lines += _wrapped(printable(each), f"{_INDENT}- ")
    return lines


def _wrapped(text: str, start: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=start,
        subsequent_indent=" " * len(start),
        # A key that is cut is no key.
        break_long_words=False,
        break_on_hyphens=False,
    )
