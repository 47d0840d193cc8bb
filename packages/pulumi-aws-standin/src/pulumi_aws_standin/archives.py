"""Converts Pulumi's archive of a Lambda function to a zip file."""

from __future__ import annotations

import base64
import hashlib
import io
import posixpath
import zipfile
from pathlib import Path

from pulumi_aws_standin.errors import ProviderError
from pulumi_aws_standin.wire import Archive, Asset

_EPOCH = (1990, 1, 1, 0, 0, 0)
_FILE_MODE = 0o644 << 16


def zip_bytes(archive: Archive) -> bytes:
    """Return the archive as a zip file.

    A zip file on disk is returned unchanged. A zip file made of folders and single files depends
    only on their names and contents.

    Raises
    ------
    ProviderError
        If the file or folder does not exist, is not a zip file, or the engine left the contents
        out.
    """
    if archive.path is not None and not Path(archive.path).is_dir():
        return _zip_file(Path(archive.path))
    members = _members(archive)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name in sorted(members):
            information = zipfile.ZipInfo(name, _EPOCH)
            information.external_attr = _FILE_MODE
            information.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(information, members[name])
    return buffer.getvalue()


def code_hash(zipped: bytes) -> str:
    """Return the CodeSha256 that Lambda reports for a zip file."""
    return base64.b64encode(hashlib.sha256(zipped).digest()).decode()


def _zip_file(path: Path) -> bytes:
    try:
        contents = path.read_bytes()
    except OSError as error:
        raise ProviderError(f"the archive {path} cannot be read: {error.strerror}") from error
    if not zipfile.is_zipfile(io.BytesIO(contents)):
        raise ProviderError(f"the archive {path} is not a zip file, which Lambda requires")
    return contents


def _members(archive: Archive) -> dict[str, bytes]:
    if archive.path is not None:
        path = Path(archive.path)
        if not path.is_dir():
            with zipfile.ZipFile(io.BytesIO(_zip_file(path))) as source:
                return {n: source.read(n) for n in source.namelist() if not n.endswith("/")}
        files = (file for file in path.rglob("*") if file.is_file())
        return {file.relative_to(path).as_posix(): file.read_bytes() for file in files}
    if archive.assets is None:
        raise ProviderError("the archive's contents are missing from the engine's request")
    members: dict[str, bytes] = {}
    for name, member in archive.assets.items():
        if isinstance(member, Asset):
            members[name] = _contents(name, member)
        else:
            # Joined and cleaned like the engine's own, so "." means the archive's root.
            members |= {
                posixpath.normpath(f"{name}/{inner}"): data
                for inner, data in _members(member).items()
            }
    return members


def _contents(name: str, asset: Asset) -> bytes:
    if asset.text is not None:
        return asset.text.encode()
    if asset.path is None:
        raise ProviderError(f"the contents of {name} are missing from the engine's request")
    try:
        return Path(asset.path).read_bytes()
    except OSError as error:
        raise ProviderError(f"the file {asset.path} cannot be read: {error.strerror}") from error
