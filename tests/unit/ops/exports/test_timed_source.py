"""A source with a deadline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ops.exports.source import CHUNK_BYTES, open_source
from ops.exports.timed_source import NotReadError, TimedSource
from tests.support.clock import Clock

if TYPE_CHECKING:
    from pathlib import Path

PIECES = 4


def test_reading_ends_in_the_middle_of_an_object(tmp_path: Path) -> None:
    # given an object whose pieces take ten seconds each
    (tmp_path / "a").write_bytes(bytes(PIECES * CHUNK_BYTES))
    clock = Clock()
    source = TimedSource(
        open_source(str(tmp_path)), clock.time() + 25, "it takes too long", clock.time
    )
    pieces = source.chunks("a")
    # when three of them are read
    for _ in range(3):
        assert len(next(pieces)) == CHUNK_BYTES
        clock.advance(10)
    # then
    with pytest.raises(NotReadError, match="it takes too long"):
        next(pieces)


def test_nothing_is_begun_when_the_time_is_over(tmp_path: Path) -> None:
    source = TimedSource(open_source(str(tmp_path)), 0, "it takes too long")

    with pytest.raises(NotReadError):
        next(source.chunks("gone"))


def test_it_is_the_source_itself_before(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"content")
    inner = open_source(str(tmp_path))
    source = TimedSource(inner, 2**40, "it takes too long")

    assert b"".join(source.chunks("a")) == b"content"
    assert source.location == inner.location
    assert list(source.entries()) == list(inner.entries())
    assert source.encryption("a") is None
