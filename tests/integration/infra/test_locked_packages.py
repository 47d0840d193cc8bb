"""Every target gets its wheels from the real lock and pip, regardless of the user's settings.

Proves that a wheel with a known hash exists for each runtime and architecture, that hostile options
change nothing, and that an incomplete installation is detected.
"""

from __future__ import annotations

import hashlib
import itertools
import sys
from typing import TYPE_CHECKING, get_args

import pytest

from infra.consumer import ConsumerSettings
from infra.lambda_package import REQUIREMENTS
from infra.locked_packages import PackageError, install

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

RUNTIMES, ARCHITECTURES = (
    get_args(ConsumerSettings.model_fields[name].annotation)
    for name in ("lambda_runtime", "lambda_architecture")
)
# The field e_machine of an ELF file (System V ABI).
ELF_MACHINES = {"arm64": 183, "x86_64": 62}

HOSTILE_VARIABLES = {
    "PIP_ROOT": "elsewhere",
    "PIP_PREFIX": "elsewhere",
    "PIP_DRY_RUN": "1",
    "PIP_USER": "1",
    "PIP_PLATFORM": "win_amd64",
    "PIP_ABI": "cp27",
    "PIP_CONSTRAINT": "no-such-file.txt",
    "PIP_REQUIREMENT": "no-such-file.txt",
    "PIP_COMPILE": "1",
    "PIP_NO_BINARY": ":all:",
    "PIP_REQUIRE_HASHES": "0",
    "PIP_REQUIRE_VIRTUALENV": "1",
    "PIP_PYTHON": "no-such-python",
    "PIP_TARGET": "elsewhere",
    "PIP_ISOLATED": "1",
}
HOSTILE_FILE = "[global]\nroot = elsewhere\ndry-run = true\n[install]\nplatform = win_amd64\n"


def contents(folder: Path) -> Mapping[str, str]:
    """Return the hash of every file except those that depend on time and command of pip."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.name not in {"RECORD", "REQUESTED", "direct_url.json"}
    }


def installed(folder: Path) -> Mapping[str, str]:
    folder.mkdir()
    install(folder, REQUIREMENTS, runtime="python3.13", architecture="arm64")
    return contents(folder)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """The files that are installed without any setting of a user."""
    return installed(tmp_path_factory.mktemp("plain") / "target")


@pytest.mark.parametrize(
    ("runtime", "architecture"), list(itertools.product(RUNTIMES, ARCHITECTURES))
)
def test_every_target_has_its_wheels_with_a_known_hash(
    tmp_path: Path, runtime: str, architecture: str
) -> None:
    install(tmp_path, REQUIREMENTS, runtime=runtime, architecture=architecture)

    machines = {
        int.from_bytes(path.read_bytes()[18:20], "little") for path in tmp_path.rglob("*.so")
    }
    assert machines == {ELF_MACHINES[architecture]}
    assert (tmp_path / "google" / "_upb" / "_message.abi3.so").is_file()


def test_no_variable_of_the_users_pip_changes_what_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plain: Mapping[str, str]
) -> None:
    for name, value in HOSTILE_VARIABLES.items():
        monkeypatch.setenv(name, value)

    assert installed(tmp_path / "target") == plain


def test_no_file_of_the_users_pip_changes_what_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plain: Mapping[str, str]
) -> None:
    (tmp_path / "pip.conf").write_text(HOSTILE_FILE)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))

    assert installed(tmp_path / "target") == plain


@pytest.mark.parametrize("where", ["variable", "file"])
def test_the_users_index_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    nowhere = (tmp_path / "empty index").as_uri()
    if where == "variable":
        monkeypatch.setenv("PIP_INDEX_URL", nowhere)
    else:
        (tmp_path / "pip.conf").write_text(f"[global]\nindex-url = {nowhere}\n")
        monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")

    with pytest.raises(PackageError, match="No matching distribution found"):
        install(tmp_path, REQUIREMENTS, runtime="python3.13", architecture="arm64")


def test_a_wheel_with_another_hash_is_refused(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.txt"
    lock.write_text(f"jmespath==1.1.0 --hash=sha256:{'0' * 64}\n")

    with pytest.raises(PackageError, match="DO NOT MATCH THE HASHES"):
        install(tmp_path / "target", lock, runtime="python3.13", architecture="arm64")


def pip_that(folder: Path, program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace the real pip by another one."""
    (folder / "pip").mkdir()
    (folder / "pip" / "__init__.py").write_text("")
    (folder / "pip" / "__main__.py").write_text(program)
    monkeypatch.setenv("PYTHONPATH", str(folder))


def test_a_package_without_a_wheel_is_named_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reason = "ERROR: No matching distribution found for nothing-of-this-name==1"
    pip_that(tmp_path, f"import sys\nsys.exit({reason!r})\n", monkeypatch)

    with pytest.raises(PackageError) as raised:
        install(tmp_path / "target", REQUIREMENTS, runtime="python3.13", architecture="arm64")

    assert "No matching distribution found for nothing-of-this-name==1" in str(raised.value)
    assert "handler/requirements.txt needs a wheel" in str(raised.value)


def test_a_python_without_pip_is_reported_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reason = f"{sys.executable}: No module named pip"
    pip_that(tmp_path, f"import sys\nsys.exit({reason!r})\n", monkeypatch)

    with pytest.raises(PackageError, match="python -m ensurepip"):
        install(tmp_path / "target", REQUIREMENTS, runtime="python3.13", architecture="arm64")


def test_packages_missing_after_the_installation_are_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pip_that(tmp_path, "", monkeypatch)

    with pytest.raises(PackageError, match=r"orjson 3\.\d+\.\d+.* cannot be found"):
        install(tmp_path / "target", REQUIREMENTS, runtime="python3.13", architecture="arm64")


def test_a_library_for_another_architecture_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = tmp_path / "requirements.txt"
    lock.write_text("example==1.0\n")
    pip_that(
        tmp_path,
        "import pathlib, sys\n"
        "if 'install' in sys.argv:\n"
        "    target = pathlib.Path(sys.argv[sys.argv.index('--target') + 1])\n"
        "    (target / 'example-1.0.dist-info').mkdir(parents=True)\n"
        "    (target / 'example-1.0.dist-info' / 'METADATA').write_text("
        "'Metadata-Version: 2.1\\nName: example\\nVersion: 1.0\\n')\n"
        "    (target / 'example.so').write_bytes(b'\\x7fELF' + b'\\0' * 14 + b'\\x3e\\0')\n",
        monkeypatch,
    )

    with pytest.raises(PackageError, match=r"example\.so, not built for python3\.13"):
        install(tmp_path / "target", lock, runtime="python3.13", architecture="arm64")
