"""Proves that every form of a code archive becomes the same, stable zip file."""

from __future__ import annotations

import io
import os
import zipfile
from typing import TYPE_CHECKING

import pytest
from pulumi_aws_standin.archives import code_hash, zip_bytes
from pulumi_aws_standin.errors import ProviderError
from pulumi_aws_standin.wire import Archive, Asset

if TYPE_CHECKING:
    from pathlib import Path


def contents(zipped: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(zipped)) as source:
        return {name: source.read(name).decode() for name in source.namelist()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "code" / "inner").mkdir(parents=True)
    (tmp_path / "code" / "main.py").write_text("main")
    (tmp_path / "code" / "inner" / "part.py").write_text("part")
    return tmp_path / "code"


def test_a_zip_file_is_sent_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "package.zip"
    with zipfile.ZipFile(path, "w") as target:
        target.writestr("a", "b")
    assert zip_bytes(Archive(hash="h", path=str(path))) == path.read_bytes()


def test_a_folder_is_zipped_the_same_whatever_its_times(folder: Path) -> None:
    first = zip_bytes(Archive(path=str(folder)))
    os.utime(folder / "main.py", (1, 1))
    assert zip_bytes(Archive(path=str(folder))) == first
    assert contents(first) == {"main.py": "main", "inner/part.py": "part"}


def test_files_folders_and_zips_are_put_together(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "package.zip"
    with zipfile.ZipFile(path, "w") as target:
        target.writestr("z.py", "z")
    archive = Archive(
        assets={
            "text.py": Asset(text="text"),
            "file.py": Asset(path=str(folder / "main.py")),
            "folder": Archive(path=str(folder)),
            "zip": Archive(path=str(path)),
        }
    )
    assert contents(zip_bytes(archive)) == {
        "text.py": "text",
        "file.py": "main",
        "folder/main.py": "main",
        "folder/inner/part.py": "part",
        "zip/z.py": "z",
    }


def test_an_archive_under_a_dot_is_at_the_root(folder: Path) -> None:
    archive = Archive(assets={".": Archive(path=str(folder)), "settings.json": Asset(text="{}")})
    assert contents(zip_bytes(archive)) == {
        "main.py": "main",
        "inner/part.py": "part",
        "settings.json": "{}",
    }


def test_the_order_of_members_does_not_matter() -> None:
    a, b = Asset(text="a"), Asset(text="b")
    assert zip_bytes(Archive(assets={"a": a, "b": b})) == zip_bytes(
        Archive(assets={"b": b, "a": a})
    )


def test_a_path_is_relative_to_the_working_directory(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)
    assert "main.py" in contents(zip_bytes(Archive(path="code")))


@pytest.mark.parametrize(
    ("archive", "reason"),
    [
        (Archive(path="missing.zip"), "missing.zip cannot be read"),
        (Archive(hash="h"), "contents are missing"),
        (Archive(assets={"a.py": Asset(hash="h")}), "contents of a.py are missing"),
        (Archive(assets={"a.py": Asset(path="missing.py")}), "missing.py cannot be read"),
    ],
)
def test_a_missing_file_or_folder_is_named(archive: Archive, reason: str) -> None:
    with pytest.raises(ProviderError, match=reason):
        zip_bytes(archive)


def test_another_kind_of_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "package.tar.gz"
    path.write_bytes(b"not a zip")
    with pytest.raises(ProviderError, match="is not a zip file"):
        zip_bytes(Archive(path=str(path)))


def test_the_hash_is_what_lambda_reports() -> None:
    # SHA-256 of nothing, in base 64.
    assert code_hash(b"") == "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
