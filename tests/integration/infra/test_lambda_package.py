"""The handler's code archive with its real packages, as pip installs them from the lock.

Proves that it is small, free of what Lambda does not need and, for this machine's own interpreter,
that its packages and the function's handler can be imported. Cannot prove that Lambda itself loads
it; the use of the packages is tested with the handler.
"""

from __future__ import annotations

import platform
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING, TypedDict

import pytest

from handler import replay_contract
from handler.contract import ENTRY_POINT
from infra.lambda_package import REPLAY_SOURCES, SOURCES, build

if TYPE_CHECKING:
    from pathlib import Path


class Target(TypedDict):
    """The target of an archive."""

    runtime: str
    architecture: str


ARM = Target(runtime="python3.13", architecture="arm64")
HERE = Target(
    runtime=f"python{sys.version_info.major}.{sys.version_info.minor}",
    architecture="arm64" if platform.machine() in {"aarch64", "arm64"} else "x86_64",
)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache with the packages of both targets, installed once."""
    folder = tmp_path_factory.mktemp("cache")
    build(**ARM, cache=folder)
    build(**HERE, cache=folder)
    return folder


def names(archive: Path) -> list[str]:
    with zipfile.ZipFile(archive) as zipped:
        return zipped.namelist()


def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", *arguments[:-2], "-c", program, *arguments[-2:]],
        capture_output=True,
        text=True,
        check=False,
    )


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


def test_the_archive_holds_no_unused_files(cache: Path) -> None:
    found = names(build(**ARM, cache=cache))

    assert not [name for name in found if name.startswith(("numpy", "jsonconversion", "boto"))]
    assert not [name for name in found if name.endswith((".pyc", ".pyi", ".o", "RECORD"))]
    assert not [name for name in found if "__pycache__" in name or "/tests/" in name]


def test_names_versions_and_licences_of_the_packages_are_kept(cache: Path) -> None:
    found = names(build(**ARM, cache=cache))

    assert "aws_lambda_powertools-3.37.0.dist-info/METADATA" in found
    assert "aws_kinesis_agg-1.2.3.dist-info/LICENSE.txt" in found


def test_another_cache_gives_the_same_bytes(cache: Path, tmp_path: Path) -> None:
    built = build(**ARM, cache=cache)

    again = build(**ARM, cache=tmp_path / "another cache")

    assert again != built
    assert again.name == built.name
    assert again.read_bytes() == built.read_bytes()


def test_the_remaining_packages_can_be_imported(cache: Path, tmp_path: Path) -> None:
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

    # -S: nothing of this machine's own packages helps.
    done = run(program, "-S", str(tmp_path), "")

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("sources", "entry_point"),
    [(SOURCES, ENTRY_POINT), (REPLAY_SOURCES, replay_contract.ENTRY_POINT)],
)
def test_the_function_finds_its_handler(
    cache: Path, tmp_path: Path, sources: tuple[Path, ...], entry_point: str
) -> None:
    with zipfile.ZipFile(build(**HERE, cache=cache, sources=sources)) as zipped:
        zipped.extractall(tmp_path)
    # This machine's packages come last: they stand in for boto3, which the runtime has.
    program = (
        "import importlib, sys\n"
        "sys.path.insert(0, sys.argv[1])\n"
        "module, _, function = sys.argv[2].rpartition('.')\n"
        "loaded = importlib.import_module(module)\n"
        "assert loaded.__file__.startswith(sys.argv[1]), loaded.__file__\n"
        "assert callable(getattr(loaded, function))\n"
        # Neither is in the runtime or the archive.
        "assert not {'rich', 'pydantic', 'pulumi', 'numpy'} & sys.modules.keys()\n"
    )

    done = run(program, str(tmp_path), entry_point)

    assert done.returncode == 0, done.stderr
