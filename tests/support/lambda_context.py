"""The context that Lambda passes to a function."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_MINUTE_MILLISECONDS = 60_000


class LambdaContext:
    """The context of one invocation, as far as the handler reads it.

    Parameters
    ----------
    remaining_milliseconds
        Returns the time that the invocation has left; by default always a minute.
    function_version
        Version of the function.
    """

    function_name = "replica"

    def __init__(
        self,
        *,
        remaining_milliseconds: Callable[[], int] = lambda: _MINUTE_MILLISECONDS,
        function_version: str = "7",
    ) -> None:
        self._remaining_milliseconds = remaining_milliseconds
        self.function_version = function_version

    @classmethod
    def ending_in(cls, seconds: float) -> LambdaContext:
        """Return the context of an invocation that starts now and has some seconds."""
        end = time.monotonic() + seconds
        return cls(remaining_milliseconds=lambda: int((end - time.monotonic()) * 1000))

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until Lambda stops the function."""
        return self._remaining_milliseconds()
