"""The report of a comparison as a page to keep."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ops.exports.html_page import Page, element, facts, foreign, section, table
from ops.exports.report_words import block_text, duration_text, time_text
from ops.reconcile import report_words as words
from ops.reconcile.kinds import MEANINGS
from ops.reconcile.reconciliation import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

    from ops.reconcile.comparison import Difference
    from ops.reconcile.kinds import Kind
    from ops.reconcile.reconciliation import Reconciliation, TableResult

_TITLE = "Comparison of a QLDB journal export with DynamoDB"
_LOOKS = {Outcome.EQUAL: "good", Outcome.DIFFERENT: "bad", Outcome.NOT_READ: "open"}


def html(found: Reconciliation) -> str:
    """Return the report as one HTML page that loads nothing and runs no script.

    Parameters
    ----------
    found
        What was compared. The same input gives the same page.
    """
    word = words.OUTCOME_WORDS[found.outcome]
    parts = [
        element(
            "header",
            element("h1", _TITLE),
            element("p", foreign(found.source), " · ", time_text(found.started_at)),
        ),
        element(
            "div",
            element("p", word, class_="word"),
            *(element("p", each) for each in words.outcome_sentences(found)),
            class_=f"outcome {_LOOKS[found.outcome]}",
        ),
        section("What was compared", _compared(found)),
        section("Tables", _tiles(found), _tables(found)),
        section("Differences by kind", *_kinds(found)),
        *(_listed(found, kind) for kind in found.counts),
        section("What could not be read", *_problems(found)),
        section(
            "Run it again",
            element("p", "This command compares the same export with the tables as they are then:"),
            element("pre", element("code", found.command)),
        ),
        element(
            "footer",
            f"Written by python -m ops reconcile, version {found.tool_version}. This page holds no"
            " document data; it loads nothing and runs no script.",
        ),
    ]
    return Page(title=f"{word}: comparison of a journal export", children=parts).html()


def _compared(found: Reconciliation) -> Element:
    pairs: list[tuple[str, Element | str]] = [
        ("Source", foreign(found.source)),
        ("Read", f"{words.formats_text(found)} ({found.bytes:,} bytes)"),
        ("Strand", foreign(found.strand_id) if found.strand_id else "none"),
        ("Data starts at", block_text(found.first_block)),
        ("Data ends with", block_text(found.last_block)),
        ("Blocks", f"{found.blocks:,}"),
        ("Revisions", f"{found.revisions:,}"),
        ("Compared", "all attributes" if found.is_deep else "versions, hashes and states"),
        ("After the end", "nothing may be newer" if found.is_ended else "items may be newer"),
        ("Started", time_text(found.started_at)),
        ("Took", duration_text(found.seconds)),
        ("Tool", f"python -m ops reconcile, version {found.tool_version}"),
    ]
    return facts(pairs)


def _tiles(found: Reconciliation) -> Element:
    tiles = facts(
        (
            ("items", f"{sum(each.items for each in found.tables):,}"),
            ("expected", f"{sum(each.expected for each in found.tables):,}"),
            ("wrong", f"{found.wrong:,}"),
        )
    )
    tiles.set("class", "tiles")
    return tiles


def _tables(found: Reconciliation) -> Element:
    return table(
        "Items by table",
        ["Table", "items", "expected", "wrong"],
        [
            [
                _table_name(each),
                each.items,
                each.expected,
                sum(number for kind, number in each.counts.items() if found.is_wrong(kind)),
            ]
            for each in found.tables
        ],
    )


def _table_name(result: TableResult) -> Element:
    ledger_table = result.ledger_table
    return element(
        "div",
        element("div", "history" if ledger_table is None else foreign(ledger_table)),
        element("div", foreign(result.table_name), class_="quiet"),
    )


def _kinds(found: Reconciliation) -> Iterator[Element]:
    if not found.counts:
        yield element("p", "None.")
        return
    yield table(
        "Differences by kind",
        ["Kind", "Number", "Meaning", "What to do"],
        [
            [
                kind.value,
                number,
                MEANINGS[kind].text,
                words.remedy(found, kind) or "nothing: it is not wrong",
            ]
            for kind, number in found.counts.items()
        ],
    )


def _listed(found: Reconciliation, kind: Kind) -> Element:
    listed = [each for each in found.differences if each.kind is kind]
    more = found.counts[kind] - len(listed)
    return section(
        kind.value.capitalize(),
        element("ol", *(_difference(found, each) for each in listed), class_="findings"),
        *([element("p", f"And {more:,} more.")] if more else []),
    )


def _difference(found: Reconciliation, difference: Difference) -> Element:
    text = words.difference_text(difference)
    return element(
        "li",
        element("p", foreign(difference.document_id)),
        element(
            "p",
            words.table_title(found.table_of(difference)),
            f": {text}" if text else "",
            class_="quiet",
        ),
    )


def _problems(found: Reconciliation) -> Iterator[Element]:
    if not found.unread:
        yield element("p", "Everything was read.")
        return
    yield element("ul", *(element("li", words.problem_text(each)) for each in found.problems))
    if found.unread > len(found.problems):
        yield element("p", f"And {found.unread - len(found.problems):,} more.")
