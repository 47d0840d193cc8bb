"""What `export` refuses before anything is made, and what it prints."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import pytest

from local import aws
from local.command_line import main
from local.commands import export
from local.export_destination import ExportDestination, default_bucket

if TYPE_CHECKING:
    from pathlib import Path

EXPORT_ID = "0123456789abcdefABCDEF"
STRAND = "strand0123456789abcdef"
OUTPUTS = {"ledgerName": "registry"}


class Bucket:
    """The objects of an export, behind boto3's client of S3."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def list_objects_v2(self, *, Bucket: str, Prefix: str) -> dict[str, Any]:  # noqa: N803 (boto3's names)
        assert Bucket
        return {"Contents": [{"Key": key} for key in self.objects if key.startswith(Prefix)]}

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 (boto3's names)
        assert Bucket
        return {"Body": _Body(self.objects[Key])}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, ContentType: str) -> None:  # noqa: N803 (boto3's names)
        assert Bucket
        assert ContentType == "application/json"
        self.objects[Key] = Body


class _Body:
    def __init__(self, data: bytes) -> None:
        self._data = data

    def read(self, size: int = -1) -> bytes:
        size = len(self._data) if size < 0 else size
        part, self._data = self._data[:size], self._data[size:]
        return part


class Ledger:
    """A ledger that exports five blocks in two objects.

    Attributes
    ----------
    requests
        Arguments of each export.
    layouts
        Layouts that were set.
    """

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self.requests: list[dict[str, Any]] = []
        self.layouts: list[dict[str, Any]] = []
        self.is_empty = False

    def set_export_layout(self, _name: str, **layout: object) -> None:
        self.layouts.append(layout)

    def export_to_s3(self, name: str, **arguments: Any) -> str:  # noqa: ANN401 (the client's arguments)
        assert name == OUTPUTS["ledgerName"]
        self.requests.append(arguments)
        prefix = arguments["prefix"]
        names = [] if self.is_empty else [f"{STRAND}.4-5.ion", f"{STRAND}.6-8.ion"]
        keys = [f"{prefix}2022/01/02/03/{name}" for name in names]
        self._bucket.objects |= {
            f"{prefix}{EXPORT_ID}.started.manifest": b"{}",
            f"{prefix}{EXPORT_ID}.{STRAND}.completed.manifest": json.dumps({"keys": keys}).encode(),
            **dict.fromkeys(keys, b"{}"),
        }
        return EXPORT_ID

    def wait_exported(self, _name: str, export_id: str, progress: object) -> dict[str, Any]:
        assert export_id == EXPORT_ID
        assert callable(progress)
        return {"status": "COMPLETED", "blocks": 1234, "objects": 1, "bytes": 2}

    def digest(self, _name: str) -> dict[str, Any]:
        tip = f'{{strandId:"{STRAND}",sequenceNo:9}}'
        return {"Digest": "ZGlnZXN0", "DigestTipAddress": {"IonText": tip}}

    def block(
        self, _name: str, address: dict[str, str], tip: dict[str, str]
    ) -> dict[str, dict[str, str]]:
        assert address == {"IonText": f'{{strandId:"{STRAND}",sequenceNo:8}}'}
        assert tip == self.digest("")["DigestTipAddress"]
        return {
            "Block": {"IonText": "{blockTimestamp:2022-01-02T03:04:05.678Z}"},
            "Proof": {"IonText": "[{{YQ==}},{{Yg==}}]"},
        }


@pytest.fixture
def bucket() -> Bucket:
    return Bucket()


