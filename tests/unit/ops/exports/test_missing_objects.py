"""A missing object is named with where it was looked for."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from qldb_simulator.operations import CreateTable, Insert

from ops.exports import bucket
from ops.exports.catalogue import catalogue
from ops.exports.missing_objects import missing_objects
from ops.exports.source import open_source
from tests.support.export_buckets import BUCKET, ExportS3
from tests.support.exports import EXPORT_ID, export_of, new_ledger, write_files

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.exports import WrittenExport


@pytest.fixture
def export() -> WrittenExport:
    ledger = new_ledger(random.Random(1))
    ledger.commit([CreateTable(table="Person")])
    for number in range(3):
        ledger.commit([Insert(table="Person", document={"number": number})])
    return export_of(ledger.blocks)


def without(export: WrittenExport, key: str) -> dict[str, bytes]:
    return {each: content for each, content in export.files.items() if each != key}


def test_in_a_folder(tmp_path: Path, export: WrittenExport) -> None:
    # given a folder without one of the objects of an export
    key = export.data_keys[1]
    write_files(tmp_path, without(export, key))
    # when
    (missing,) = missing_objects(catalogue(open_source(str(tmp_path))))
    # then
    name = key.rpartition("/")[2]
    assert missing.key == key
    assert missing.text == (
        f"{key} is not there, though the manifest of export {EXPORT_ID} names it: nothing below "
        f"{tmp_path} has this key, nor the name {name}"
    )


def test_in_a_bucket(export: WrittenExport, monkeypatch: pytest.MonkeyPatch) -> None:
    # given
    key = export.data_keys[1]
    files = {f"copies/{each}": content for each, content in without(export, key).items()}
    monkeypatch.setattr(bucket, "_new_client", lambda: ExportS3(files))
    # when
    location = f"s3://{BUCKET}/copies/"
    (missing,) = missing_objects(catalogue(open_source(location)))
    # then
    assert f"nothing below {location} has this key, nor the name" in missing.problem


def test_nothing_is_said_of_a_whole_export(tmp_path: Path, export: WrittenExport) -> None:
    found = catalogue(open_source(str(export.write_to(tmp_path))))
    assert list(missing_objects(found)) == []
