"""The report for a terminal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from journal.exports.findings import Finding, FindingKind
from ops.exports.report_text import WIDTH, summary
from ops.exports.report_words import ADVICE, duration_text, size_text
from ops.exports.verification import Outcome, RevisionCounts, TableVerification, Verification
from tests.support.verifications import FAULTS, HOSTILE, NOT_PROVEN, NOTHING, OBJECT, PROVEN


def text(verification: Verification) -> str:
    """Return the report without its line breaks and indents."""
    return " ".join(" ".join(summary(verification)).split())


def with_finding(finding: Finding, number: int = 1) -> Verification:
    return replace(NOT_PROVEN, findings=(finding,), finding_counts={finding.kind: number})


@pytest.mark.parametrize(
    ("verification", "word"),
    [(PROVEN, "PROVEN"), (NOT_PROVEN, "NOT PROVEN"), (NOTHING, "COULD NOT BE READ")],
)
def test_the_outcome_is_first(verification: Verification, word: str) -> None:
    assert summary(verification)[0] == word


@pytest.mark.parametrize("verification", [PROVEN, NOT_PROVEN, NOTHING])
def test_lines_are_no_wider_than_the_terminal(verification: Verification) -> None:
    assert max(map(len, summary(verification))) <= WIDTH


@pytest.mark.parametrize("verification", [PROVEN, NOT_PROVEN, NOTHING, HOSTILE])
def test_lines_hold_nothing_that_a_terminal_obeys(verification: Verification) -> None:
    assert all(line.isprintable() for line in summary(verification))


@pytest.mark.parametrize(
    "fact",
    [
        "Every block matches its hashes and continues the block before it.",
        "A proof leads from block 71998 to a digest of the ledger.",
        "Read 12 objects (11 Ion binary, 1 JSON), 1.2 GB, from s3://archive/exports/",
        "Starts at block 0, 2020-01-01T10:11:12.345Z",
        "Ends with block 71998, 2021-02-03T04:05:06.789Z",
        "Blocks 71,999",
        "Revisions 1,234,567, and 14 of QLDB's own catalog",
        "Took 1 min 23 s (14,803 revisions/s)",
        "Delete rule The hash of a delete is that of its metadata.",
        "Person 1,000,000 500 0 0 80 0",
        "Vehicle 234,000 67 0 0 9 2",
        "all 1,234,000 567 0 0 89 2",
        "Re-typed: proven after types were restored",
        "Digest 6m6BMXobbJKpMhahwVthAEsN6awgnHK62Qq5McGP1Gk=: proven",
        "exports/digest.json, covers blocks up to 71998",
        "proof of block 71998: exports/proofs.json",
        "31 hashes lead from the block to the digest.",
        "What this cannot show - Blocks after the last one are not missed",
    ],
)
def test_the_report_tells(fact: str) -> None:
    assert fact in text(PROVEN)


def test_columns_of_counts_are_aligned() -> None:
    lines = summary(PROVEN)
    start = next(place for place, line in enumerate(lines) if line.startswith("Table"))

    assert len({len(line) for line in lines[start : start + 4]}) == 1


def test_names_of_wide_characters_are_aligned() -> None:
    wide = replace(PROVEN.tables[0], name="人物")
    lines = summary(replace(PROVEN, tables=(wide, PROVEN.tables[1])))

    row = next(line for line in lines if line.startswith("人物"))
    assert row.index("1,000,000") + 2 == summary(PROVEN)[
        next(i for i, line in enumerate(summary(PROVEN)) if line.startswith("Person"))
    ].index("1,000,000")


def test_a_long_name_of_a_table_has_its_own_line() -> None:
    long = replace(PROVEN.tables[0], name="T" * 128)

    assert "T" * 128 in summary(replace(PROVEN, tables=(long,)))


def test_two_tables_of_one_name_have_their_ids() -> None:
    tables = tuple(replace(each, name="Person") for each in PROVEN.tables)

    found = text(replace(PROVEN, tables=tables))
    assert "Person (8F0TPCmdNQ6JTRpiLj2TmW)" in found
    assert "Person (GaT8Nv0ZzHi3KqXvKqI0Xn)" in found


def test_a_table_without_a_name_has_its_id() -> None:
    table = TableVerification(table_id="8F0T", name=None, counts=RevisionCounts(proven=1))

    assert "name unknown (8F0T)" in text(replace(PROVEN, tables=(table,)))


def test_the_selection_is_told() -> None:
    found = text(replace(PROVEN, selection="table Person"))

    assert "Selection table Person" in found
    assert "Within the selection, every block matches its hashes" in found


@pytest.mark.parametrize("is_proven", [False, None])
def test_without_a_proven_digest_the_limit_is_told(is_proven: bool | None) -> None:  # noqa: FBT001 (a parameter of the test)
    digest = replace(PROVEN.digests[0], is_proven=is_proven)

    assert "No digest was proven: somebody who rewrote the whole export" in text(
        replace(PROVEN, digests=(digest,))
    )


def test_not_provable_is_called_neither_changed_nor_unchanged() -> None:
    counts = RevisionCounts(proven=98, not_provable=2)

    assert (
        "2 of 100 revisions cannot be proven in this format. JSON does not keep the types that were"
        " hashed (timestamps, blobs, symbols), so this does not show whether they were changed;"
    ) in text(replace(PROVEN, counts=counts))


def test_not_proven_without_a_finding_is_told() -> None:
    found = text(replace(PROVEN, outcome=Outcome.NOT_PROVEN))

    assert "Nothing contradicts the hashes, but not everything is proven by one." in found


def test_a_source_that_was_read_in_part_is_told() -> None:
    found = text(replace(NOT_PROVEN, outcome=Outcome.NOT_READ))

    assert "A part of the source could not be read; the rest was verified." in found


def test_wrong_revisions_are_told() -> None:
    assert "1 of 1,234,576 revisions has another hash than the one that was committed." in text(
        NOT_PROVEN
    )


def test_the_first_bad_block_is_named_with_its_object_on_a_line_to_copy() -> None:
    lines = summary(NOT_PROVEN)

    place = lines.index("  The first bad block is 4711:")
    assert lines[place + 1] == f"    {OBJECT}"
    assert lines[place + 2].startswith("    offset 1048576, block 4711")


@pytest.mark.parametrize(
    "kind",
    [
        FindingKind.UNREADABLE_OBJECT,
        FindingKind.MISSING_OBJECT,
        FindingKind.OBJECT_NAME,
        FindingKind.DELETE_RULE,
        FindingKind.DIGEST,
    ],
)
def test_a_finding_about_no_block_names_no_bad_block(kind: FindingKind) -> None:
    assert "first bad block" not in text(with_finding(Finding(kind, "detail", sequence_no=3)))


@pytest.mark.parametrize("kind", FindingKind)
def test_each_kind_of_finding_is_explained(kind: FindingKind) -> None:
    found = text(with_finding(Finding(kind, "what is there", key="a/key", offset=7)))

    assert f"1 x {kind.value} {ADVICE[kind].meaning} - a/key offset 7 what is there" in found
    assert f"What to do: {ADVICE[kind].remedy}" in found


def test_all_kinds_of_findings_have_advice() -> None:
    assert set(ADVICE) == set(FindingKind)


def test_of_many_findings_of_a_kind_the_first_are_shown() -> None:
    many = replace(
        NOT_PROVEN,
        findings=[FAULTS[1]._replace(sequence_no=5000 + number) for number in range(5)],
        finding_counts={FindingKind.CHAIN: 1000},
    )

    found = text(many)
    assert "1,000 x chain" in found
    assert "block 5002" in found
    assert "block 5003" not in found
    assert "- and 997 more" in found


def test_a_kind_whose_places_were_not_kept_is_counted() -> None:
    found = text(replace(NOT_PROVEN, findings=(), finding_counts={FindingKind.GAP: 3}))

    assert "3 x gap" in found


def test_a_finding_about_no_object_is_about_the_source() -> None:
    assert "- the whole source" in text(with_finding(Finding(FindingKind.DELETE_RULE, "detail")))


def test_a_place_at_the_very_start_is_told() -> None:
    found = text(
        with_finding(
            Finding(
                FindingKind.REVISION_HASH,
                "",
                key="k",
                offset=0,
                sequence_no=0,
                document_id="d",
                version=0,
            )
        )
    )

    assert "The first bad block is 0: k offset 0, block 0, document d, version 0" in found


def test_of_several_proofs_the_one_that_covers_most_is_told() -> None:
    (digest,) = PROVEN.digests
    digests = (replace(digest, sequence_no=5), replace(digest, sequence_no=7), digest)

    assert "A proof leads from block 71998 to" in text(replace(PROVEN, digests=digests))


def test_a_proof_of_an_unknown_block_is_told() -> None:
    (digest,) = PROVEN.digests

    assert "A proof leads from the export to a digest" in text(
        replace(PROVEN, digests=(replace(digest, sequence_no=None),))
    )


def test_formats_are_in_one_order() -> None:
    assert "(11 Ion binary, 1 JSON)" in text(replace(PROVEN, formats={"JSON": 1, "Ion binary": 11}))


def test_a_file_with_digest_and_proof_is_named_once() -> None:
    digest = replace(PROVEN.digests[0], digest_file="a/proofs.json", proof_file="a/proofs.json")

    found = text(replace(PROVEN, digests=(digest,)))
    assert found.count("a/proofs.json") == 1
    assert "proof of block 71998: the same file" in found


def test_a_long_source_is_never_cut() -> None:
    source = "s3://bucket/" + "p" * 200

    assert any(source in line for line in summary(replace(PROVEN, source=source)))


def test_a_kind_without_findings_is_left_out() -> None:
    counts = {**NOT_PROVEN.finding_counts, FindingKind.GAP: 0}

    assert summary(replace(NOT_PROVEN, finding_counts=counts)) == summary(NOT_PROVEN)


def test_one_finding_is_one() -> None:
    assert "There is 1 finding." in text(with_finding(FAULTS[0]))


def test_a_long_key_is_never_cut() -> None:
    key = "k y-" * 256

    assert any(key in line for line in summary(with_finding(Finding(FindingKind.GAP, "", key=key))))


def test_deletes_without_a_known_rule_are_told() -> None:
    assert "Delete rule no known rule gives the hashes" in text(replace(PROVEN, delete_rule=None))


def test_nothing_to_tell_is_left_out() -> None:
    found = text(NOTHING)

    assert not [
        word
        for word in ("Findings", "Digest", "Table", "Delete rule", "revisions/s")
        if word in found
    ]


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0.0 s"),
        (59.94, "59.9 s"),
        (60, "1 min 0 s"),
        (3599, "59 min 59 s"),
        (7380, "2 h 3 min"),
    ],
)
def test_durations_are_readable(seconds: float, shown: str) -> None:
    assert duration_text(seconds) == shown


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1_000, "1.0 kB"),
        (2_500_000, "2.5 MB"),
        (10**9, "1.0 GB"),
        (7 * 10**12, "7.0 TB"),
    ],
)
def test_sizes_are_readable(size: int, shown: str) -> None:
    assert size_text(size) == shown
