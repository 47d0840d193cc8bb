"""The schedules inject every fault that the handler's table of error codes knows."""

from __future__ import annotations

from handler.error_codes import FAULT_CLASSES, normalized
from tests.reliability.fault_injection import (
    BUCKET_CODES,
    CONNECTION_ERRORS,
    LOST_ANSWERS,
    REQUEST_CODES,
    STATEMENT_CODES,
)

_INJECTED = (*REQUEST_CODES, *STATEMENT_CODES, *BUCKET_CODES, *CONNECTION_ERRORS, *LOST_ANSWERS)


def test_every_code_of_the_table_is_injected() -> None:
    assert set(FAULT_CLASSES) <= {normalized(code) for code in _INJECTED}


def test_a_code_that_the_table_does_not_know_is_injected_too() -> None:
    assert {normalized(code) for code in _INJECTED} - set(FAULT_CLASSES)
