"""The report as a page."""

from __future__ import annotations

from dataclasses import replace

import pytest

from journal.exports.findings import Finding, FindingKind
from ops.exports.report_html import MAX_FINDINGS, html
from ops.exports.report_words import ADVICE
from ops.exports.verification import RevisionCounts, TableVerification, Verification
from tests.support.html_outline import HtmlOutline
from tests.support.verifications import (
    ATTACK,
    DIGEST,
    FAULTS,
    HOSTILE,
    NOT_PROVEN,
    NOTHING,
    OBJECT,
    PROVEN,
    STRAND,
)

EVERY = [PROVEN, NOT_PROVEN, NOTHING, HOSTILE]


def text(verification: Verification) -> str:
    return HtmlOutline(html(verification)).text


def headings(verification: Verification) -> list[str]:
    return [text for tag, text in HtmlOutline(html(verification)).texts if tag == "h2"]


@pytest.mark.parametrize("verification", EVERY)
def test_the_page_is_well_formed_and_its_ids_are_unique(verification: Verification) -> None:
    found = HtmlOutline(html(verification))

    assert all(number == 1 for number in found.ids.values())


@pytest.mark.parametrize("verification", EVERY)
def test_the_page_refers_to_nothing_outside(verification: Verification) -> None:
    found = HtmlOutline(html(verification))

    loading = {"src", "href", "srcset", "action", "data", "poster", "background", "xlink:href"}
    references = [
        value
        for _, attributes in found.elements
        for name, value in attributes.items()
        if name in loading
    ]
    assert references == ["data:,"]


@pytest.mark.parametrize("verification", EVERY)
def test_the_page_has_no_script(verification: Verification) -> None:
    found = HtmlOutline(html(verification))

    assert not [tag for tag, _ in found.elements if tag in {"script", "iframe", "object", "img"}]
    assert not [name for _, attributes in found.elements for name in attributes if name[:2] == "on"]


def test_hostile_names_are_shown_escaped() -> None:
    found = HtmlOutline(html(HOSTILE))

    shown = [text for tag, text in found.texts if tag == "code"]
    assert (
        "</code><script>alert('x')</script>\"' onload=alert(1) &lt;&#60; \\x1b[2J\\x00\\r\\n"
        "\\u202egpj.exe\\u2066\\u200f\\u2028\\x00\\udc80 <img src=https://evil.test/x>"
    ) in shown


def test_hostile_names_leave_no_raw_control_character() -> None:
    page = html(HOSTILE)

    assert not {each for each in page if not each.isprintable()} - {"\n"}
    assert ATTACK not in page


def test_hostile_names_change_nothing_in_the_structure() -> None:
    harmless = replace(
        HOSTILE,
        tables=(replace(HOSTILE.tables[0], name="a", table_id="b"),),
        source="c",
        findings=(HOSTILE.findings[0]._replace(key="d", detail="e", document_id="f"),),
    )

    def tags(verification: Verification) -> list[str]:
        return [tag for tag, _ in HtmlOutline(html(verification)).elements]

    assert tags(HOSTILE) == tags(harmless)


def test_the_same_result_gives_the_same_page() -> None:
    assert html(NOT_PROVEN) == html(replace(NOT_PROVEN))


@pytest.mark.parametrize(
    ("verification", "word", "look"),
    [
        (PROVEN, "PROVEN", "good"),
        (NOT_PROVEN, "NOT PROVEN", "bad"),
        (NOTHING, "COULD NOT BE READ", "open"),
    ],
)
def test_the_outcome_is_in_the_title_and_first(
    verification: Verification, word: str, look: str
) -> None:
    found = HtmlOutline(html(verification))

    assert ("title", f"{word}: verification of a QLDB journal export") in found.texts
    (banner,) = found.with_class("outcome")
    assert banner["class"] == f"outcome {look}"
    texts = [text for _, text in found.texts]
    assert texts.index(word) < texts.index("What was checked")


def test_the_page_has_a_heading_for_each_part() -> None:
    assert headings(PROVEN) == [
        "What was checked",
        "Result",
        "Digests and proofs",
        "Revisions over time",
        "Findings",
        "Rules that were applied",
        "What this verification cannot show",
        "Run it again",
    ]


def test_a_result_without_anything_has_the_same_parts() -> None:
    assert headings(NOTHING) == headings(PROVEN)


@pytest.mark.parametrize(
    "fact",
    [
        "s3://archive/exports/",
        "12 objects (11 Ion binary, 1 JSON), 1.2 GB (1,234,567,890 bytes)",
        STRAND,
        "block 0, 2020-01-01T10:11:12.345Z",
        "block 71998, 2021-02-03T04:05:06.789Z",
        "71,999",
        "1,234,567",
        "14 more revisions, of which an export has only the hashes",
        "2026-11-30 00:53:20 UTC",
        "1 min 23 s",
        "version 9.8.7",
        DIGEST,
        "exports/digest.json",
        "exports/proofs.json",
        "31 hashes lead from the block to the digest.",
        "all blocks up to 71998",
        "The hash of a revision is that of its metadata and its data.",
        "Rule for the hashes of deletes: The hash of a delete is that of its metadata.",
        "no manifest tells where the data ends",
        "python -m ops verify s3://archive/exports/ --html report.html",
    ],
)
def test_the_page_tells(fact: str) -> None:
    assert fact in text(PROVEN)


