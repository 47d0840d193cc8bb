"""The schedules inject every fault that the handler's table of error codes knows."""

from __future__ import annotations

from random import Random

from handler.error_codes import FAULT_CLASSES, normalized
from tests.reliability.fault_injection import (
    BUCKET_CODES,
    CONNECTION_ERRORS,
    LOST_ANSWERS,
    REQUEST_CODES,
    STATEMENT_CODES,
    all_kinds,
)
from tests.reliability.history_factory import make_history
from tests.reliability.plan import Plan
from tests.reliability.poison import FUTURE_TYPE, POISON_KINDS

_INJECTED = (*REQUEST_CODES, *STATEMENT_CODES, *BUCKET_CODES, *CONNECTION_ERRORS, *LOST_ANSWERS)


def test_every_code_of_the_table_is_injected() -> None:
    assert set(FAULT_CLASSES) <= {normalized(code) for code in _INJECTED}


def test_everything_in_a_history_counts_as_a_fault() -> None:
    kinds: set[str] = set()
    for seed in range(5):
        history = make_history(Plan(seed=seed, commits=12, poison=5), Random(seed))
        kinds.update(poison.kind for poison in history.poison)
        kinds.update(history.refused.values(), history.foreign)
    assert FUTURE_TYPE in kinds
    assert kinds <= set(POISON_KINDS) <= set(all_kinds())


def test_a_code_that_the_table_does_not_know_is_injected_too() -> None:
    assert {normalized(code) for code in _INJECTED} - set(FAULT_CLASSES)
