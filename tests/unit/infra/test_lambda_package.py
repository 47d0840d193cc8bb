"""The handler's code archive: its bytes, its cache and its limits, with invented packages.

Proves that the archive depends only on its inputs, and that the cache is used, shared and cleaned.
The real packages are in tests/integration/infra/test_lambda_package.py.
"""

from __future__ import annotations

import os
import shutil
import zipfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, TypedDict

import pytest

from infra import lambda_package
from infra.lambda_package import build
from infra.locked_packages import PackageError
from local.errors import LocalError
from local.user_cache import cache_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Target(TypedDict):
    """The target of an archive."""

    runtime: str
    architecture: str


MINE = ("qldb-kinesis-lambda-dynamodb", "lambda-package")
"""The builder's folder in a user's cache; it must not clean up anything beside it."""

ARM = Target(runtime="python3.13", architecture="arm64")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A handler of one module."""
    folder = tmp_path / "handler"
    folder.mkdir()
    (folder / "__init__.py").write_text('"""A handler."""\n')
    (folder / "app.py").write_text("ANSWER = 42\n")
    (folder / "requirements.txt").write_text("")
    return folder


@pytest.fixture
def installs(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Install a package of one module instead of the locked ones; list the target folders."""
    done: list[Path] = []

    def install(target: Path, requirements: Path, **_: str) -> None:
        done.append(target)
        (target / "package.py").write_text(f"LOCK = {requirements.read_text()!r}\n")
        (target / "package.pyi").write_text("LOCK: str\n")

    monkeypatch.setattr(lambda_package, "install", install)
    return done


def build_from(folder: Path, cache: Path, target: Target = ARM) -> Path:
    return build(**target, sources=[folder], requirements=folder / "requirements.txt", cache=cache)


def names(archive: Path) -> list[str]:
    with zipfile.ZipFile(archive) as zipped:
        return zipped.namelist()


@pytest.mark.usefixtures("installs")
def test_the_archive_holds_code_and_packages_without_unused_files(
    source: Path, tmp_path: Path
) -> None:
    assert names(build_from(source, tmp_path / "cache")) == [
        "handler/__init__.py",
        "handler/app.py",
        "package.py",
    ]


@pytest.mark.usefixtures("installs")
def test_every_source_folder_keeps_its_name(source: Path, tmp_path: Path) -> None:
    other = tmp_path / "journal"
    other.mkdir()
    (other / "ion.py").write_text("")

    archive = build(
        **ARM,
        sources=[source, other],
        requirements=source / "requirements.txt",
        cache=tmp_path / "cache",
    )

    assert {"handler/app.py", "journal/ion.py"} <= set(names(archive))


