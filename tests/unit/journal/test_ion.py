"""Binary Ion is read as the specification says, or refused.

The bytes are written by hand; tests/unit/journal/test_ion_vectors.py reads the specification's.
"""

from __future__ import annotations

import time

import pytest

from handler.values import attribute_value
from journal.errors import IonError
from journal.ion.stream import single_value
from tests.support.attribute_values import checked
from tests.support.ion_cases import ION_CASES, IonCase
from tests.support.raw_ion import (
    FIRST_LOCAL,
    INT,
    STRUCT,
    SYMBOL_TABLE,
    VERSION_MARKER,
    annotated,
    symbol_table,
    value,
    var_uint,
)

READ = [case for case in ION_CASES if case.becomes is not None]
REFUSED = [case for case in ION_CASES if case.becomes is None]
A_IS_ONE = value(STRUCT, var_uint(FIRST_LOCAL) + value(INT, b"\x01"))


def name(case: IonCase) -> str:
    return case.name


@pytest.mark.parametrize("case", READ, ids=name)
def test_legal_ion_is_read(case: IonCase) -> None:
    found = attribute_value(single_value(VERSION_MARKER + case.content))
    assert checked(dict(found)) == case.becomes


@pytest.mark.parametrize("case", REFUSED, ids=name)
def test_illegal_ion_is_refused(case: IonCase) -> None:
    with pytest.raises(IonError):
        attribute_value(single_value(VERSION_MARKER + case.content))


def test_thousands_of_tables_that_append_are_joined_once() -> None:
    # Given tables that each add a symbol, with padding between, as many as fit into a record
    table = annotated(var_uint(SYMBOL_TABLE), b"\xd7\x86\x71\x03\x87\xb2\x81x") + b"\x00"
    data = VERSION_MARKER + symbol_table(["a"]) + table * (2**20 // len(table)) + A_IS_ONE
    # When they are read
    started = time.process_time()
    found = attribute_value(single_value(data))
    # Then in a time that is linear in their number
    assert time.process_time() - started < 5
    assert found == {"M": {"a": {"N": "1"}}}
