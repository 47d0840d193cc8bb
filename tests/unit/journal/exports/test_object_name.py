"""The names of an export's objects are read from the end of their keys."""

from __future__ import annotations

import pytest

from journal.exports.object_name import ManifestName, ObjectName, manifest_name, object_name

STRAND = "2ilSU3AWdLPCuTZig4osfI"
EXPORT = "1XTAdzxh1X4KNZlUyBKwR0"


@pytest.mark.parametrize(
    "key",
    [
        f"{STRAND}.0-12.json",
        f"exports/2021/02/03/04/{STRAND}.0-12.json",
        f"a.prefix.with.dots/{STRAND}.0-12.json",
        f"aPrefixWithoutSlash{STRAND}.0-12.json",
        f"exports/{STRAND}.0-12.json.gz",
    ],
)
def test_a_data_object_tells_its_strand_and_blocks(key: str) -> None:
    assert object_name(key) == ObjectName(STRAND, 0, 12, "json")


@pytest.mark.parametrize(
    "key",
    [
        "",
        "notes.txt",
        f"{STRAND}.12-0.json",
        f"{STRAND}.0-12",
        f"{STRAND}.0-12.json/other.txt",
        f"{STRAND[1:]}.0-12.json",
        f"{STRAND}.0-12.json.bak.gz",
        f"{STRAND}.0-{'9' * 30}.json",
        f"{STRAND}.\u0660-\u0669.json",
        f"{EXPORT}.{STRAND}.completed.manifest",
    ],
)
def test_any_other_name_tells_no_blocks(key: str) -> None:
    assert object_name(key) is None


@pytest.mark.parametrize("prefix", ["", "exports/", "a.b/c.", "noSlash"])
def test_a_manifest_tells_its_export_and_what_stands_before_it(prefix: str) -> None:
    assert manifest_name(f"{prefix}{EXPORT}.{STRAND}.completed.manifest") == ManifestName(
        is_completed=True, export_id=EXPORT, strand_id=STRAND, prefix=prefix
    )
    assert manifest_name(f"{prefix}{EXPORT}.started.manifest.gz") == ManifestName(
        is_completed=False, export_id=EXPORT, strand_id=None, prefix=prefix
    )


def test_a_renamed_manifest_is_still_one() -> None:
    assert manifest_name("old/mine.completed.manifest") == ManifestName(
        is_completed=True, export_id=None, strand_id=None, prefix="old/mine."
    )


def test_what_ends_otherwise_is_no_manifest() -> None:
    assert manifest_name(f"{EXPORT}.{STRAND}.completed.manifestproofs.json") is None
    assert manifest_name(f"{STRAND}.0-12.json") is None
