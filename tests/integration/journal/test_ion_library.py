"""Defects of amazon.ion's readers, for which the handler has its own reader.

Proves defects of amazon.ion 0.15.0, not of this project. A test that fails here after an upgrade is
good news: that reason for `journal.ion` is gone, so look at the others and at its docstring.
"""

from __future__ import annotations

import io
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from amazon.ion import simpleion
from amazon.ion.exceptions import IonException
from amazon.ion.simpleion import IonPyValueModel

from handler.values import attribute_value
from journal.errors import IonError
from journal.ion.stream import single_value
from tests.support.ion import binary
from tests.support.raw_ion import VERSION_MARKER, importing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

# A record of this project with one byte changed.
ENDLESS = (
    "e00100eaeea08183de9c87be998a7265636f726454797065877061796c6f616481616d628163deae8a8e90524556"
    "4982494f4e5f44455441494c538bde988c21018d8b68656c6c6f20776f72aa648eb6210121022103"
)
SECONDS = 2
SLOW = "e00100ea6c800fe581818080803c7fff01"
"""A timestamp with a positive exponent of its fraction, which is illegal."""

READ = f"""
import io, signal, sys
from amazon.ion import simpleion
assert simpleion.c_ext
signal.alarm({SECONDS})
try:
    getattr(simpleion, sys.argv[1])(io.BytesIO(bytes.fromhex(sys.argv[2])))
except Exception:
    pass
"""


def dies_of_the_alarm(reader: str, data: str) -> bool:
    """Return whether a reader of the library does not end within `SECONDS`."""
    done = subprocess.run(
        [sys.executable, "-c", READ, reader, data], check=False, capture_output=True
    )
    return done.returncode == -signal.SIGALRM


def own(data: bytes) -> Mapping[str, Any]:
    return attribute_value(single_value(data))


def timestamp(digits: int) -> str:
    return f"2020-01-01T00:00:00.{'1234567891234'[:digits]}Z"


def as_text(data: bytes) -> str:
    return str(
        simpleion.dumps(
            simpleion.loads(data, value_model=IonPyValueModel.MAY_BE_BARE),
            binary=False,
            omit_version_marker=True,
        )
    )


@pytest.mark.parametrize(("reader", "data"), [("load", ENDLESS), ("load_python", SLOW)])
def test_a_reader_does_not_return_from_some_input(reader: str, data: str) -> None:
    # Given input on which the library's reader does not return in time
    assert dies_of_the_alarm(reader, data)
    # When the handler's reader reads it / then it is refused at once
    with pytest.raises(IonError):
        own(bytes.fromhex(data))


def test_the_c_extension_reads_fractions_of_eleven_digits_as_zeros() -> None:
    # Given a timestamp of eleven digits / when the library reads it / then it is another one
    data = binary(timestamp(11))
    assert as_text(data) == "2020-01-01T00:00:00.000000000Z"
    # And the handler's reader gives the one that was written
    assert own(data) == {"S": timestamp(11)}


def test_the_c_extension_refuses_fractions_of_ten_digits() -> None:
    data = binary(timestamp(10))
    with pytest.raises(IonException):
        as_text(data)
    assert own(data) == {"S": timestamp(10)}


@pytest.mark.parametrize("number", [2**63, 2**64 - 1, -(2**64 - 1)])
def test_the_c_extension_misreads_large_ints_of_eight_bytes_across_a_border(number: int) -> None:
    # Given ints that lie around the border of 8 KiB
    data = [simpleion.dumps({"a": b"x" * size, "b": number}) for size in range(8140, 8180)]
    # When the library reads them / then some are others
    assert {simpleion.loads(each)["b"] for each in data} != {number}
    # And the handler's reader reads all of them
    assert {own(each)["M"]["b"]["N"] for each in data} == {str(number)}


@pytest.mark.parametrize("number", [2**63 - 1, -(2**63), 2**56, 2**64])
def test_the_c_extension_reads_other_ints_across_a_border(number: int) -> None:
    data = [simpleion.dumps({"a": b"x" * size, "b": number}) for size in range(8140, 8180)]
    assert {simpleion.loads(each)["b"] for each in data} == {number}


@pytest.mark.parametrize("number", ["1d-6177", "1d6145"])
def test_the_c_extension_refuses_some_decimals(number: str) -> None:
    data = binary(number)
    with pytest.raises(IonException):
        as_text(data)
    assert own(data) == {"S": number}


def test_the_c_extension_refuses_symbols_without_text_as_texts() -> None:
    data = binary("$0")
    with pytest.raises(IonException):
        simpleion.loads(data, value_model=IonPyValueModel.SYMBOL_AS_TEXT)
    # And without that option it reads them
    assert simpleion.loads(data).text is None
    assert own(data) == {"S": "$0"}


@pytest.mark.parametrize("load", [simpleion.load, simpleion.load_python])
def test_names_without_text_hide_each_other(load: Callable[[io.BytesIO], Any]) -> None:
    # Given two fields whose names are in a shared table / when the library reads them
    data = VERSION_MARKER + importing(symbols=2) + bytes.fromhex("d68a21018b2102")
    found = load(io.BytesIO(data))
    # Then only one is left to a reader of the dict
    assert len(dict(found)) == 1
    # And the handler's reader has both
    assert own(data) == {"M": {"$10": {"N": "1"}, "$11": {"N": "2"}}}
