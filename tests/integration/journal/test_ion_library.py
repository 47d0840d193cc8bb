"""Defects of amazon.ion's readers, for which the handler has its own reader.

Proves defects of amazon.ion 0.15.0, not of this project. A test that fails here after an upgrade is
good news: that reason for `journal.ion` is gone, so look at the others and at its docstring.
"""

from __future__ import annotations

import subprocess
import sys

import pytest
from amazon.ion import simpleion
from amazon.ion.simpleion import IonPyValueModel

from handler.values import attribute_value
from journal.errors import IonError
from journal.ion.stream import single_value
from tests.support.ion import binary

# A record of this project with one byte changed.
ENDLESS = (
    "e00100eaeea08183de9c87be998a7265636f726454797065877061796c6f616481616d628163deae8a8e90524556"
    "4982494f4e5f44455441494c538bde988c21018d8b68656c6c6f20776f72aa648eb6210121022103"
)
SECONDS = 2
READ = f"""
import signal, sys
from amazon.ion import simpleion
assert simpleion.c_ext
signal.alarm({SECONDS})
try:
    simpleion.loads(bytes.fromhex(sys.argv[1]))
except Exception:
    pass
"""
LONG_FRACTION = "2020-01-01T00:00:00.1234567891234Z"


def test_the_c_extension_never_returns_from_some_records() -> None:
    # given a damaged record / when the library reads it in a separate process
    done = subprocess.run([sys.executable, "-c", READ, ENDLESS], check=False, capture_output=True)
    # then only the kernel's alarm ends it
    assert done.returncode < 0
    # and the handler's reader refuses the record at once
    with pytest.raises(IonError):
        single_value(bytes.fromhex(ENDLESS))


def test_the_c_extension_changes_long_fractions_of_a_second() -> None:
    # given a timestamp with more than nine digits of a second
    data = binary(LONG_FRACTION)
    # when the library reads it / then it gives another time, without an error
    model = IonPyValueModel.MAY_BE_BARE
    read = simpleion.loads(data, value_model=model)
    assert simpleion.dumps(read, binary=False, omit_version_marker=True) != LONG_FRACTION
    # and the handler's reader gives the one that was written
    assert attribute_value(single_value(data)) == {"S": LONG_FRACTION}
