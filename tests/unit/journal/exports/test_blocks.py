"""The format of an object is told by its content, whatever its name and the size of its pieces."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from journal.errors import DamagedObject
from journal.exports.block import read_block
from journal.exports.blocks import Format, object_blocks
from tests.support.exports import ExportFormat, object_bytes
from tests.support.journals import busy_ledger

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCKS = busy_ledger().blocks
FORMATS = {
    ExportFormat.ION_BINARY: Format.ION_BINARY,
    ExportFormat.ION_TEXT: Format.ION_TEXT,
    ExportFormat.JSON: Format.JSON,
}
TEXTS = [ExportFormat.ION_TEXT, ExportFormat.JSON]


def numbers(content: bytes, size: int = 1 << 20) -> tuple[Format, list[int]]:
    chunks = (content[at : at + size] for at in range(0, len(content), size))
    found, blocks = object_blocks(chunks)
    return found, [read_block(located.span).address.sequence_no for located in blocks]


@pytest.mark.parametrize("output_format", ExportFormat)
@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_the_blocks_of_an_object_in_each_format(output_format: ExportFormat, size: int) -> None:
    content = object_bytes(BLOCKS, output_format)

    assert numbers(content, size) == (FORMATS[output_format], list(range(len(BLOCKS))))


@pytest.mark.parametrize("output_format", TEXTS)
@pytest.mark.parametrize("before", [b"\xef\xbb\xbf", b" \r\n\t", b"\xef\xbb\xbf\n  ", b" " * 9000])
def test_space_before_the_first_block_changes_nothing(
    output_format: ExportFormat, before: bytes
) -> None:
    content = before + object_bytes(BLOCKS, output_format)

    assert numbers(content, 100) == (FORMATS[output_format], list(range(len(BLOCKS))))


def test_ion_text_may_start_with_its_version() -> None:
    content = b"$ion_1_0 " + object_bytes(BLOCKS, ExportFormat.ION_TEXT)

    assert numbers(content)[0] is Format.ION_TEXT


def test_json_may_be_indented() -> None:
    content = object_bytes(BLOCKS[:1], ExportFormat.JSON).replace(b"{", b"{\n  ", 1)

    assert numbers(content) == (Format.JSON, [0])


@pytest.mark.parametrize("content", [b"", b"  \n", b"\xef\xbb\xbf"])
def test_an_object_without_content_has_no_block(content: bytes) -> None:
    assert numbers(content) == (Format.EMPTY, [])


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n", b"hello: world", b"PK\x03\x04", b"[1,2"])
def test_anything_else_is_damaged(content: bytes) -> None:
    with pytest.raises(DamagedObject):
        list(object_blocks([content]).blocks)


def test_random_bytes_are_damaged() -> None:
    source = random.Random(1)
    for _ in range(200):
        with pytest.raises(DamagedObject):
            list(object_blocks([b"\x00" + source.randbytes(100)]).blocks)


def test_an_object_of_endless_space_is_read_no_further_than_needed() -> None:
    read = 0

    def spaces() -> Iterator[bytes]:
        nonlocal read
        for _ in range(100):
            read += 1
            yield b" " * 1024 * 1024

    with pytest.raises(DamagedObject):
        object_blocks(spaces())

    assert read <= 2


@pytest.mark.parametrize("before", [b"\xef\xbb\xbf" + b" " * 9000 + b"{", b"{" + b" " * 9000])
def test_long_space_around_the_first_brace_does_not_hide_the_format(before: bytes) -> None:
    content = object_bytes(BLOCKS, ExportFormat.JSON).replace(b"{", before, 1)

    assert numbers(content, 100) == (Format.JSON, list(range(len(BLOCKS))))
