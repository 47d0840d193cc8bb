"""The Ion specification's own vectors are read or refused, and mean what amazon.ion reads in them.

Each is a stream of any values in binary. Source: github.com/amazon-ion/ion-tests.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from amazon.ion import simpleion

from handler.values import attribute_value
from journal.errors import IonError
from journal.ion.stream import values

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

GOOD, BAD = 87, 96
"""How many vectors there are."""

NOT_COMPARED = {
    "item1.10n",  # amazon.ion gives all names of its shared tables as None, and merges the fields
}


def vectors(shared_data: Path, kind: str) -> dict[str, bytes]:
    files = sorted((shared_data / "ion-tests" / "iontestdata" / kind).rglob("*.10n"))
    return {str(file.relative_to(shared_data)): file.read_bytes() for file in files}


def read(data: bytes) -> list[Mapping[str, Any]] | None:
    try:
        return [attribute_value(value) for value in values(data)]
    except IonError:
        return None


def rewritten(data: bytes) -> bytes:
    """Return the same values in the one form that amazon.ion writes."""
    found = simpleion.load_python(io.BytesIO(data), single_value=False)
    out = io.BytesIO()
    simpleion.dump_python(list(found), out, binary=True, sequence_as_stream=True)
    return out.getvalue()


def test_every_good_vector_is_read(shared_data: Path) -> None:
    good = vectors(shared_data, "good")
    assert len(good) == GOOD
    assert [name for name, data in good.items() if read(data) is None] == []


def test_every_bad_vector_is_refused(shared_data: Path) -> None:
    bad = vectors(shared_data, "bad")
    assert len(bad) == BAD
    assert [name for name, data in bad.items() if read(data) is not None] == []


def test_every_good_vector_has_the_values_that_amazon_ion_reads(shared_data: Path) -> None:
    good = {
        name: data
        for name, data in vectors(shared_data, "good").items()
        if name.rpartition("/")[2] not in NOT_COMPARED
    }
    assert [name for name, data in good.items() if read(data) != read(rewritten(data))] == []


def test_the_vector_with_shared_tables_keeps_each_field_apart(shared_data: Path) -> None:
    # Given an item whose names are in two shared tables, of 10 and 14,267 symbols
    item = vectors(shared_data, "good")["ion-tests/iontestdata/good/item1.10n"]
    # When it is read
    (found,) = read(item) or [{}]
    # Then no name hides another
    assert list(found["M"]) == ["$24", "$23", "$26", "version"]
