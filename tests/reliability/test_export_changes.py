"""Of a thousand changes of single bytes in an export, each is found or of a documented class.

docs/exports.md, "What no verification can show", names the classes.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from journal.exports.blocks import object_blocks
from journal.ion.hashing import ion_hash
from journal.ion.structure import distinct_fields
from ops.exports.verification import Outcome
from ops.exports.verifier import VerifyOptions, verify
from ops.terminal_text import printable
from tests.support.exports import ExportFormat, export_of
from tests.support.journals import busy_ledger

if TYPE_CHECKING:
    from pathlib import Path

    from ops.exports.verification import Verification

CHANGES = 1_000

NOT_HASHED = {"blockTimestamp", "transactionId"}
"""Fields of a block that no known hash covers."""

OPTIONAL = {"transactionInfo", "redactionInfo", "revisions"}
"""Fields that genuine blocks may lack, so that nothing shows when one was removed; the revisions
only where none is of a document."""


def run(folder: Path) -> Verification:
    return verify(str(folder), VerifyOptions(), start=lambda _: None, advance=lambda _: None)


def fields(content: bytes) -> list[dict[str, Any]]:
    """Return the hashes of the fields of all blocks."""
    return [
        {name: ion_hash(span) for name, span in distinct_fields(located.span).items()}
        for located in object_blocks([content]).blocks
    ]


def differences(before: bytes, after: bytes) -> set[str]:
    """Return the names of the fields in which two objects differ."""
    pairs = zip(fields(before), fields(after), strict=True)
    return {
        name
        for old, new in pairs
        for name in old.keys() | new.keys()
        if old.get(name) != new.get(name)
    }


@pytest.mark.parametrize("output_format", ExportFormat)
def test_a_changed_byte_is_found_or_of_a_documented_class(
    tmp_path: Path, output_format: ExportFormat
) -> None:
    export = export_of(busy_ledger().blocks, output_format, blocks_per_object=3)
    export.write_to(tmp_path)
    sound = run(tmp_path)
    assert sound.outcome is Outcome.PROVEN
    choice = random.Random(11)
    for _ in range(CHANGES):
        key = choice.choice(export.data_keys)
        content = bytearray(export.files[key])
        position = choice.randrange(len(content))
        content[position] = choice.choice(
            [byte for byte in range(256) if byte != content[position]]
        )
        (tmp_path / key).write_bytes(content)

        result = run(tmp_path)

        if result.outcome is Outcome.PROVEN:
            changed = differences(export.files[key], bytes(content))
            assert is_documented(changed, result), (key, position, changed)
        (tmp_path / key).write_bytes(export.files[key])


def is_documented(changed: set[str], result: Verification) -> bool:
    """Return whether a change that is not found is of a documented class.

    A field that no hash covers has another value; or an optional field has another name, which the
    result then tells among what it cannot show.
    """
    told = [text for text in result.not_shown if text.startswith("What the fields")]
    new = {name for name in changed if told and printable(name) in told[0]}
    return not changed - NOT_HASHED - new - (OPTIONAL if new else set())
