"""Standard input of somebody who types."""

from __future__ import annotations

import io

from typing_extensions import override


class Terminal(io.StringIO):
    """Standard input of a person who types an answer."""

    @override
    def isatty(self) -> bool:
        return True
