"""The lock file of a Maven download."""

from __future__ import annotations

from local.maven import MavenFile, read_lock


def test_a_lock_file_is_read_without_its_comments() -> None:
    text = "# a comment\n\nabc  com.example:engine:jar:1.2\ndef  com.example:native:so:3\n"

    assert read_lock(text) == [
        MavenFile(group="com.example", artifact="engine", type="jar", version="1.2", sha256="abc"),
        MavenFile(group="com.example", artifact="native", type="so", version="3", sha256="def"),
    ]
