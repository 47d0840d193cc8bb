"""Reads the outputs of a stack at once, before any resource is registered."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi.runtime import invoke

if TYPE_CHECKING:
    from collections.abc import Mapping

_READ = "pulumi:pulumi:readStackOutputs"
"""The engine's own function behind ``pulumi.StackReference`` (pulumi/pulumi,
``pkg/resource/deploy/builtins.go``). A reference gives outputs only, whose checks run beside the
deployment of other resources; this function answers before the first of them."""

_BEING_WRITTEN = "failed to load checkpoint"
"""The engine's reason while a file backend writes the stack's file, which it does not replace at
once. The stack that is being deployed is written again and again."""

_ATTEMPTS = 10
_PAUSE_SECONDS = 0.2


class StackUnreadableError(Exception):
    """A stack's outputs cannot be read. The message is the engine's reason, in one line."""


@dataclass(frozen=True, kw_only=True)
class StackOutputs:
    """The outputs that the last deployment of a stack left.

    Attributes
    ----------
    values
        By name; empty if the stack was never deployed.
    secrets
        Names of the outputs that are secret.
    """

    values: Mapping[str, Any]
    secrets: frozenset[str] = frozenset()


def read(stack: str) -> StackOutputs:
    """Return the outputs of a stack of the same backend.

    Parameters
    ----------
    stack
        Its name, as ``<organization>/<project>/<stack>``.

    Raises
    ------
    StackUnreadableError
        If the stack does not exist or may not be read.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            found = invoke(_READ, {"name": stack}).value
            break
        except Exception as error:  # noqa: BLE001 (Pulumi raises no narrower one)
            reason = _reason(error)
            if _BEING_WRITTEN not in reason or attempt == _ATTEMPTS:
                raise StackUnreadableError(reason) from None
            time.sleep(_PAUSE_SECONDS)
    return StackOutputs(
        values=found["outputs"], secrets=frozenset(found.get("secretOutputNames") or ())
    )


def own_stack() -> str:
    """Return the full name of the stack that is being deployed."""
    return f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"


def _reason(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[-1].rpartition("error: ")[2]
