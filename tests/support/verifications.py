"""Results of verifications, made up."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from journal.exports.findings import Finding, FindingKind
from ops.exports.verification import (
    BlockPlace,
    DigestVerification,
    Outcome,
    RevisionCounts,
    TableVerification,
    Verification,
)

STRAND = "JdxjkR9bSYB5jMHWcI464T"
DIGEST = "6m6BMXobbJKpMhahwVthAEsN6awgnHK62Qq5McGP1Gk="
OBJECT = f"exports/2021/{STRAND}.1-4.ion"

PROVEN = Verification(
    source="s3://archive/exports/",
    started_at=1_796_000_000.25,
    seconds=83.4,
    tool_version="9.8.7",
    command="python -m ops verify s3://archive/exports/ --html report.html",
    selection="",
    formats={"Ion binary": 11, "JSON": 1},
    objects=12,
    bytes=1_234_567_890,
    strand_id=STRAND,
    first_block=BlockPlace(sequence_no=0, timestamp="2020-01-01T10:11:12.345Z"),
    last_block=BlockPlace(sequence_no=71_998, timestamp="2021-02-03T04:05:06.789Z"),
    blocks=71_999,
    hash_only_revisions=14,
    counts=RevisionCounts(proven=1_234_000, proven_retyped=567, deleted=89, redacted=2),
    tables=(
        TableVerification(
            table_id="8F0TPCmdNQ6JTRpiLj2TmW",
            name="Person",
            counts=RevisionCounts(proven=1_000_000, proven_retyped=500, deleted=80),
        ),
        TableVerification(
            table_id="GaT8Nv0ZzHi3KqXvKqI0Xn",
            name="Vehicle",
            counts=RevisionCounts(proven=234_000, proven_retyped=67, deleted=9, redacted=2),
        ),
    ),
    delete_rule="The hash of a delete is that of its metadata.",
    digests=(
        DigestVerification(
            digest=DIGEST,
            tip_sequence_no=71_998,
            digest_file="exports/digest.json",
            proof_file="exports/proofs.json",
            sequence_no=71_998,
            is_proven=True,
            detail="31 hashes lead from the block to the digest.",
        ),
    ),
    rules=(
        "The hash of a revision is that of its metadata and its data.",
        "The hash of a block is that of its entries and of the block before it.",
    ),
    not_shown=("Blocks after the last one are not missed: no manifest tells where the data ends.",),
    findings=(),
    finding_counts={},
    revisions_by_day={
        (date(2020, 1, 1) + timedelta(days=day)).isoformat(): 200 + day * 37 % 1901
        for day in range(400)
        if day % 11
    },
    outcome=Outcome.PROVEN,
)
"""Everything is proven, with a digest."""

FAULTS = (
    Finding(
        kind=FindingKind.REVISION_HASH,
        detail="The hash of metadata and data is another one.",
        key=OBJECT,
        offset=1_048_576,
        sequence_no=4711,
        document_id="3Qv67yjXEwB9SjmvkuG6Cp",
        version=3,
    ),
    Finding(
        kind=FindingKind.CHAIN,
        detail="The block names another previous block.",
        key=OBJECT,
        offset=2_097_152,
        sequence_no=4713,
    ),
    Finding(
        kind=FindingKind.MISSING_OBJECT,
        detail="The manifest names this object.",
        key=f"exports/2021/{STRAND}.5-9.ion",
    ),
)

NOT_PROVEN = replace(
    PROVEN,
    counts=RevisionCounts(
        proven=1_234_000, proven_retyped=567, not_provable=8, wrong=1, deleted=89, redacted=2
    ),
    digests=(replace(PROVEN.digests[0], is_proven=False, detail="The proof leads elsewhere."),),
    findings=FAULTS,
    finding_counts={
        FindingKind.REVISION_HASH: 1,
        FindingKind.CHAIN: 7,
        FindingKind.MISSING_OBJECT: 1,
    },
    outcome=Outcome.NOT_PROVEN,
)
"""A changed revision, a broken chain, and a missing object."""

NOTHING = replace(
    PROVEN,
    strand_id=None,
    formats={},
    objects=0,
    bytes=0,
    first_block=None,
    last_block=None,
    blocks=0,
    hash_only_revisions=0,
    counts=RevisionCounts(),
    tables=(),
    delete_rule=None,
    digests=(),
    rules=(),
    not_shown=(),
    revisions_by_day={},
    outcome=Outcome.NOT_READ,
)
"""Nothing could be read."""

ATTACK = (
    "</code><script>alert('x')</script>\"' onload=alert(1) &lt;&#60; \x1b[2J\x00\r\n"
    "\u202egpj.exe\u2066\u200f\u2028\u0000\udc80 <img src=https://evil.test/x>"
)
"""A name made by somebody who wants the report to lie."""

HOSTILE = replace(
    NOT_PROVEN,
    source=ATTACK,
    tool_version=ATTACK,
    command=ATTACK,
    selection=ATTACK,
    formats={ATTACK: 1},
    strand_id=ATTACK,
    first_block=BlockPlace(sequence_no=1, timestamp=ATTACK),
    last_block=BlockPlace(sequence_no=2, timestamp=ATTACK),
    tables=(TableVerification(table_id=ATTACK, name=ATTACK, counts=RevisionCounts(proven=1)),),
    delete_rule=ATTACK,
    digests=(
        DigestVerification(
            digest=ATTACK,
            tip_sequence_no=None,
            digest_file=ATTACK,
            proof_file=ATTACK,
            sequence_no=None,
            is_proven=None,
            detail=ATTACK,
        ),
    ),
    rules=(ATTACK,),
    not_shown=(ATTACK,),
    findings=(
        Finding(
            kind=FindingKind.CHAIN, detail=ATTACK, key=ATTACK, sequence_no=1, document_id=ATTACK
        ),
    ),
    revisions_by_day={ATTACK: 3, "2021-01-01": 4},
)
"""Every text is an attack."""
