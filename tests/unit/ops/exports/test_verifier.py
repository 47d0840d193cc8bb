"""The verification of a whole source: exports in every format, damaged, cut, doubled and joined."""

from __future__ import annotations

import gzip
import json
import random
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import qldb_simulator.journal
from amazon.ion import simpleion
from qldb_simulator.ion_hash import ion_hash
from qldb_simulator.operations import CreateTable, Delete, Insert

from journal.exports.findings import FindingKind
from journal.exports.selection import Selection
from ops.errors import OpsError
from ops.exports.verification import Outcome, RevisionCounts
from ops.exports.verifier import Progress, VerifyOptions, verify
from tests.support.block_proofs import proofs_of
from tests.support.exports import (
    START,
    ExportFormat,
    WrittenExport,
    export_of,
    new_ledger,
    write_files,
)
from tests.support.genuine import SEQUENCE_NO, STRAND, block_text, cli_output
from tests.support.journals import busy_ledger

if TYPE_CHECKING:
    from pathlib import Path

    from qldb_simulator.blocks import Block

    from ops.exports.verification import Verification

LEDGER = busy_ledger()
BLOCKS = LEDGER.blocks
OTHER_EXPORT_ID = "2ZzAdzxh1X4KNZlUyBKwR9"


def run(folder: Path, **options: object) -> Verification:
    return verify(
        str(folder),
        VerifyOptions(**options),  # type: ignore[arg-type]
        start=lambda _: None,
        advance=lambda _: None,
    )


def exported(
    output_format: ExportFormat = ExportFormat.ION_BINARY, blocks: tuple[Block, ...] = BLOCKS
) -> WrittenExport:
    return export_of(blocks, output_format)


def kinds(found: Verification) -> set[FindingKind]:
    return set(found.finding_counts)


@pytest.mark.parametrize("output_format", ExportFormat)
def test_an_export_in_each_format_is_proven(tmp_path: Path, output_format: ExportFormat) -> None:
    export = exported(output_format)

    found = run(export.write_to(tmp_path))

    assert found.outcome is Outcome.PROVEN
    assert found.findings == []
    assert found.blocks == len(BLOCKS)
    assert found.objects == len(export.data_keys)
    assert list(found.formats.values()) == [len(export.data_keys)]
    assert found.counts.total == 5
    assert (found.counts.deleted, found.counts.redacted) == (1, 1)
    assert found.first_block is not None
    assert found.last_block is not None
    assert (found.first_block.sequence_no, found.last_block.sequence_no) == (0, len(BLOCKS) - 1)
    assert [table.name for table in found.tables] == ["Person"]
    assert found.delete_rule == "the hash of the metadata combined with the Ion Hash of null"


def test_ion_is_proven_as_it_is(tmp_path: Path) -> None:
    found = run(exported().write_to(tmp_path))

    assert found.counts == RevisionCounts(proven=5, deleted=1, redacted=1)


def test_a_lost_object_is_named(tmp_path: Path) -> None:
    export = exported()
    export.write_to(tmp_path)
    (tmp_path / export.data_keys[1]).unlink()

    found = run(tmp_path)

    assert found.outcome is Outcome.NOT_READ
    assert kinds(found) == {FindingKind.MISSING_OBJECT, FindingKind.GAP}
    assert export.data_keys[1] in {finding.key for finding in found.findings}


def test_an_object_that_is_lost_without_a_manifest_leaves_a_gap(tmp_path: Path) -> None:
    export = exported()
    export.write_to(tmp_path)
    (tmp_path / export.data_keys[1]).unlink()
    (tmp_path / export.completed_key).unlink()

    found = run(tmp_path)

    assert found.outcome is Outcome.NOT_PROVEN
    assert kinds(found) == {FindingKind.GAP}


@pytest.mark.parametrize("output_format", [ExportFormat.ION_TEXT, ExportFormat.JSON])
def test_an_object_that_is_cut_at_a_lines_end_is_found(
    tmp_path: Path, output_format: ExportFormat
) -> None:
    export = exported(output_format)
    export.write_to(tmp_path)
    last = tmp_path / export.data_keys[-1]
    lines = last.read_bytes().splitlines(keepends=True)
    last.write_bytes(b"".join(lines[:-1]))

    found = run(tmp_path)

    assert found.outcome is Outcome.NOT_PROVEN
    assert kinds(found) == {FindingKind.OBJECT_NAME}


