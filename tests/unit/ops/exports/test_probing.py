"""An object whose name tells nothing is placed by its first and last block."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from journal.errors import IonError
from ops.exports.catalogue import BlockRange
from ops.exports.probing import block_range
from ops.exports.source import open_source
from ops.exports.verification import Outcome
from ops.exports.verifier import VerifyOptions, verify
from tests.support.exports import ExportFormat, object_bytes
from tests.support.journals import busy_ledger

if TYPE_CHECKING:
    from pathlib import Path

LEDGER = busy_ledger()


def probed(folder: Path, content: bytes) -> BlockRange:
    (folder / "renamed").write_bytes(content)
    return block_range(open_source(str(folder)), "renamed")


@pytest.mark.parametrize("output_format", ExportFormat)
def test_the_first_and_last_block_are_read(tmp_path: Path, output_format: ExportFormat) -> None:
    content = object_bytes(LEDGER.blocks[2:5], output_format)

    assert probed(tmp_path, content) == BlockRange(LEDGER.strand_id, 2, 4)


def test_a_damaged_object_has_the_blocks_before_the_damage(tmp_path: Path) -> None:
    content = object_bytes(LEDGER.blocks[2:5], ExportFormat.ION_BINARY)[:-1]

    assert probed(tmp_path, content) == BlockRange(LEDGER.strand_id, 2, 3)


@pytest.mark.parametrize("content", [b"", b"{}", b"hello"])
def test_an_object_without_blocks_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(IonError):
        probed(tmp_path, content)


def test_an_export_of_renamed_objects_is_verified(tmp_path: Path) -> None:
    for name, blocks in (("b", LEDGER.blocks[:3]), ("a", LEDGER.blocks[3:])):
        (tmp_path / name).write_bytes(object_bytes(blocks, ExportFormat.ION_TEXT))

    found = verify(str(tmp_path), VerifyOptions(), start=lambda _: None, advance=lambda _: None)

    assert found.outcome is Outcome.PROVEN
    assert found.blocks == len(LEDGER.blocks)
