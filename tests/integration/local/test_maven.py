"""Downloads from a Maven repository: complete files with the expected bytes, or an error.

A repository on this machine stands in for Maven Central.
"""

from __future__ import annotations

import functools
import hashlib
import http.server
import threading
from typing import TYPE_CHECKING

import pytest
from jgo.maven import MavenContext

from local import maven
from local.errors import LocalError
from local.maven import MavenFile, fetch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

JAR = b"the bytes of a jar"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Serve a folder as the only Maven repository."""
    folder = tmp_path / "repository"
    folder.mkdir()

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Keep the test's output free of requests."""

    with http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Handler, directory=str(folder))
    ) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        repositories = {"test": f"http://127.0.0.1:{server.server_port}"}
        monkeypatch.setattr(
            maven, "MavenContext", functools.partial(MavenContext, remote_repos=repositories)
        )
        yield folder
        server.shutdown()
        thread.join()


def publish(repository: Path, file: MavenFile, content: bytes) -> None:
    folder = repository.joinpath(*file.group.split("."), file.artifact, file.version)
    folder.mkdir(parents=True)
    path = folder / f"{file.artifact}-{file.version}.{file.type}"
    path.write_bytes(content)
    digest = hashlib.sha1(content, usedforsecurity=False).hexdigest()
    path.with_name(f"{path.name}.sha1").write_text(digest)


def some_file(artifact: str, kind: str = "jar") -> MavenFile:
    return MavenFile(
        group="com.example",
        artifact=artifact,
        type=kind,
        version="1.2",
        sha256=hashlib.sha256(JAR).hexdigest(),
    )


def test_files_of_every_type_arrive_under_their_maven_names(
    repository: Path, tmp_path: Path
) -> None:
    files = [some_file("engine"), some_file("native", "so")]
    for file in files:
        publish(repository, file, JAR)
    target = tmp_path / "target"
    target.mkdir()

    fetch(files, target)

    assert {path.name: path.read_bytes() for path in target.iterdir()} == {
        "engine-1.2.jar": JAR,
        "native-1.2.so": JAR,
    }


def test_bytes_with_another_hash_are_refused(repository: Path, tmp_path: Path) -> None:
    file = some_file("engine")
    publish(repository, file, b"something else")

    with pytest.raises(LocalError, match=r"com\.example:engine:1\.2 .* the SHA-256"):
        fetch([file], tmp_path)


@pytest.mark.usefixtures("repository")
def test_a_file_that_is_not_served_is_named(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match=r"com\.example:engine:1\.2 cannot be fetched"):
        fetch([some_file("engine")], tmp_path)