@pytest.mark.parametrize("output_format", ExportFormat)
def test_a_cut_object_is_named_and_the_others_are_read(
    tmp_path: Path, output_format: ExportFormat
) -> None:
    export = exported(output_format)
    export.write_to(tmp_path)
    cut = tmp_path / export.data_keys[1]
    cut.write_bytes(cut.read_bytes()[:-3])

    found = run(tmp_path)

    assert found.outcome is Outcome.NOT_READ
    assert kinds(found) == {FindingKind.UNREADABLE_OBJECT, FindingKind.GAP}
    assert found.blocks == len(BLOCKS) - 1


def test_swapped_objects_are_found(tmp_path: Path) -> None:
    export = exported()
    export.write_to(tmp_path)
    one, two = (tmp_path / key for key in export.data_keys[:2])
    first, second = one.read_bytes(), two.read_bytes()
    one.write_bytes(second)
    two.write_bytes(first)

    assert FindingKind.OBJECT_NAME in kinds(run(tmp_path))


def test_an_object_with_another_ones_content_is_found(tmp_path: Path) -> None:
    export = exported()
    export.write_to(tmp_path)
    one, two = (tmp_path / key for key in export.data_keys[:2])
    two.write_bytes(one.read_bytes())

    assert FindingKind.OBJECT_NAME in kinds(run(tmp_path))


def test_an_object_that_is_there_twice_is_read_once(tmp_path: Path) -> None:
    export = exported()
    copies = {f"copy/{key}": export.files[key] for key in export.data_keys}
    write_files(tmp_path, {**export.files, **copies})

    found = run(tmp_path)

    assert found.outcome is Outcome.PROVEN
    assert found.blocks == len(BLOCKS)


def test_overlapping_exports_are_read_once(tmp_path: Path) -> None:
    older = export_of(BLOCKS[:5], blocks_per_object=2)
    newer = export_of(BLOCKS[3:], blocks_per_object=2, export_id=OTHER_EXPORT_ID)
    write_files(tmp_path, {**older.files, **newer.files})

    found = run(tmp_path)

    assert found.outcome is Outcome.PROVEN
    assert found.blocks == len(BLOCKS)


def test_a_foreign_file_under_an_objects_name_is_found(tmp_path: Path) -> None:
    export = exported()
    export.write_to(tmp_path)
    (tmp_path / export.data_keys[1]).write_bytes(b"\x89PNG\r\n\x1a\n")

    assert run(tmp_path).outcome is Outcome.NOT_READ


def test_an_empty_export_has_nothing_to_prove(tmp_path: Path) -> None:
    export = export_of([], strand_id=LEDGER.strand_id)

    found = run(export.write_to(tmp_path))

    assert (found.blocks, found.findings) == (0, [])
    assert found.outcome is Outcome.NOT_READ


def test_a_folder_without_an_export_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")

    with pytest.raises(OpsError, match="has no journal export"):
        run(tmp_path)


def test_objects_that_were_compressed_by_hand_are_read(tmp_path: Path) -> None:
    export = exported()
    files = {
        (f"{key}.gz" if key in export.data_keys else key): (
            gzip.compress(content) if key in export.data_keys else content
        )
        for key, content in export.files.items()
    }
    write_files(tmp_path, files)

    assert run(tmp_path).outcome is Outcome.PROVEN


def test_two_ledgers_need_a_choice(tmp_path: Path) -> None:
    other = busy_ledger(seed=2)
    write_files(
        tmp_path,
        {
            **exported().files,
            **export_of(other.blocks, export_id=OTHER_EXPORT_ID, prefix="other/").files,
        },
    )

    with pytest.raises(OpsError, match="--strand"):
        run(tmp_path)
    assert run(tmp_path, strand_id=other.strand_id).strand_id == other.strand_id


def test_a_strand_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OpsError, match="no journal with the strand"):
        run(exported().write_to(tmp_path), strand_id="unknown")


def test_a_digest_beside_the_export_is_proven(tmp_path: Path) -> None:
    exported(blocks=BLOCKS[:5]).write_to(tmp_path)
    (tmp_path / "x.proofs.json").write_bytes(proofs_of(BLOCKS, 4))

    found = run(tmp_path)

    assert found.outcome is Outcome.PROVEN
    assert [(each.is_proven, each.sequence_no) for each in found.digests] == [(True, 4)]


