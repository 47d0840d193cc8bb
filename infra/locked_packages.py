"""Installs the handler's locked packages for a Lambda runtime, regardless of the user's pip."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from importlib import metadata
from typing import TYPE_CHECKING

import pulumi

if TYPE_CHECKING:
    from pathlib import Path

_MACHINES = {"arm64": "aarch64", "x86_64": "x86_64"}
_ELF_MACHINES = {"arm64": 183, "x86_64": 62}
"""The field e_machine of an ELF file (System V ABI)."""

_ELF_HEADER = slice(0, 4), slice(18, 20)

_GLIBC_MINOR_VERSIONS = {
    "python3.11": (17, 24, 26),
    "python3.12": (17, 24, 26, 27, 28, 31, 34),
    "python3.13": (17, 24, 26, 27, 28, 31, 34),
}
"""Up to the glibc of the runtime's system: Amazon Linux 2 has 2.26, Amazon Linux 2023 has 2.34
(Lambda developer guide, "Lambda runtimes")."""

_INDEX_OPTIONS = (
    "cert",
    "client-cert",
    "default-timeout",
    "extra-index-url",
    "find-links",
    "index-url",
    "keyring-provider",
    "no-index",
    "proxy",
    "retries",
    "timeout",
    "trusted-host",
)
"""How pip reaches an index: the only options that are taken from the user's configuration. The
lock's hashes decide what is installed, wherever it comes from."""

_LIBRARY = re.compile(r"\.so(\.\d+)*$")
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)


class PackageError(pulumi.RunError):
    """The handler's archive could not be built."""


def install(target: Path, requirements: Path, *, runtime: str, architecture: str) -> None:
    """Install the packages of a lock into an empty folder.

    Parameters
    ----------
    target
        The folder.
    requirements
        The lock: pinned, complete and with the hash of every wheel.
    runtime
        Lambda runtime, such as ``python3.13``.
    architecture
        ``arm64`` or ``x86_64``.

    Raises
    ------
    PackageError
        If pip cannot install a package, or did not install what the lock names.
    """
    pulumi.log.info(f"Installing the handler's packages for {runtime} on {architecture}")
    machine = _MACHINES[architecture]
    platforms = [f"manylinux2014_{machine}"]
    platforms += [f"manylinux_2_{minor}_{machine}" for minor in _GLIBC_MINOR_VERSIONS[runtime]]
    done = _pip(
        *("install", "--quiet", "--no-input", "--disable-pip-version-check"),
        *("--require-hashes", "--only-binary=:all:", "--no-deps", "--no-compile"),
        *("--implementation", "cp", "--python-version", runtime.removeprefix("python")),
        *(argument for platform in platforms for argument in ("--platform", platform)),
        *("--target", str(target), "--requirement", str(requirements)),
        environment=_isolated_environment(),
    )
    wanted = f"for {runtime} on {architecture}"
    if done.returncode:
        raise PackageError(_explanation(done.stderr, requirements, wanted))
    _verify(target, requirements, architecture, wanted)


def _pip(*arguments: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 (arguments of this program, no shell)
        [sys.executable, "-m", "pip", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def _isolated_environment() -> dict[str, str]:
    """Return this process's environment, without the user's pip options except for the index.

    pip reads options from variables and from files of the machine, the user and the virtual
    environment (pip documentation, "Configuration"). A prefix, root or platform set there would
    change the archive.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    return {**kept, **_index_variables(), "PIP_CONFIG_FILE": os.devnull}


def _index_variables() -> dict[str, str]:
    """Return the user's options for reaching an index as pip's variables."""
    listed = _pip("config", "list", environment=dict(os.environ))
    found: dict[str, str] = {}
    # Later sections win: the environment over the command's section, that over the global one.
    for section in ("global", "install", ":env:"):
        for line in listed.stdout.splitlines():
            name, separator, value = line.partition("=")
            option = name.removeprefix(f"{section}.")
            if separator and option != name and option in _INDEX_OPTIONS:
                found[option] = str(ast.literal_eval(value))
    return {f"PIP_{option.upper().replace('-', '_')}": value for option, value in found.items()}


def _explanation(errors: str, requirements: Path, wanted: str) -> str:
    if "No module named pip" in errors:
        return (
            f"pip is missing from {sys.executable}, with which the handler's packages are "
            "installed: python -m ensurepip"
        )
    # pip's last error names the requirement.
    reasons = [line for line in errors.splitlines() if line.startswith("ERROR:")]
    reason = reasons[-1].removeprefix("ERROR:").strip() if reasons else errors.strip()
    return (
        f"The handler's packages {wanted} could not be installed: {reason}. "
        f"Each line of {requirements.parent.name}/{requirements.name} needs a wheel for that "
        "runtime and architecture, and its hash (`make lock` writes them): correct the line or "
        "change lambdaRuntime or lambdaArchitecture; without a network, only archives that were "
        "built before are available."
    )


def _verify(target: Path, requirements: Path, architecture: str, wanted: str) -> None:
    """Raise an error unless a folder holds what the lock names, built for the architecture."""
    pinned = {
        (_normalized(name), version) for name, version in _PIN.findall(requirements.read_text())
    }
    installed = {
        (_normalized(distribution.name), distribution.version)
        for distribution in metadata.distributions(path=[str(target)])
    }
    if missing := sorted(f"{name} {version}" for name, version in pinned - installed):
        raise PackageError(
            f"pip reported success for the handler's packages {wanted}, but {', '.join(missing)} "
            "cannot be found: check PYTHONPATH, and what `python -m pip` runs"
        )
    foreign = [
        path.relative_to(target).as_posix()
        for path in sorted(target.rglob("*"))
        if _LIBRARY.search(path.name) and not _is_for(path, architecture)
    ]
    if foreign:
        raise PackageError(
            f"pip installed {', '.join(foreign)}, not built {wanted}: "
            "regenerate the lock with `make lock`"
        )


def _normalized(name: str) -> str:
    """Return a distribution's name as PyPI compares it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _is_for(library: Path, architecture: str) -> bool:
    magic, machine = (library.read_bytes()[part] for part in _ELF_HEADER)
    return magic == b"\x7fELF" and int.from_bytes(machine, "little") == _ELF_MACHINES[architecture]
