"""Fetches artifacts of Maven Central without Maven, checked against known hashes."""

from __future__ import annotations

import hashlib
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jgo.maven import MavenContext

from local.errors import LocalError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_ATTEMPTS = 3
_CONNECTIONS = 8
_TIMEOUT_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class MavenFile:
    """One file of Maven Central.

    Attributes
    ----------
    group, artifact, type, version
        Maven coordinates.
    sha256
        Hexadecimal hash of the content.
    """

    group: str
    artifact: str
    type: str
    version: str
    sha256: str


def read_lock(text: str) -> list[MavenFile]:
    """Return the files of a lock file.

    Parameters
    ----------
    text
        Lines of `<sha256> <group>:<artifact>:<type>:<version>`; `#` begins a comment line.
    """
    files = []
    for line in text.splitlines():
        if line and not line.startswith("#"):
            sha256, coordinates = line.split()
            group, artifact, kind, version = coordinates.split(":")
            files.append(
                MavenFile(group=group, artifact=artifact, type=kind, version=version, sha256=sha256)
            )
    return files


def fetch(files: Iterable[MavenFile], folder: Path) -> None:
    """Fetch files into a folder, under the names `<artifact>-<version>.<type>`.

    Parameters
    ----------
    files
        The files to fetch.
    folder
        An existing folder.

    Raises
    ------
    LocalError
        If a file cannot be fetched, or has another hash.
    """
    downloads = folder / "downloads"
    context = MavenContext(repo_cache=downloads, local_repos=[], timeout=_TIMEOUT_SECONDS)
    with ThreadPoolExecutor(_CONNECTIONS) as pool:
        for path in pool.map(lambda file: _fetch(context, file), files):
            path.rename(folder / path.name)
    shutil.rmtree(downloads)


def _fetch(context: MavenContext, file: MavenFile) -> Path:
    component = context.project(file.group, file.artifact).at_version(file.version)
    artifact = component.artifact(packaging=file.type)
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            path = artifact.resolve()
        except (OSError, RuntimeError) as error:
            if attempt == _ATTEMPTS:
                raise LocalError(
                    f"{file.group}:{file.artifact}:{file.version} cannot be fetched from Maven "
                    f"Central ({type(error).__name__}): check the network and the proxy settings"
                ) from error
            if artifact.cached_path is not None:
                artifact.cached_path.unlink(missing_ok=True)
        else:
            break
    if hashlib.sha256(path.read_bytes()).hexdigest() != file.sha256:
        raise LocalError(
            f"{file.group}:{file.artifact}:{file.version} from Maven Central does not "
            "have the SHA-256 in the lock file: check for a proxy or mirror that changes downloads"
        )
    return path
