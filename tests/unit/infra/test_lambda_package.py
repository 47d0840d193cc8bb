"""The handler's code archive: its bytes, its contents, its cache and its errors.

Proves that the archive is stable, small, free of what Lambda does not need and, for this machine's
own interpreter, that its packages and the function's handler can be imported. pip installs from
the package index, for two targets, once a session. Cannot prove that Lambda itself loads it; what
the handler does with its packages is the handler's own test.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypedDict

import pytest

from handler.contract import ENTRY_POINT
from infra import lambda_package
from infra.lambda_package import SOURCES, PackageError, build
from local.user_cache import cache_folder

if TYPE_CHECKING:
    from pathlib import Path


class Target(TypedDict):
    """What an archive is built for."""

    runtime: str
    architecture: str


MINE = ("qldb-kinesis-lambda-dynamodb", "lambda-package")
"""The builder's folder in a user's cache. Beside it are things that it must not clean up."""

ARM = Target(runtime="python3.13", architecture="arm64")
HERE = Target(
    runtime=f"python{sys.version_info.major}.{sys.version_info.minor}",
    architecture="arm64" if platform.machine() in {"aarch64", "arm64"} else "x86_64",
)

# The field e_machine of an ELF file (System V ABI).
ELF_MACHINES = {"arm64": 183, "x86_64": 62}


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache with the packages of both targets, installed once."""
    folder = tmp_path_factory.mktemp("cache")
    build(**ARM, cache=folder)
    build(**HERE, cache=folder)
    return folder


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A handler of one module that needs nothing."""
    folder = tmp_path / "handler"
    folder.mkdir()
    (folder / "__init__.py").write_text('"""A handler."""\n')
    (folder / "app.py").write_text("ANSWER = 42\n")
    (folder / "requirements.txt").write_text("")
    return folder


@pytest.fixture
def no_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make any use of pip fail."""

    def refuse(*_: object, **__: object) -> None:
        pytest.fail("pip was called")

    monkeypatch.setattr(subprocess, "run", refuse)


def names(archive: Path) -> list[str]:
    with zipfile.ZipFile(archive) as zipped:
        return zipped.namelist()


def offline(folder: Path, *, fails_with: str | None = None) -> Path:
    """Put a pip in `folder` that installs nothing."""
    pip = folder / "pip"
    pip.mkdir(parents=True)
    (pip / "__init__.py").write_text("")
    target = "pathlib.Path(sys.argv[sys.argv.index('--target') + 1]).mkdir(exist_ok=True)"
    (pip / "__main__.py").write_text(
        f"import pathlib, sys\n{target}\n"
        if fails_with is None
        else f"import sys\nsys.exit({fails_with!r})\n"
    )
    return folder


