"""A stack whose file is being written is read a moment later; any other failure counts at once."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from infra import stack_outputs

if TYPE_CHECKING:
    from collections.abc import Callable

BEING_WRITTEN = "error: failed to load checkpoint: EOF"


def engine(monkeypatch: pytest.MonkeyPatch, *failures: str) -> Callable[[], int]:
    """Let the engine fail so often, then answer; return the number of its calls."""
    left = list(failures)
    calls: list[str] = []

    def invoke(_token: str, arguments: dict[str, str]) -> Any:  # noqa: ANN401 (Pulumi's result)
        calls.append(arguments["name"])
        if left:
            raise RuntimeError(left.pop(0))
        return SimpleNamespace(value={"outputs": {"a": 1}})

    monkeypatch.setattr(stack_outputs, "invoke", invoke)
    monkeypatch.setattr(stack_outputs, "_PAUSE_SECONDS", 0.0)
    return lambda: len(calls)


def test_a_stack_that_is_being_written_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = engine(monkeypatch, BEING_WRITTEN, BEING_WRITTEN)

    assert stack_outputs.read("organization/project/stack").values == {"a": 1}
    assert calls() == 3


def test_a_stack_that_stays_unreadable_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    engine(monkeypatch, *[BEING_WRITTEN] * 100)

    with pytest.raises(stack_outputs.StackUnreadableError, match="failed to load checkpoint: EOF"):
        stack_outputs.read("organization/project/stack")


def test_any_other_failure_counts_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = engine(monkeypatch, "error: unknown stack")

    with pytest.raises(stack_outputs.StackUnreadableError, match="unknown stack"):
        stack_outputs.read("organization/project/stack")

    assert calls() == 1
