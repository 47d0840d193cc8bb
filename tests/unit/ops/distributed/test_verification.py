"""A verification by the state machine gives what one on this machine gives."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from qldb_simulator.operations import CreateTable, Delete, Insert, Redact, Update

from ops.distributed.check_step import IncompleteError
from ops.distributed.run import Run
from ops.distributed.verification import StoredBatches
from ops.errors import OpsError
from ops.exports import bucket
from ops.exports.folder import Folder
from ops.exports.source import ObjectError
from ops.exports.verification import Outcome, Verification
from ops.exports.verified_batch_json import from_json
from ops.exports.verifier import VerifyOptions, verify
from tests.support.block_proofs import proofs_of
from tests.support.distributed_run import REPLAYS, DistributedRun
from tests.support.export_buckets import BUCKET, ExportS3
from tests.support.exports import ExportFormat, export_of, new_ledger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from qldb_simulator.journal import Ledger


@pytest.fixture
def ledger() -> Ledger:
    """A ledger with every kind of change."""
    ledger = new_ledger(random.Random(1))
    ledger.commit([CreateTable(table="Person")])
    first, second = (
        str(
            ledger.commit(
                [Insert(table="Person", document={"n": n, "photo": b"\x01", "since": None})]
            )
            .documents[0]
            .document_id
        )
        for n in range(2)
    )
    for number in range(5):
        ledger.commit([Update(table="Person", document_id=first, document={"n": number})])
    ledger.commit([Redact(table="Person", document_id=first, version=1)])
    ledger.commit([Delete(table="Person", document_id=second)])
    return ledger


def verified(folder: Path | str, reader: StoredBatches | None = None) -> Verification:
    found = verify(
        str(folder), VerifyOptions(), start=lambda _: None, advance=lambda _: None, reader=reader
    )
    return replace(found, started_at=0.0, seconds=0.0)


def distributed(run: DistributedRun) -> Verification:
    return verified(run.folder, StoredBatches(run.replay_bucket(), run.verify()))


@pytest.mark.parametrize("output_format", ExportFormat)
@pytest.mark.parametrize("batch_bytes", [1, 3000])
def test_the_verification_is_the_same(
    tmp_path: Path, ledger: Ledger, output_format: ExportFormat, batch_bytes: int
) -> None:
    # given
    folder = export_of(ledger.blocks, output_format).write_to(tmp_path)
    run = DistributedRun(folder, batch_bytes=batch_bytes)
    # when
    found = distributed(run)
    # then
    assert found == verified(folder)
    assert found.outcome is Outcome.PROVEN
    assert run.writes == []


@pytest.mark.parametrize("number", range(5))
def test_damage_is_found_in_the_same_way(tmp_path: Path, ledger: Ledger, number: int) -> None:
    # given an object that is cut, changed or missing
    export = export_of(ledger.blocks)
    folder = export.write_to(tmp_path)
    file = folder / export.data_keys[number % len(export.data_keys)]
    content = bytearray(file.read_bytes())
    if number == 4:
        file.unlink()
    elif number % 2:
        file.write_bytes(content[:-30])
    else:
        content[-20] ^= 1
        file.write_bytes(content)
    # when
    found = distributed(DistributedRun(folder))
    # then
    assert found == verified(folder)
    assert found.outcome is not Outcome.PROVEN


def test_a_proof_leads_to_its_digest(tmp_path: Path, ledger: Ledger) -> None:
    # given a proof beside the export
    (tmp_path / "x.proofs.json").write_bytes(proofs_of(ledger.blocks, 4))
    folder = export_of(ledger.blocks).write_to(tmp_path)
    run = DistributedRun(folder)
    # when
    found = distributed(run)
    # then
    assert found == verified(folder)
    assert found.digests[0].is_proven


def test_another_proof_is_another_verification(tmp_path: Path, ledger: Ledger) -> None:
    # given
    folder = export_of(ledger.blocks).write_to(tmp_path)
    run = DistributedRun(folder)
    assert distributed(run).digests == []
    # when a proof comes into the bucket, or the user gives one
    (tmp_path / "x.proofs.json").write_bytes(proofs_of(ledger.blocks, 4))
    found = distributed(run)
    given = run.verify(wanted=frozenset({5}))
    # then it is tried, and none is lost
    assert found.digests[0].is_proven
    wanted = [each for key in run.keys(given) if "/verified/" in key for each in _wanted(run, key)]
    assert sorted(wanted) == [4, 5]


def _wanted(run: DistributedRun, key: str) -> list[int]:
    """Return the blocks whose hashes a stored result has for their proofs."""
    batch = from_json(json.loads(run.buckets.get(REPLAYS, key)))
    return [number for result in batch.results for number in result.wanted]


def test_a_run_without_the_list_of_proofs_verifies_nothing(tmp_path: Path, ledger: Ledger) -> None:
    # given the plan of an earlier version, which kept the list elsewhere
    run = DistributedRun(export_of(ledger.blocks).write_to(tmp_path))
    planned = run.plan(verify=True)
    content = planned.to_json()
    del content["wantedKey"]
    # when / then
    with pytest.raises(OpsError, match="which blocks have proofs is not known"):
        run.verify_batches(Run.from_json(content))
    assert run.keys("/verified/") == []


def test_results_hold_no_document(tmp_path: Path, ledger: Ledger) -> None:
    ledger.commit([Insert(table="Person", document={"name": "Ann Secret"})])
    run = DistributedRun(export_of(ledger.blocks, ExportFormat.JSON).write_to(tmp_path))

    run.verify()

    assert b"Ann Secret" not in b"".join(run.buckets.objects(REPLAYS).values())


def test_another_execution_verifies_nothing_again(tmp_path: Path, ledger: Ledger) -> None:
    run = DistributedRun(export_of(ledger.blocks).write_to(tmp_path))
    folder = run.verify()
    [lost, *others] = run.keys("/verified/")
    run.buckets.delete(REPLAYS, lost)
    before = {key: run.buckets.get(REPLAYS, key) for key in others}

    assert run.verify() == folder

    lists = [run.items(key) for key in run.keys("to-scan.json")]
    assert sorted(map(len, lists)) == [1, len(others) + 1]
    assert lost in run.keys("/verified/")
    assert {key: run.buckets.get(REPLAYS, key) for key in others} == before


def test_an_export_that_has_changed_since_is_refused(tmp_path: Path, ledger: Ledger) -> None:
    # given
    folder = export_of(ledger.blocks, prefix="a/").write_to(tmp_path)
    run = DistributedRun(folder)
    results = StoredBatches(run.replay_bucket(), run.verify())
    # when more is there than was verified
    ledger.commit([Insert(table="Person", document={"n": 7})])
    export_of(ledger.blocks[-1:], prefix="b/", export_id="3ZzAdzxh1X4KNZlUyBKwR9").write_to(
        tmp_path
    )
    # then
    with pytest.raises(OpsError, match="is not the one that the execution has verified"):
        verified(folder, results)


def test_an_object_that_was_changed_is_verified_again(tmp_path: Path, ledger: Ledger) -> None:
    # given an export that was proven
    export = export_of(ledger.blocks)
    run = DistributedRun(export.write_to(tmp_path))
    assert distributed(run).outcome is Outcome.PROVEN
    # when a byte changes / then it is not proven
    file = tmp_path / export.data_keys[1]
    whole = file.read_bytes()
    file.write_bytes(whole[:-20] + bytes([whole[-20] ^ 1]) + whole[-19:])
    assert distributed(run).outcome is not Outcome.PROVEN
    # when an object is cut / then it is not proven
    file.write_bytes(whole[:-30])
    assert distributed(run).outcome is not Outcome.PROVEN
    # when it is whole again / then it is proven
    file.write_bytes(whole)
    assert distributed(run).outcome is Outcome.PROVEN


def test_a_copy_of_the_same_size_and_second_is_verified_again(
    monkeypatch: pytest.MonkeyPatch, ledger: Ledger
) -> None:
    # given an export that was proven
    export = export_of(ledger.blocks, prefix="exports/")
    s3 = ExportS3(export.files)
    monkeypatch.setattr(bucket, "_new_client", lambda: s3)
    run = DistributedRun(f"s3://{BUCKET}/exports/")
    stored = StoredBatches(run.replay_bucket(), run.verify())
    assert verified(run.folder, stored).outcome is Outcome.PROVEN
    # when a byte of an object changes, whose size and time stay
    key = export.data_keys[1]
    whole = export.files[key]
    s3.buckets.put(BUCKET, key, whole[:-20] + bytes([whole[-20] ^ 1]) + whole[-19:])
    # then the results are not those of what is there
    with pytest.raises(OpsError, match="is not the one that the execution has verified"):
        verified(run.folder, stored)
    # and another execution finds it
    assert distributed(run).outcome is Outcome.NOT_PROVEN


def test_an_object_that_could_not_be_read_is_tried_again(
    tmp_path: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given an object that is archived
    export = export_of(ledger.blocks)
    run = DistributedRun(export.write_to(tmp_path))
    chunks = Folder.chunks

    def archived(folder: Folder, key: str, etag: str = "") -> Iterator[bytes]:
        if key == export.data_keys[1]:
            raise ObjectError(key, "is archived: restore it first")
        return chunks(folder, key, etag)

    with monkeypatch.context() as patch:
        patch.setattr(Folder, "chunks", archived)
        found = distributed(run)
        assert found == verified(run.folder)
        assert found.outcome is Outcome.NOT_READ
    # when it is restored, which does not change it
    again = distributed(run)
    # then
    assert again.outcome is Outcome.PROVEN
    assert len(run.keys("/verified/")) == len(export.data_keys)


def test_a_batch_that_is_not_verified_ends_the_execution(
    tmp_path: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.support.distributed_run.verify", lambda *_: None)

    with pytest.raises(IncompleteError, match="0 of 5 batches are verified"):
        DistributedRun(export_of(ledger.blocks).write_to(tmp_path)).verify()
