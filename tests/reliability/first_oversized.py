"""`python -m tests.reliability.first_oversized N`: holds the function to the limits of an item.

Prints the first document just inside a limit that is refused, or just outside that is not, and the
first construction that expands; exits with `BROKEN`; without one, prints nothing and exits with 0.
The mutations run it. The number is ignored: there is nothing to try more than once.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from handler.aggregation import FrameError, user_records
from handler.settings import ReplicaTable
from handler.values import attribute_value
from journal.errors import RecordError
from journal.ion.stream import single_value
from tests.reliability.findings import print_first
from tests.support.kpl import aggregate
from tests.support.limit_cases import (
    LIMIT_CASES,
    MAX_KEY,
    TOO_LARGE,
    ion_text,
    table,
    write_of,
)
from tests.support.raw_ion import INT, LIST, TIMESTAMP, VERSION_MARKER, value

if TYPE_CHECKING:
    from collections.abc import Iterator


def main() -> int:
    """Try everything."""
    return print_first(_findings())


def _findings() -> Iterator[str]:
    for case in LIMIT_CASES:
        for document, code in ((case.inside, None), (case.outside, case.code)):
            found = _code(ion_text(document))
            if found != code:
                yield f"{case.name}: {found}, not {code}"
    if _code("{}", key=MAX_KEY) or not _code("{}", key=MAX_KEY + "k"):
        yield "length of a key"
    yield from _large_attributes()
    yield from _expanding_values()
    try:
        user_records(aggregate(*[b""] * 2000))
    except FrameError:
        return
    yield "an aggregate of empty records"


def _code(document: str, *, key: str = "doc", replica: ReplicaTable | None = None) -> str | None:
    try:
        write_of(document, replica=replica or table(), key=key)
    except RecordError as error:
        return error.code
    return None


def _large_attributes() -> Iterator[str]:
    copies: dict[str, tuple[str, ...]] = {f"a{number}": ("a",) for number in range(100)}
    replica = ReplicaTable(ledger_table="Person", table_name="t", attributes=copies)
    if _code(f'{{a: "{"x" * 5000}"}}', replica=replica) != TOO_LARGE:
        yield "attributes of one value"


def _expanding_values() -> Iterator[str]:
    second = b"\x80\x0f\xe8\x82\x9d\x8c\x80\x80"
    refused = {
        "zeros of a fraction": value(TIMESTAMP, second + b"\x41\xc9"),
        "digits of a number": value(INT, b"\x7f" * 171_000),
    }
    for name, content in refused.items():
        try:
            attribute_value(single_value(VERSION_MARKER + content))
        except RecordError:
            continue
        yield name
    lists = attribute_value(single_value(VERSION_MARKER + value(LIST, b"\xb0\xb0")))["L"]
    if lists[0] is not lists[1]:
        yield "empty values as objects of their own"


if __name__ == "__main__":
    sys.exit(main())