@pytest.mark.usefixtures("installs")
def test_neither_times_nor_modes_nor_the_place_of_the_files_matter(
    source: Path, tmp_path: Path
) -> None:
    built = build_from(source, tmp_path / "one")
    moved = tmp_path / "elsewhere" / "handler"
    shutil.copytree(source, moved)
    (moved / "app.py").chmod(0o755)
    os.utime(moved / "app.py", (1, 1))
    (moved / "__pycache__").mkdir()
    (moved / "__pycache__" / "app.cpython-313.pyc").write_bytes(b"compiled")

    again = build_from(moved, tmp_path / "two")

    assert again.name == built.name
    assert again.read_bytes() == built.read_bytes()
    with zipfile.ZipFile(again) as zipped:
        assert {entry.date_time for entry in zipped.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {entry.external_attr >> 16 for entry in zipped.infolist()} == {0o100644}
        assert {entry.compress_type for entry in zipped.infolist()} == {zipfile.ZIP_STORED}


@pytest.mark.usefixtures("installs")
@pytest.mark.parametrize(
    ("runtime", "architecture", "changed"),
    [
        ("python3.12", "arm64", None),
        ("python3.13", "x86_64", None),
        ("python3.13", "arm64", "app.py"),
        ("python3.13", "arm64", "new.py"),
        ("python3.13", "arm64", "requirements.txt"),
    ],
)
def test_each_input_makes_another_archive(
    source: Path, tmp_path: Path, runtime: str, architecture: str, changed: str | None
) -> None:
    cache = tmp_path / "cache"
    built = build_from(source, cache)
    if changed:
        (source / changed).write_text("# changed\n")

    again = build_from(source, cache, Target(runtime=runtime, architecture=architecture))

    assert again.name != built.name


def test_a_second_build_installs_nothing(
    source: Path, tmp_path: Path, installs: list[Path]
) -> None:
    build_from(source, tmp_path / "cache")
    build_from(source, tmp_path / "cache")

    assert len(installs) == 1


def test_changed_code_installs_nothing(source: Path, tmp_path: Path, installs: list[Path]) -> None:
    build_from(source, tmp_path / "cache")
    (source / "app.py").write_text("ANSWER = 43\n")

    with zipfile.ZipFile(build_from(source, tmp_path / "cache")) as zipped:
        assert zipped.read("handler/app.py") == b"ANSWER = 43\n"
    assert len(installs) == 1


@pytest.mark.usefixtures("installs")
def test_builds_at_once_do_not_disturb_each_other(source: Path, tmp_path: Path) -> None:
    work: Callable[[], Path] = partial(build_from, source, tmp_path / "cache")
    with ThreadPoolExecutor(8) as pool:
        builds = [pool.submit(work) for _ in range(8)]

    [archive] = {done.result() for done in builds}
    assert "handler/app.py" in names(archive)


@pytest.mark.usefixtures("installs")
def test_nothing_unfinished_stays_in_the_cache(source: Path, tmp_path: Path) -> None:
    build_from(source, tmp_path / "cache")

    assert sorted(path.name.split("-")[0] for path in (tmp_path / "cache").iterdir()) == [
        "handler",
        "packages",
    ]


def test_an_installation_that_fails_leaves_nothing_in_the_cache(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def install(target: Path, *_: object, **__: object) -> None:
        (target / "half.py").write_text("")
        raise PackageError("no wheel")

    monkeypatch.setattr(lambda_package, "install", install)

    with pytest.raises(PackageError, match="no wheel"):
        build_from(source, tmp_path / "cache")

    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.usefixtures("installs")
def test_files_unused_for_a_month_are_removed(source: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    built = build_from(source, cache)
    old = cache / "handler-old.zip"
    old.write_bytes(b"")
    unfinished = cache / "building-old"
    unfinished.mkdir()
    for path in (old, unfinished, built):
        os.utime(path, (1, 1))

    assert build_from(source, cache) == built

    assert built.is_file()
    assert not old.exists()
    assert not unfinished.exists()


@pytest.mark.usefixtures("installs")
def test_an_archive_beyond_the_limit_is_refused(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_from(source, tmp_path / "cache")
    (source / "app.py").write_text("ANSWER = 44\n")
    monkeypatch.setattr(lambda_package, "MAX_BYTES", 100)

    with pytest.raises(PackageError, match="100 are allowed"):
        build_from(source, tmp_path / "cache")

    assert len(list((tmp_path / "cache").glob("handler-*"))) == 1


@pytest.mark.usefixtures("installs")
def test_an_unusable_cache_is_reported_with_the_remedy(source: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(PackageError, match=r"file/cache cannot be used .*XDG_CACHE_HOME"):
        build_from(source, tmp_path / "file" / "cache")


def test_the_cache_is_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert lambda_package.user_cache() == tmp_path.joinpath(*MINE)

    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert lambda_package.user_cache() == tmp_path.joinpath("home", ".cache", *MINE)


def test_a_user_without_a_home_is_told_where_the_cache_can_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # given a user id without an account, as in many containers
    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr("pathlib.Path.home", no_home)

    # when the cache is needed / then one line names the variable
    with pytest.raises(PackageError, match="set XDG_CACHE_HOME"):
        lambda_package.user_cache()
    with pytest.raises(LocalError, match="set XDG_CACHE_HOME"):
        cache_folder()


def test_the_builder_does_not_remove_the_engine_from_the_users_cache() -> None:
    assert cache_folder() in lambda_package.user_cache().parents
