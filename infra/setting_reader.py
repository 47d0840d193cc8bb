"""Settings as text, read one by one, so that everything that is wrong is told at once."""

from __future__ import annotations

import difflib
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Mapping, Sequence


class SettingReader:
    """Reads settings and collects problems.

    A setting that is missing or wrong reads as an empty value of its type: whoever reads looks at
    `problems` before using any value.

    Parameters
    ----------
    values
        The text of each setting.
    """

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self._known: list[str] = []
        self.problems: list[str] = []

    def pattern(self, name: str, pattern: re.Pattern[str], *, allowed: str, example: str) -> str:
        """Return text that matches `pattern` as a whole."""
        return self._checked(
            name, lambda text: pattern.fullmatch(text) is not None, allowed=allowed, example=example
        )

    def choice(self, name: str, choices: Sequence[str], *, example: str) -> str:
        """Return one of `choices`."""
        return self._checked(
            name, lambda text: text in choices, allowed=_either(choices), example=example
        )

    def past_time(self, name: str, now: datetime, *, example: str) -> str:
        """Return a time in UTC, to the second, that is not after `now`."""

        def usable(text: str) -> bool:
            try:
                # The same text back: the one form that QLDB and every provider version take.
                time = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z")
            except ValueError:
                return False
            return f"{time:%Y-%m-%dT%H:%M:%S}Z" == text and time <= now

        allowed = f"a time in UTC such as {example}, not in the future"
        return self._checked(name, usable, allowed=allowed, example=example)

    def integer(
        self, name: str, lowest: int, highest: int | None, *, unlimited: int | None = None
    ) -> int:
        """Return an integer from `lowest` to `highest`, or the value that means no limit."""
        allowed = f"an integer from {lowest} {'up' if highest is None else f'to {highest}'}"
        if unlimited is not None:
            allowed += f", or {unlimited}"
        return self._integer(
            name,
            lambda number: (
                number == unlimited or (lowest <= number and (highest is None or number <= highest))
            ),
            allowed=allowed,
            example=lowest,
        )

    def optional_integer(self, name: str, lowest: int) -> int | None:
        """Return an integer of at least `lowest`, None where the setting is absent."""
        if name not in self._values:
            self._known.append(name)
            return None
        return self.integer(name, lowest, None)

    def one_of(self, name: str, choices: Sequence[int]) -> int:
        """Return one of the integers in `choices`."""
        return self._integer(
            name,
            lambda number: number in choices,
            allowed=_either([str(choice) for choice in choices]),
            example=choices[0],
        )

    def boolean(self, name: str) -> bool:
        """Return true or false."""
        return self.choice(name, ("true", "false"), example="true") == "true"

    def raw(self, name: str) -> str | None:
        """Return the setting's text, None where it is absent; whoever asks checks it."""
        self._known.append(name)
        return self._values.get(name)

    def note_unknown(self) -> None:
        """Add a problem for every setting that nothing has read."""
        for name in self._values:
            if name in self._known:
                continue
            near = difflib.get_close_matches(name, self._known, 1)
            guess = f" ({near[0]} is one)" if near else ""
            self.problems.append(
                f"{name} is no setting of this program{guess}: pulumi config rm {name}"
            )

    def _integer(
        self, name: str, allows: Callable[[int], bool], *, allowed: str, example: int
    ) -> int:
        def usable(text: str) -> bool:
            try:
                return str(int(text)) == text and allows(int(text))
            except ValueError:
                return False

        return int(self._checked(name, usable, allowed=allowed, example=str(example)) or "0")

    def _checked(
        self, name: str, usable: Callable[[str], bool], *, allowed: str, example: str
    ) -> str:
        text = self._text(name, allowed=allowed, example=example)
        if text is None:
            return ""
        if not usable(text):
            self._wrong(name, text, allowed=allowed, example=example)
            return ""
        return text

    def _text(self, name: str, *, allowed: str, example: str) -> str | None:
        self._known.append(name)
        text = self._values.get(name)
        if text is None:
            self.problems.append(
                f"{name} is missing; it is {allowed}: pulumi config set {name} {example}"
            )
        return text

    def _wrong(self, name: str, text: str, *, allowed: str, example: str) -> None:
        self.problems.append(
            f"{name} is {text!r}; it has to be {allowed}: pulumi config set {name} {example}"
        )


def _either(choices: Sequence[str]) -> str:
    return f"{', '.join(choices[:-1])} or {choices[-1]}"