def test_a_journal_that_was_made_anew_does_not_lead_to_the_digest(tmp_path: Path) -> None:
    exported(blocks=busy_ledger(seed=1).blocks[:5]).write_to(tmp_path)
    (tmp_path / "x.proofs.json").write_bytes(proofs_of(busy_ledger(seed=2).blocks, 4))
    content = json.loads((tmp_path / "x.proofs.json").read_text())
    content["DigestTipAddress"]["strandId"] = LEDGER.strand_id
    (tmp_path / "x.proofs.json").write_text(json.dumps(content))

    found = run(tmp_path)

    assert found.outcome is Outcome.NOT_PROVEN
    assert kinds(found) == {FindingKind.DIGEST}


def redact_by_hand(block: Block) -> Block:
    """Replace the data of a block's first revision by its hash, as anybody can."""
    revision = block.documents[0]
    redacted = replace(revision, data=None, data_hash=ion_hash(revision.data))
    return replace(
        block,
        revisions=tuple(redacted if each is revision else each for each in block.revisions),
    )


def test_a_redaction_of_which_no_block_tells_is_said(tmp_path: Path) -> None:
    blocks = (*BLOCKS[:3], redact_by_hand(BLOCKS[3]), *BLOCKS[4:])

    found = run(exported(blocks=blocks).write_to(tmp_path))

    assert found.counts.redacted == 2
    assert "1 redacted revisions, the first of them in block 3" in " ".join(found.not_shown)


def test_nothing_is_said_of_redactions_that_a_block_tells(tmp_path: Path) -> None:
    found = run(exported().write_to(tmp_path))

    assert found.counts.redacted == 1
    assert "redacted revisions" not in " ".join(found.not_shown)


def test_a_tail_that_was_cut_off_is_shown_by_the_proof_of_a_later_block(tmp_path: Path) -> None:
    exported(blocks=BLOCKS[:4]).write_to(tmp_path)
    (tmp_path / "x.proofs.json").write_bytes(proofs_of(BLOCKS, 6))

    found = run(tmp_path)

    assert found.outcome is Outcome.NOT_PROVEN
    assert kinds(found) == {FindingKind.GAP}
    assert "blocks 4 to 6 are missing" in found.findings[0].detail


def test_a_proof_of_a_block_after_the_chosen_time_does_not_make_it_missing(tmp_path: Path) -> None:
    exported(blocks=BLOCKS).write_to(tmp_path)
    (tmp_path / "x.proofs.json").write_bytes(proofs_of(BLOCKS, 6))
    end = BLOCKS[4].block_timestamp

    found = run(tmp_path, selection=Selection(frozenset(), None, end))

    assert found.outcome is Outcome.PROVEN
    assert found.blocks == 4


def test_the_genuine_block_is_proven_with_its_digest_through_its_proofs(
    tmp_path: Path, shared_data: Path
) -> None:
    name = f"{STRAND}.{SEQUENCE_NO}-{SEQUENCE_NO}.ion"
    (tmp_path / name).write_bytes(block_text(shared_data))
    for command in ("get-digest", "get-block", "get-revision"):
        (tmp_path / f"{command}.json").write_bytes(cli_output(shared_data, command))

    found = run(tmp_path)

    assert found.outcome is Outcome.PROVEN
    assert [each.is_proven for each in found.digests] == [True, True]


def test_the_genuine_negative_is_not_proven(tmp_path: Path, shared_data: Path) -> None:
    negative = (shared_data / "history" / "sampleLedgerInfo.json").read_bytes()
    (tmp_path / "ledgerInfo.json").write_bytes(negative)

    found = run(tmp_path)

    assert found.outcome is Outcome.NOT_PROVEN
    assert kinds(found) == {FindingKind.DIGEST}


def test_only_blocks_of_the_chosen_time_are_verified(tmp_path: Path) -> None:
    exported().write_to(tmp_path)

    found = run(tmp_path, selection=Selection(frozenset(), START + timedelta(days=1), None))

    assert found.blocks == 0
    assert found.selection.startswith("blocks from 2021-02-04")


def test_progress_adds_up(tmp_path: Path) -> None:
    export = exported()
    export.write_to(tmp_path)
    totals: list[int] = []
    done: list[Progress] = []

    verify(str(tmp_path), VerifyOptions(), start=totals.append, advance=done.append)

    size = sum(len(export.files[key]) for key in export.data_keys)
    assert totals == [size]
    assert sum(each.bytes for each in done) == size
    assert sum(each.revisions for each in done) == 5


def test_what_cannot_be_shown_without_a_proof_is_said(tmp_path: Path) -> None:
    found = run(exported().write_to(tmp_path))

    text = " ".join(found.not_shown)
    assert "made anew" in text
    assert f"block {len(BLOCKS) - 1} of 2021-02-03T" in text