@pytest.fixture
def ledger(monkeypatch: pytest.MonkeyPatch, bucket: Bucket) -> Ledger:
    """A deployed ledger; buckets and roles are made at once."""
    ledger = Ledger(bucket)
    services = Mock(endpoints=Mock(qldb="http://127.0.0.1:1"))
    monkeypatch.setattr(export, "deployed", lambda _: (services, OUTPUTS))
    monkeypatch.setattr(export, "LedgerClient", lambda _: ledger)
    monkeypatch.setattr(aws, "client", lambda *_: bucket)
    monkeypatch.setattr(
        export,
        "prepare_destination",
        lambda _endpoint, *, ledger, bucket: ExportDestination(
            bucket=bucket, role_arn=f"role of {ledger}"
        ),
    )
    return ledger


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--format", "xml"], "invalid choice: 'xml'"),
        (["--from", "yesterday"], "yesterday is no time: expected one such as 2026-11-02T"),
        (["--blocks-per-object", "0"], "0 is no number of blocks: expected 1 or more"),
        (["--prefix", "p" * 128], "expected at most 128 characters"),
        (["--prefix", "/p"], "no slash at the start"),
    ],
)
def test_a_wrong_argument_is_named_with_what_is_expected(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["export", *arguments])

    assert exit_.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--from", "2022-01-02", "--to", "2022-01-02"], "is not before --to"),
        (["--from", "9022-01-02"], "--from 9022-01-02T00:00:00+00:00 is not in the past"),
        (["--to", "9022-01-02T00:00Z"], "is in the future"),
        (["--prefix", "a/../b", "--folder", "f"], "leads out of the folder"),
    ],
)
def test_a_wrong_range_or_folder_is_refused_before_anything_is_made(
    ledger: Ledger, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", *arguments]) == 1

    assert message in capsys.readouterr().err
    assert ledger.requests == []


def test_a_folder_that_cannot_be_made_is_refused_before_the_export(
    ledger: Ledger, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()

    assert main(["export", "--folder", str(tmp_path / "file" / "below")]) == 1

    assert "cannot be made: Not a directory" in capsys.readouterr().err
    assert ledger.requests == []


def test_the_last_line_on_standard_output_is_the_url(
    ledger: Ledger, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", "--bucket", "mine", "--prefix", "a/b"]) == 0

    counted, url = capsys.readouterr().out.splitlines()
    assert counted == f"Export {EXPORT_ID}: 1,234 blocks in 1 object, 2 bytes"
    assert url == "s3://mine/a/b/"
    assert ledger.requests == [
        {
            "bucket": "mine",
            "prefix": "a/b/",
            "role_arn": "role of registry",
            "inclusive_start_time": 0.0,
            "exclusive_end_time": None,
            "output_format": "ION_TEXT",
        }
    ]


def test_options_reach_qldb(ledger: Ledger) -> None:
    times = ["--from", "2022-01-02", "--to", "2022-01-03T01:00:00+01:00"]

    assert main(["export", "--format", "json", "--blocks-per-object", "7", *times]) == 0

    (request,) = ledger.requests
    assert request["output_format"] == "JSON"
    assert request["inclusive_start_time"] == 1641081600.0
    assert request["exclusive_end_time"] == 1641168000.0
    assert ledger.layouts == [{"blocks_per_object": 7}]


def test_two_exports_have_different_prefixes_in_one_bucket(ledger: Ledger) -> None:
    for _ in range(2):
        assert main(["export"]) == 0

    first, second = ledger.requests
    assert first["bucket"] == second["bucket"] == default_bucket("registry")
    assert first["prefix"] != second["prefix"]


@pytest.mark.usefixtures("ledger")
def test_the_proof_is_saved_as_awss_migration_sample_does(bucket: Bucket) -> None:
    assert main(["export", "--prefix", "p/"]) == 0

    name = f"p/{EXPORT_ID}.{STRAND}.completed.manifest{EXPORT_ID}.{STRAND}.proofs.json"
    assert bucket.objects[name] == (
        b'{"Ledger": "registry", "Digest": "ZGlnZXN0", "DigestTipAddress": {"strandId": '
        b'"strand0123456789abcdef", "sequenceNo": 9}, "Export": "0123456789abcdefABCDEF", '
        b'"LastBlockNum": 8, "LastBlockTimestamp": "2022-01-02T03:04:05.678000Z", '
        b'"Proof": ["YQ==", "Yg=="]}'
    )


@pytest.mark.usefixtures("ledger")
def test_no_proof_is_saved_if_none_is_wanted(bucket: Bucket) -> None:
    assert main(["export", "--no-proof"]) == 0

    assert not any(key.endswith(".proofs.json") for key in bucket.objects)


def test_an_empty_export_has_no_proof_and_says_so(
    ledger: Ledger, bucket: Bucket, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger.is_empty = True

    assert main(["export"]) == 0

    assert not any(key.endswith(".proofs.json") for key in bucket.objects)
    assert "there is nothing to prove" in capsys.readouterr().err


@pytest.mark.usefixtures("ledger")
def test_a_folder_gets_all_objects_with_their_keys_as_paths(
    bucket: Bucket, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "new" / "folder"

    assert main(["export", "--prefix", "p/", "--folder", str(folder)]) == 0

    assert capsys.readouterr().out.splitlines()[-1] == str(folder)
    files = {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
    assert files == bucket.objects
    assert len(files) == 5


def test_the_default_bucket_is_a_buckets_name_for_every_ledger() -> None:
    names = {default_bucket(name) for name in ("Registry", "registry", "a" * 32)}

    assert len(names) == 3
    assert all(name == name.lower() and len(name) <= 63 for name in names)
