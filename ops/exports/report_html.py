"""The report of a verification as a page that an auditor can keep."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ops.exports import report_words as words
from ops.exports.html_page import Page, element, facts, foreign, section, table
from ops.exports.periods import Periods, periods
from ops.exports.plot import plot
from ops.exports.verification import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from xml.etree.ElementTree import Element

    from journal.exports.findings import Finding
    from ops.exports.verification import (
        DigestVerification,
        RevisionCounts,
        TableVerification,
        Verification,
    )

MAX_FINDINGS = 200
"""Findings with their places in one page; ``--json`` has all that were kept."""

_TITLE = "Verification of a QLDB journal export"
_OUTCOME_LOOKS = {Outcome.PROVEN: "good", Outcome.NOT_PROVEN: "bad", Outcome.NOT_READ: "open"}
_DIGEST_LOOKS = {True: "good", False: "bad", None: "open"}


def html(verification: Verification) -> str:
    """Return the report as one HTML page that loads nothing and runs no script.

    Parameters
    ----------
    verification
        What was found. The same input gives the same page.
    """
    word = words.OUTCOME_WORDS[verification.outcome]
    parts = [
        _header(verification),
        element(
            "div",
            element("p", word, class_="word"),
            *(element("p", each) for each in words.outcome_sentences(verification)),
            *_first_bad_block(verification),
            class_=f"outcome {_OUTCOME_LOOKS[verification.outcome]}",
        ),
        section("What was checked", _checked(verification)),
        section("Result", _tiles(verification.counts), *_tables(verification)),
        section("Digests and proofs", *_digests(verification.digests)),
        section("Revisions over time", *_over_time(verification)),
        section("Findings", *_findings(verification)),
        section("Rules that were applied", *_rules(verification)),
        section("What this verification cannot show", _list("ul", verification.not_shown)),
        section(
            "Run it again",
            element("p", "With the same files, this command gives the same results:"),
            element("pre", element("code", verification.command)),
        ),
        element(
            "footer",
            f"Written by python -m ops verify, version {verification.tool_version}. This page"
            " holds no document data; it loads nothing and runs no script.",
        ),
    ]
    return Page(title=f"{word}: {_TITLE.lower().replace('qldb', 'QLDB')}", children=parts).html()


def _header(verification: Verification) -> Element:
    return element(
        "header",
        element("h1", _TITLE),
        element("p", foreign(verification.source), " · ", words.time_text(verification.started_at)),
    )


def _first_bad_block(verification: Verification) -> Iterator[Element]:
    bad = words.first_bad_block(verification)
    if bad is not None:
        yield element("p", f"The first bad block is {bad.sequence_no}: ", _place(bad))


def _place(finding: Finding) -> Element:
    key, place = words.finding_place(finding)
    if not key:
        return element("span", place or "the whole source")
    return element("span", foreign(key), f", {place}" if place else "")


def _checked(verification: Verification) -> Element:
    own = verification.hash_only_revisions
    pairs: list[tuple[str, Element | str]] = [
        ("Source", foreign(verification.source)),
        ("Selection", verification.selection or "everything"),
        ("Read", f"{words.objects_text(verification)} ({verification.bytes:,} bytes)"),
        ("Strand", foreign(verification.strand_id) if verification.strand_id else "none"),
        ("Data starts at", words.block_text(verification.first_block)),
        ("Data ends with", words.block_text(verification.last_block)),
        ("Blocks", f"{verification.blocks:,}"),
        ("Revisions", f"{verification.counts.total:,}"),
    ]
    if own:
        pairs.append(
            ("QLDB's catalog", f"{own:,} more revisions, of which an export has only the hashes")
        )
    pairs += [
        ("Started", words.time_text(verification.started_at)),
        ("Took", words.duration_text(verification.seconds)),
        ("Tool", f"python -m ops verify, version {verification.tool_version}"),
    ]
    return facts(pairs)


def _tiles(counts: RevisionCounts) -> Element:
    tiles = facts((name, f"{number:,}") for name, number in words.count_columns(counts))
    tiles.set("class", "tiles")
    return tiles


def _tables(verification: Verification) -> Iterator[Element]:
    explained = words.counts_explained(verification.counts)
    if explained:
        yield element("p", explained, class_="quiet note")
    if not verification.tables:
        return
    columns = [name for name, _ in words.count_columns(verification.counts)]
    yield table(
        "Revisions by table",
        ["Table", *columns],
        [
            [
                _table_name(each),
                *(number for _, number in words.count_columns(each.counts)),
            ]
            for each in verification.tables
        ],
    )


def _table_name(named: TableVerification) -> Element:
    return element(
        "div",
        element("div", "name unknown" if named.name is None else foreign(named.name)),
        element(
            "div",
            "id unknown" if named.table_id is None else foreign(named.table_id),
            class_="quiet",
        ),
    )


def _digests(digests: Sequence[DigestVerification]) -> Iterator[Element]:
    if not digests:
        yield element(
            "p",
            "No digest was found or given. Without one, the export is only consistent in itself.",
        )
    for each in digests:
        pairs: list[tuple[str, Element | str]] = [
            ("Digest", foreign(each.digest)),
            (
                "Result",
                element("span", words.digest_result(each), class_=_DIGEST_LOOKS[each.is_proven]),
            ),
            ("Tried", each.detail),
            (
                "Covers",
                "not told by its file"
                if each.tip_sequence_no is None
                else f"all blocks up to {each.tip_sequence_no}",
            ),
            ("Digest file", foreign(each.digest_file)),
            ("Proof file", "none" if each.proof_file is None else foreign(each.proof_file)),
        ]
        if each.sequence_no is not None:
            pairs.append(("Proof is for", f"block {each.sequence_no}"))
        yield facts(pairs)


def _over_time(verification: Verification) -> Iterator[Element]:
    found = periods(verification.revisions_by_day)
    if not found.periods:
        yield element("p", "No revision has a date.")
    else:
        yield plot("revisions", "Revisions over time", found)
        yield element(
            "details",
            element("summary", f"The numbers by {found.unit}"),
            table("Revisions over time", [found.unit, "revisions"], _numbers(found)),
        )
    if found.undated:
        yield element(
            "p", f"{words.plural(found.undated, 'revision')} without a date of the calendar."
        )


def _numbers(found: Periods) -> list[tuple[str, int]]:
    return [(each.label, each.number) for each in found.periods if each.number]


def _findings(verification: Verification) -> Iterator[Element]:
    if not any(verification.finding_counts.values()):
        yield element("p", "None.")
        return
    yield table(
        "Findings by kind",
        ["Kind", "Number", "Meaning", "What to do"],
        [
            [kind.value, number, *words.ADVICE[kind]]
            for kind, number in verification.finding_counts.items()
            if number
        ],
    )
    shown = verification.findings[:MAX_FINDINGS]
    if shown:
        yield element("h3", "The first ones, in the order of the journal")
        yield element("ol", *(_finding(each) for each in shown), class_="findings")
    more = sum(verification.finding_counts.values()) - len(shown)
    if more > 0:
        yield element("p", f"And {more:,} more.")


def _finding(finding: Finding) -> Element:
    return element(
        "li",
        element("p", element("span", finding.kind.value, class_="kind"), f": {finding.detail}"),
        element("p", _place(finding), class_="quiet"),
    )


def _rules(verification: Verification) -> Iterator[Element]:
    yield _list("ol", verification.rules)
    delete_rule = words.delete_rule(verification)
    if delete_rule:
        yield element("p", f"Rule for the hashes of deletes: {delete_rule}")


def _list(kind: str, sentences: Sequence[str]) -> Element:
    if not sentences:
        return element("p", "None.")
    return element(kind, *(element("li", each) for each in sentences))