def test_the_selection_is_told() -> None:
    selected = replace(PROVEN, selection="table Person, from 2020-02-03")

    assert "table Person, from 2020-02-03" in text(selected)
    assert "Within the selection, every block" in text(selected)


def test_the_plot_has_a_bar_for_each_week() -> None:
    assert len(HtmlOutline(html(PROVEN)).with_class("bar")) == 58


def test_the_numbers_of_the_plot_are_a_table_too() -> None:
    found = HtmlOutline(html(replace(PROVEN, revisions_by_day={"2020-02-03": 4321})))

    assert ("summary", "The numbers by day") in found.texts
    assert ("th", "2020-02-03") in found.texts
    assert ("td", "4,321") in found.texts


def test_revisions_without_a_date_are_told() -> None:
    assert "3 revisions without a date of the calendar." in text(HOSTILE)


def test_no_revision_means_no_plot() -> None:
    assert not HtmlOutline(html(NOTHING)).with_class("plot")
    assert "No revision has a date." in text(NOTHING)


def test_the_sum_of_all_tables_is_shown_first() -> None:
    counts = RevisionCounts(
        proven=1_000, proven_retyped=22, not_provable=33, wrong=44, deleted=55, redacted=66
    )
    page = html(replace(NOTHING, counts=counts))

    tiles = page[page.index('class="tiles"') :]
    assert [text for tag, text in HtmlOutline(page).texts if tag == "dd"][-6:] == [
        "1,000",
        *("22", "33", "44", "55", "66"),
    ]
    assert tiles.index("<dt>proven</dt><dd>1,000</dd>") < tiles.index("<dt>redacted</dt>")


def test_each_table_has_its_counts() -> None:
    counts = RevisionCounts(
        proven=11, proven_retyped=22, not_provable=33, wrong=44, deleted=55, redacted=66
    )
    tables = (TableVerification(table_id=None, name=None, counts=counts),)
    found = HtmlOutline(html(replace(NOTHING, tables=tables)))

    assert [text for tag, text in found.texts if tag == "td"] == [
        *("11", "22", "33", "44", "55", "66"),
    ]
    assert ("div", "name unknown") in found.texts
    assert ("div", "id unknown") in found.texts


@pytest.mark.parametrize(
    ("is_proven", "word", "look"),
    [(True, "proven", "good"), (False, "not proven", "bad"), (None, "not checked", "open")],
)
def test_each_digest_has_its_result(is_proven: bool | None, word: str, look: str) -> None:  # noqa: FBT001 (a parameter of the test)
    digest = replace(PROVEN.digests[0], is_proven=is_proven)
    found = HtmlOutline(html(replace(PROVEN, digests=(digest,))))

    assert ("span", word) in found.texts
    assert ("span", {"class": look}) in found.elements


def test_a_missing_digest_is_told() -> None:
    assert "No digest was found or given." in text(NOTHING)


def test_the_first_bad_block_is_named_with_its_object() -> None:
    assert (
        f"The first bad block is 4711: {OBJECT}, offset 1048576, block 4711, document"
        " 3Qv67yjXEwB9SjmvkuG6Cp, version 3" in text(NOT_PROVEN)
    )


def test_each_kind_of_finding_has_its_number_meaning_and_remedy() -> None:
    found = HtmlOutline(html(NOT_PROVEN))

    cells = [text for tag, text in found.texts if tag == "td"]
    start = cells.index("7")
    assert cells[start + 1 : start + 3] == list(ADVICE[FindingKind.CHAIN])


def test_a_kind_without_findings_is_left_out() -> None:
    counts = {**NOT_PROVEN.finding_counts, FindingKind.GAP: 0}

    assert html(replace(NOT_PROVEN, finding_counts=counts)) == html(NOT_PROVEN)


def test_each_fault_has_its_place() -> None:
    found = text(NOT_PROVEN)

    assert (
        f"chain: The block names another previous block.{OBJECT}, offset 2097152"
        in found.replace("\n", "")
    )
    assert f"exports/2021/{STRAND}.5-9.ion" in found


def test_findings_that_are_not_shown_are_counted() -> None:
    assert "And 6 more." in text(NOT_PROVEN)


def test_a_page_holds_a_limited_number_of_findings() -> None:
    many = replace(
        NOT_PROVEN,
        findings=FAULTS[1:2] * (MAX_FINDINGS + 5),
        finding_counts={FindingKind.CHAIN: MAX_FINDINGS + 5},
    )

    assert text(many).count("names another previous block") == MAX_FINDINGS
    assert "And 5 more." in text(many)


def test_a_finding_about_no_object_is_about_the_source() -> None:
    finding = Finding(kind=FindingKind.DELETE_RULE, detail="No rule.")
    found = text(
        replace(NOT_PROVEN, findings=(finding,), finding_counts={FindingKind.DELETE_RULE: 1})
    )

    assert "the whole source" in found


def test_deletes_without_a_known_rule_are_told() -> None:
    assert "no known rule gives the hashes of the deletes" in text(
        replace(PROVEN, delete_rule=None)
    )