@pytest.fixture
def empty_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pip install nothing, without a network."""
    monkeypatch.setenv("PYTHONPATH", str(offline(tmp_path / "offline")))


def test_the_handler_resolves_and_its_packages_lie_beside_it(cache: Path) -> None:
    found = names(build(**ARM, cache=cache))

    # Every module that is there now, whatever it is called.
    for source in SOURCES:
        assert {f"{source.name}/{path.name}" for path in source.glob("*.py")} <= set(found)
    assert "orjson/__init__.py" in found
    assert "aws_lambda_powertools/__init__.py" in found
    assert "aws_kinesis_agg/deaggregator.py" in found
    assert "handler/requirements.txt" not in found


def test_the_archive_is_small(cache: Path) -> None:
    for target in (ARM, HERE):
        assert build(**target, cache=cache).stat().st_size <= 6 * 1024 * 1024


def test_nothing_is_in_it_that_never_runs(cache: Path) -> None:
    found = names(build(**ARM, cache=cache))

    assert not [name for name in found if name.startswith(("numpy", "jsonconversion", "boto"))]
    assert not [name for name in found if name.endswith((".pyc", ".pyi", ".o", "RECORD"))]
    assert not [name for name in found if "__pycache__" in name or "/tests/" in name]


def test_names_versions_and_licences_of_the_packages_are_kept(cache: Path) -> None:
    found = names(build(**ARM, cache=cache))

    assert "aws_lambda_powertools-3.37.0.dist-info/METADATA" in found
    assert "aws_kinesis_agg-1.2.3.dist-info/LICENSE.txt" in found


@pytest.mark.parametrize("target", [ARM, HERE], ids=["arm64", "here"])
def test_extensions_are_built_for_the_architecture(cache: Path, target: Target) -> None:
    with zipfile.ZipFile(build(**target, cache=cache)) as zipped:
        machines = {
            name: int.from_bytes(zipped.read(name)[18:20], "little")
            for name in zipped.namelist()
            if name.endswith(".so")
        }

    assert "google/_upb/_message.abi3.so" in machines
    assert set(machines.values()) == {ELF_MACHINES[target["architecture"]]}


def test_what_is_left_can_be_imported(cache: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(build(**HERE, cache=cache)) as zipped:
        zipped.extractall(tmp_path)
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import orjson, aws_kinesis_agg.config_pb2, google.protobuf.message\n"
        "from google._upb import _message\n"
        "from aws_lambda_powertools import Logger, Metrics\n"
        "from aws_lambda_powertools.metrics import MetricUnit\n"
        "Logger(service='s').info('works')\n"
        "metrics = Metrics(namespace='n', service='s')\n"
        "metrics.add_metric(name='m', unit=MetricUnit.Count, value=1)\n"
        "metrics.flush_metrics()\n"
    )

    # -I -S: nothing of this machine's own packages helps.
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr


def test_the_function_finds_its_handler(cache: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(build(**HERE, cache=cache)) as zipped:
        zipped.extractall(tmp_path)
    # This machine's packages come last: they stand in for boto3, which the runtime has.
    program = (
        "import importlib, sys\n"
        "sys.path.insert(0, sys.argv[1])\n"
        "module, _, function = sys.argv[2].rpartition('.')\n"
        "loaded = importlib.import_module(module)\n"
        "assert loaded.__file__.startswith(sys.argv[1]), loaded.__file__\n"
        "assert callable(getattr(loaded, function))\n"
    )

    done = subprocess.run(
        [sys.executable, "-I", "-c", program, str(tmp_path), ENTRY_POINT],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr


def test_the_same_inputs_give_the_same_bytes(cache: Path, tmp_path: Path) -> None:
    built = build(**ARM, cache=cache)

    again = build(**ARM, cache=tmp_path / "another cache")

    assert again != built
    assert again.name == built.name
    assert again.read_bytes() == built.read_bytes()


@pytest.mark.usefixtures("empty_pip")
def test_neither_times_nor_modes_nor_the_place_of_the_files_matter(
    source: Path, tmp_path: Path
) -> None:
    built = build(
        **ARM, sources=[source], requirements=source / "requirements.txt", cache=tmp_path / "one"
    )
    moved = tmp_path / "elsewhere" / "handler"
    shutil.copytree(source, moved)
    (moved / "app.py").chmod(0o755)
    os.utime(moved / "app.py", (1, 1))
    (moved / "__pycache__").mkdir()
    (moved / "__pycache__" / "app.cpython-313.pyc").write_bytes(b"compiled")

    again = build(
        **ARM, sources=[moved], requirements=moved / "requirements.txt", cache=tmp_path / "two"
    )

    assert again.name == built.name
    assert again.read_bytes() == built.read_bytes()
    with zipfile.ZipFile(again) as zipped:
        assert {entry.date_time for entry in zipped.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {entry.external_attr >> 16 for entry in zipped.infolist()} == {0o100644}
        assert {entry.compress_type for entry in zipped.infolist()} == {zipfile.ZIP_STORED}


@pytest.mark.usefixtures("empty_pip")
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
    built = build(
        **ARM, sources=[source], requirements=source / "requirements.txt", cache=tmp_path / "cache"
    )
    if changed:
        (source / changed).write_text("# changed\n")

    again = build(
        runtime=runtime,
        architecture=architecture,
        sources=[source],
        requirements=source / "requirements.txt",
        cache=tmp_path / "cache",
    )

    assert again.name != built.name


@pytest.mark.usefixtures("no_pip")
def test_a_second_build_needs_no_network(cache: Path) -> None:
    assert build(**ARM, cache=cache).is_file()


@pytest.mark.usefixtures("empty_pip")
def test_a_changed_source_needs_no_network(
    source: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    build(
        **ARM, sources=[source], requirements=source / "requirements.txt", cache=tmp_path / "cache"
    )
    (source / "app.py").write_text("ANSWER = 43\n")

    request.getfixturevalue("no_pip")
    with zipfile.ZipFile(
        build(
            **ARM,
            sources=[source],
            requirements=source / "requirements.txt",
            cache=tmp_path / "cache",
        )
    ) as zipped:
        assert zipped.read("handler/app.py") == b"ANSWER = 43\n"


@pytest.mark.usefixtures("empty_pip")
def test_builds_at_once_do_not_disturb_each_other(source: Path, tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        builds = [
            pool.submit(
                build,
                **ARM,
                sources=[source],
                requirements=source / "requirements.txt",
                cache=tmp_path / "cache",
            )
            for _ in range(8)
        ]

    [archive] = {done.result() for done in builds}
    assert "handler/app.py" in names(archive)


@pytest.mark.usefixtures("empty_pip")
def test_nothing_unfinished_stays_in_the_cache(source: Path, tmp_path: Path) -> None:
    build(
        **ARM, sources=[source], requirements=source / "requirements.txt", cache=tmp_path / "cache"
    )

    assert sorted(path.name.split("-")[0] for path in (tmp_path / "cache").iterdir()) == [
        "handler",
        "packages",
    ]


@pytest.mark.usefixtures("empty_pip")
def test_what_was_not_used_for_a_month_is_forgotten(source: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    built = build(**ARM, sources=[source], requirements=source / "requirements.txt", cache=cache)
    old = cache / "handler-old.zip"
    old.write_bytes(b"")
    unfinished = cache / "building-old"
    unfinished.mkdir()
    for path in (old, unfinished, built):
        os.utime(path, (1, 1))

    assert (
        build(**ARM, sources=[source], requirements=source / "requirements.txt", cache=cache)
        == built
    )

    assert built.is_file()
    assert not old.exists()
    assert not unfinished.exists()


def test_a_package_without_a_wheel_is_named_with_the_remedy(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reason = "ERROR: No matching distribution found for nothing-of-this-name==1"
    monkeypatch.setenv("PYTHONPATH", str(offline(tmp_path / "offline", fails_with=reason)))

    with pytest.raises(PackageError) as raised:
        build(
            **ARM,
            sources=[source],
            requirements=source / "requirements.txt",
            cache=tmp_path / "cache",
        )

    assert "No matching distribution found for nothing-of-this-name==1" in str(raised.value)
    assert "handler/requirements.txt needs a wheel" in str(raised.value)
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_python_without_pip_is_told_how_to_get_it(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reason = f"{sys.executable}: No module named pip"
    monkeypatch.setenv("PYTHONPATH", str(offline(tmp_path / "offline", fails_with=reason)))

    with pytest.raises(PackageError, match="python -m ensurepip"):
        build(
            **ARM,
            sources=[source],
            requirements=source / "requirements.txt",
            cache=tmp_path / "cache",
        )


@pytest.mark.usefixtures("empty_pip")
def test_an_archive_beyond_the_limit_is_refused(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(
        **ARM, sources=[source], requirements=source / "requirements.txt", cache=tmp_path / "cache"
    )
    (source / "app.py").write_text("ANSWER = 44\n")
    monkeypatch.setattr(lambda_package, "MAXIMUM_BYTES", 100)

    with pytest.raises(PackageError, match="100 are allowed"):
        build(
            **ARM,
            sources=[source],
            requirements=source / "requirements.txt",
            cache=tmp_path / "cache",
        )

    assert len(list((tmp_path / "cache").glob("handler-*"))) == 1


def test_the_cache_is_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert lambda_package.user_cache() == tmp_path.joinpath(*MINE)

    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert lambda_package.user_cache() == tmp_path.joinpath("home", ".cache", *MINE)


def test_the_engine_in_the_users_cache_is_not_the_builders_to_remove() -> None:
    assert cache_folder() in lambda_package.user_cache().parents
