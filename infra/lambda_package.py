"""The handler's code archive: the same inputs give the same bytes on every machine."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from infra.locked_packages import PackageError, install
from infra.project import PROJECT

if TYPE_CHECKING:
    from collections.abc import Sequence

_REPOSITORY = Path(__file__).resolve().parent.parent
SOURCES = (_REPOSITORY / "handler", _REPOSITORY / "journal")
"""Folders of the function's own code; each keeps its name in the archive."""

REPLAY_SOURCES = (*SOURCES, _REPOSITORY / "ops")
"""The same of the replay's function, whose code the operator's commands share."""

REQUIREMENTS = _REPOSITORY / "handler" / "requirements.txt"

MAX_BYTES = 15 * 1024 * 1024
"""Maximum size of the archive, so that an unwanted package is noticed."""

_BUILDER_VERSION = "2"
"""Part of every cache key: raise it when the same inputs give another archive."""

_CACHE_NAME = f"{PROJECT}/lambda-package"
"""Separate from other caches, because files in it that are unused for a month are removed."""

_UNUSED_SECONDS = 30 * 24 * 60 * 60
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip file can hold."""

_FILE_MODE = 0o100644
_UNIX = 3

# Files that no handler imports: bytecode, type stubs, shell commands, leftovers of a wheel's build.
# `*.dist-info` keeps the names, versions and licences, which vulnerability scanners read.
_UNUSED_SUFFIXES = (".pyc", ".pyi", ".o", ".a", ".h", ".proto")
_UNUSED_FOLDER_NAMES = frozenset({"__pycache__", "tests", "testdata"})
_UNUSED_PATHS = (
    "bin/",
    # Powertools: a web page that documents REST APIs.
    "aws_lambda_powertools/event_handler/openapi/swagger_ui/swagger-ui",
)
_DIST_INFO_KEPT = ("METADATA", "licenses", "LICENSE", "LICENSE.txt")


def build(
    *,
    runtime: str,
    architecture: str,
    sources: Sequence[Path] = SOURCES,
    requirements: Path = REQUIREMENTS,
    cache: Path | None = None,
) -> Path:
    """Build the archive of the handler and its packages, or find it in the cache.

    Parameters
    ----------
    runtime
        Lambda runtime, such as ``python3.13``.
    architecture
        ``arm64`` or ``x86_64``.
    sources
        Folders of Python packages; each keeps its name in the archive.
    requirements
        The lock of the packages that they need.
    cache
        Folder for archives and packages; None for the user's cache. Concurrent builds may share
        it.

    Returns
    -------
    Path
        A zip file. Its bytes depend only on the arguments, the Python files of `sources` and the
        lock. Entries are stored, not compressed: versions of zlib differ in their output, and each
        difference would redeploy the function.

    Raises
    ------
    PackageError
        If pip cannot install a package, the archive is larger than `MAX_BYTES`, or the cache cannot
        be used.
    """
    cache = cache or user_cache()
    target = f"{_BUILDER_VERSION}\n{runtime}\n{architecture}\n".encode()
    packages_key = _digest(target, requirements.read_bytes())
    code = {
        f"{source.name}/{name}": content
        for source in sources
        for name, content in _files(source).items()
        if name.endswith(".py")
    }
    listing = [part for name, content in code.items() for part in (name.encode(), content)]
    archive = cache / f"handler-{_digest(packages_key.encode(), *listing)}.zip"
    packages = cache / f"packages-{packages_key}.zip"
    try:
        if not _is_cached(archive):
            if not _is_cached(packages):
                _write_packages(packages, requirements, runtime, architecture)
            with zipfile.ZipFile(packages) as zipped:
                files = {name: zipped.read(name) for name in zipped.namelist()}
            _write_zip(archive, files | code)
        _forget_unused(cache)
    except OSError as error:
        raise PackageError(
            f"The cache folder {cache} cannot be used ({error}): make it writable, or set "
            "XDG_CACHE_HOME to another one"
        ) from None
    return archive


def user_cache() -> Path:
    """Return the builder's folder in the user's cache (XDG base directory specification).

    Raises
    ------
    PackageError
        If the user has no home folder and XDG_CACHE_HOME is not set.
    """
    base = os.environ.get("XDG_CACHE_HOME")
    try:
        return (Path(base) if base else Path.home() / ".cache") / _CACHE_NAME
    except RuntimeError as error:
        # As for a user id without an account, which containers often have.
        raise PackageError(
            f"There is no place for the cache ({error}): set XDG_CACHE_HOME to a folder"
        ) from None


def _digest(*parts: bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()[:32]


def _files(folder: Path) -> dict[str, bytes]:
    """Return the files below a folder by relative name, sorted."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _write_packages(archive: Path, requirements: Path, runtime: str, architecture: str) -> None:
    archive.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=archive.parent, prefix="building-") as temporary:
        install(Path(temporary), requirements, runtime=runtime, architecture=architecture)
        files = _files(Path(temporary))
    _write_zip(archive, {name: files[name] for name in files if not _is_unused(name)})


def _is_unused(name: str) -> bool:
    top, _, rest = name.partition("/")
    if top.endswith(".dist-info"):
        return rest.partition("/")[0] not in _DIST_INFO_KEPT
    return (
        name.startswith(_UNUSED_PATHS)
        or name.endswith(_UNUSED_SUFFIXES)
        or not _UNUSED_FOLDER_NAMES.isdisjoint(name.split("/"))
    )


def _write_zip(archive: Path, files: dict[str, bytes]) -> None:
    """Write a zip file atomically."""
    with tempfile.TemporaryDirectory(dir=archive.parent, prefix="building-") as temporary:
        unfinished = Path(temporary) / archive.name
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_STORED) as zipped:
            for name in sorted(files):
                entry = zipfile.ZipInfo(name, _EPOCH)
                entry.create_system = _UNIX
                entry.external_attr = _FILE_MODE << 16
                zipped.writestr(entry, files[name])
        size = unfinished.stat().st_size
        if size > MAX_BYTES:
            raise PackageError(
                f"The handler's archive has {size} bytes; {MAX_BYTES} are allowed: remove "
                f"packages from {REQUIREMENTS.parent.name}/{REQUIREMENTS.name}"
            )
        unfinished.replace(archive)


def _is_cached(path: Path) -> bool:
    """Mark a file as used now; False if it does not exist.

    In this order, because another build may delete an unused file at any time.
    """
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    return True


def _forget_unused(cache: Path) -> None:
    """Remove files that no build has used for a month."""
    oldest = time.time() - _UNUSED_SECONDS
    for path in cache.iterdir():
        try:
            if path.stat().st_mtime >= oldest:
                continue
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink()
        except FileNotFoundError:
            # Another build was first.
            continue
