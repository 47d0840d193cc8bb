"""`python -m ops inspect` as a process: without AWS and Pulumi, on all cores, and on S3."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from qldb_simulator.operations import CreateTable, Insert, Update

from local.emulator import Emulator
from local.service_process import free_port
from tests.support.exports import ExportFormat, WrittenExport, export_of, new_ledger
from tests.support.paths import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BUCKET = "exports-bucket"
_HEAVY = ("boto3", "botocore", "pulumi", "pydantic", "amazon.ion")


def inspect(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "ops", "inspect", *arguments],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def written() -> WrittenExport:
    """An export in so many bytes that several processes read it."""
    ledger = new_ledger(random.Random(1))
    ledger.commit([CreateTable(table="Person")])
    text = "x" * 120_000
    for number in range(60):
        operations: list[Any] = [
            Insert(table="Person", document={"number": number + place, "text": text})
            for place in range(5)
        ]
        block = ledger.commit(operations)
        if number % 3 == 0:
            document_id = block.documents[0].document_id
            ledger.commit([Update(table="Person", document_id=document_id, document={"n": 1})])
    return export_of(ledger.blocks, ExportFormat.ION_BINARY, blocks_per_object=4)


@pytest.fixture(scope="module")
def folder(written: WrittenExport, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written.write_to(tmp_path_factory.mktemp("export"))


def without_time(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found | {"seconds": 0, "source": "", "exports": []}


def test_a_folder_needs_neither_boto3_nor_pulumi(folder: Path) -> None:
    done = inspect(str(folder), "--processes", "1")
    assert done.returncode == 0
    modules = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "ops.exports.inspector" in modules
    assert not [name for name in modules if name.startswith(_HEAVY)]


def test_any_number_of_processes_finds_the_same(folder: Path) -> None:
    one = without_time(inspect(str(folder), "--json", "--processes", "1"))
    three = without_time(inspect(str(folder), "--json", "--processes", "3"))
    assert one == three
    assert one["strands"][0]["bytes"] > 24 * 1024 * 1024
    assert one["strands"][0]["revisions"] == 320


@pytest.fixture
def emulator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    with Emulator(free_port(), tmp_path / "emulator.log") as emulator:
        monkeypatch.setenv("AWS_ENDPOINT_URL", emulator.endpoint)
        yield emulator


@pytest.mark.emulator
def test_a_bucket_is_read_like_a_folder(
    emulator: Emulator, folder: Path, written: WrittenExport
) -> None:
    # given
    s3 = boto3.client("s3", endpoint_url=emulator.endpoint)
    s3.create_bucket(Bucket=BUCKET)
    for key, content in written.files.items():
        s3.put_object(Bucket=BUCKET, Key=key, Body=content)
    # when
    found = without_time(inspect(f"s3://{BUCKET}/exports/", "--json", "--processes", "2"))
    # then
    assert found == without_time(inspect(str(folder), "--json", "--processes", "1"))


@pytest.mark.emulator
def test_a_bucket_that_does_not_exist_is_one_line(emulator: Emulator) -> None:
    del emulator  # its endpoint is in the environment
    done = inspect("s3://no-such-bucket/exports/")
    assert done.returncode == 2
    lines = [line for line in done.stderr.splitlines() if not line.startswith("import time:")]
    assert len(lines) == 1
    assert lines[0].startswith("error: bucket no-such-bucket does not exist: check its name")
