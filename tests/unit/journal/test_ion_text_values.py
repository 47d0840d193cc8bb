"""Ion text means what amazon.ion reads in it, for generated values of every type."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from amazon.ion import simpleion
from hypothesis import given
from hypothesis import strategies as st

from journal.ion.hashing import ion_hash
from journal.ion.stream import single_value
from journal.ion.text_stream import text_values
from tests.support.ion import binary
from tests.support.ion_values import documents, values

if TYPE_CHECKING:
    from journal.ion.structure import Span
    from tests.support.ion_values import Sample


def read(text: str, size: int = 1 << 16) -> Span:
    data = text.encode()
    (found,) = text_values(data[at : at + size] for at in range(0, len(data), size))
    return found.span


def written(data: bytes) -> str:
    """Return binary Ion as amazon.ion writes it as text."""
    return str(simpleion.dumps(simpleion.load_python(io.BytesIO(data)), binary=False))


def nothing(_value: object, _data: bytes, position: int) -> int:
    """Read nothing in the common forms."""
    return position


@given(documents)
def test_a_document_has_the_hash_of_its_binary_form(document: Sample) -> None:
    assert ion_hash(read(document.text)) == ion_hash(single_value(binary(document.text)))


@given(documents)
def test_what_amazon_ion_writes_as_text_has_the_hash_of_what_it_reads_in_it(
    document: Sample,
) -> None:
    text = written(binary(document.text))
    assert ion_hash(read(text)) == ion_hash(single_value(binary(text)))


@given(values, st.integers(1, 9))
def test_a_value_in_pieces_is_the_value_as_a_whole(sample: Sample, size: int) -> None:
    text = f"[{sample.text}]"
    assert read(text, size) == read(text)


@given(documents)
def test_the_common_forms_are_read_as_token_by_token(document: Sample) -> None:
    # Given a document in the compact form of AWS's writer
    text = written(binary(document.text))
    common = read(text)
    # When nothing is read but token by token
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("journal.ion.text_stream.read_common", nothing)
        tokens = read(text)
    # Then the value is the same
    assert tokens == common