def test_a_cut_tail_without_manifest_is_said_to_be_invisible(tmp_path: Path) -> None:
    export = exported()
    export.write_to(tmp_path)
    (tmp_path / export.completed_key).unlink()

    found = run(tmp_path)

    assert found.outcome is Outcome.PROVEN
    assert "neither a manifest nor a proof" in " ".join(found.not_shown)


def test_the_data_of_documents_is_not_in_the_result(tmp_path: Path) -> None:
    export = exported()
    export.write_to(tmp_path)
    key = export.data_keys[1]
    content = export.files[key].replace(b"two", b"TWO")
    assert content != export.files[key]
    (tmp_path / key).write_bytes(content)

    found = run(tmp_path)

    assert kinds(found) == {FindingKind.REVISION_HASH}
    assert "TWO" not in repr(found)


def test_ion_values_of_a_manifest_may_be_text(tmp_path: Path) -> None:
    export = exported(ExportFormat.ION_TEXT)
    assert simpleion.loads(export.files[export.completed_key])["keys"]

    assert run(export.write_to(tmp_path)).outcome is Outcome.PROVEN


@pytest.mark.parametrize("content", [b"", b"{", proofs_of(BLOCKS, 4)[:100], b'{"Digest": "AAAA"}'])
def test_a_damaged_file_of_proofs_is_not_taken_for_no_proof(tmp_path: Path, content: bytes) -> None:
    exported().write_to(tmp_path)
    (tmp_path / "x.proofs.json").write_bytes(content)

    found = run(tmp_path)

    assert found.outcome is Outcome.NOT_READ
    assert [(each.kind, each.key) for each in found.findings] == [
        (FindingKind.UNREADABLE_OBJECT, "x.proofs.json")
    ]


def test_a_changed_document_in_json_is_named_as_not_provable(tmp_path: Path) -> None:
    export = exported(ExportFormat.JSON)
    export.write_to(tmp_path)
    key = export.data_keys[1]
    (tmp_path / key).write_bytes(export.files[key].replace(b'"two"', b'"TWO"'))

    found = run(tmp_path)

    assert found.outcome is Outcome.NOT_PROVEN
    assert found.finding_counts == {FindingKind.NOT_PROVABLE: 1}
    (place,) = found.findings
    assert (place.key, place.sequence_no, place.version) == (key, 2, 0)
    assert found.counts.not_provable == 1


def test_a_revision_that_is_proven_at_a_second_try_is_no_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ops.exports.verifier.QUICK_TRIES", 0)

    found = run(exported(ExportFormat.JSON).write_to(tmp_path))

    assert found.outcome is Outcome.PROVEN
    assert found.finding_counts == {}


def test_an_object_that_cannot_be_read_outweighs_a_revision_that_is_not_provable(
    tmp_path: Path,
) -> None:
    export = exported(ExportFormat.JSON)
    export.write_to(tmp_path)
    key = export.data_keys[1]
    (tmp_path / key).write_bytes(export.files[key].replace(b'"two"', b'"TWO"'))
    (tmp_path / export.data_keys[-1]).unlink()

    assert run(tmp_path).outcome is Outcome.NOT_READ


def test_deletes_whose_hashes_were_made_by_two_rules_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = new_ledger(random.Random(5))
    ledger.commit([CreateTable(table="Person")])
    documents = [
        ledger.commit([Insert(table="Person", document={"n": number})]).documents[0].document_id
        for number in range(2)
    ]
    ledger.commit([Delete(table="Person", document_id=documents[0])])
    monkeypatch.setattr(
        qldb_simulator.journal, "revision_hash", lambda metadata, **_: ion_hash(metadata)
    )
    ledger.commit([Delete(table="Person", document_id=documents[1])])

    found = run(export_of(ledger.blocks).write_to(tmp_path))

    assert kinds(found) == {FindingKind.DELETE_RULE}
    assert found.outcome is Outcome.NOT_PROVEN
    assert found.delete_rule is None


def test_objects_that_are_read_again_have_a_progress_of_their_own(tmp_path: Path) -> None:
    export = exported(ExportFormat.JSON)
    key = export.data_keys[1]
    files = {**export.files, key: export.files[key].replace(b'"two"', b'"TWO"')}
    write_files(tmp_path, files)
    totals: list[int] = []
    done: list[Progress] = []

    verify(str(tmp_path), VerifyOptions(), start=totals.append, advance=done.append)

    assert totals == [sum(len(files[each]) for each in export.data_keys), len(files[key])]
    assert sum(each.bytes for each in done) == sum(totals)
    assert sum(each.revisions for each in done) == 5
