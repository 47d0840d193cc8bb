"""Progress at one place of a terminal, whatever is echoed there meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.progress import Progress  # noqa: TID251 (the class below is for all others)
from typing_extensions import override

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
    from rich.progress import ProgressColumn

ROOM = 8
"""Columns that stay empty at the right.

A terminal echoes Ctrl-C as ``^C`` at the cursor, which is behind the last line of a display. Behind
a full line the echo, and with it the cursor, goes to a new line, and what is erased for the next
picture is one line too low.
"""


class ProgressDisplay(Progress):
    """Progress on a terminal, and nothing elsewhere.

    Parameters
    ----------
    columns
        Parts of a line.
    console
        Where to show it.
    transient
        Whether it disappears at the end.
    """

    def __init__(
        self, *columns: str | ProgressColumn, console: Console, transient: bool = True
    ) -> None:
        super().__init__(
            *columns, console=console, transient=transient, disable=not console.is_terminal
        )

    @override
    def get_renderable(self) -> RenderableType:
        return _Narrower(super().get_renderable())


class _Narrower:
    """What is shown, with room at the right."""

    def __init__(self, content: RenderableType) -> None:
        self._content = content

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = max(1, options.max_width - ROOM)
        yield from console.render(self._content, options.update_width(width))
