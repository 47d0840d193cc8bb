"""Shell commands by which a shell enters the environment of the local AWS, or leaves it again.

What is needed to leave is kept in the shell. The exported variable `LOCAL_AWS_UNDO` has names and
folders only. The values that the shell had before are in its variables `LOCAL_AWS_BEFORE_...`,
which are not exported: no program sees the credentials of the user's own account in them.
"""

from __future__ import annotations

import json
import os
import re
import shlex
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.environment import OWNED_PREFIXES
from local.errors import LocalError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Self

UNDO_VARIABLE = "LOCAL_AWS_UNDO"
_BEFORE = "LOCAL_AWS_BEFORE_"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class _Undo:
    """What leaves the environment.

    Attributes
    ----------
    own
        Variables that the commands have set, PATH excluded.
    replaced
        Variables that had a value before.
    folders
        What was added to PATH.
    """

    own: frozenset[str] = frozenset()
    replaced: frozenset[str] = frozenset()
    folders: tuple[str, ...] = ()

    @classmethod
    def of(cls, inherited: Mapping[str, str]) -> Self | None:
        """Read it from a shell's environment; return None if the shell has not entered."""
        text = inherited.get(UNDO_VARIABLE)
        if not text:
            return None
        try:
            own, replaced, folders = json.loads(text)
            undo = cls(own=frozenset(own), replaced=frozenset(replaced), folders=tuple(folders))
            # The names become part of shell commands.
            valid = all(map(_NAME.fullmatch, undo.own | undo.replaced))
        except (TypeError, ValueError):
            valid = False
        if not valid:
            raise LocalError(f"{UNDO_VARIABLE} was changed: open a new shell") from None
        return undo

    def __str__(self) -> str:
        return json.dumps([sorted(self.own), sorted(self.replaced), list(self.folders)])

    def path_before(self, path: str) -> str:
        """Return a PATH without one occurrence of each folder that was added."""
        folders = path.split(os.pathsep)
        for folder in self.folders:
            if folder in folders:
                folders.remove(folder)
        return os.pathsep.join(folders)


def inherited_path(inherited: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the shell's environment with the PATH that it had before it entered, if it has.

    Parameters
    ----------
    inherited
        The environment of the shell. Default: the environment of this process.

    Raises
    ------
    LocalError
        If what the shell keeps to leave the environment is damaged.
    """
    inherited = os.environ if inherited is None else inherited
    undo = _Undo.of(inherited)
    if undo is None or "PATH" not in inherited:
        return dict(inherited)
    return {**inherited, "PATH": undo.path_before(inherited["PATH"])}


def shell_exports(variables: Mapping[str, str], inherited: Mapping[str, str]) -> str:
    """Return POSIX shell commands that turn the shell's environment into `process_environment`.

    Parameters
    ----------
    variables
        Result of `environment`.
    inherited
        The environment of the shell, from `inherited_path`.

    Raises
    ------
    LocalError
        As for `inherited_path`.
    """
    former = _Undo.of(inherited) or _Undo()
    # A name that no shell can have as a variable can neither be unset by one.
    owned = {n for n in inherited if n.startswith(OWNED_PREFIXES) and _NAME.fullmatch(n)}
    foreign = sorted(owned - variables.keys())
    replaced = {n for n in {*foreign, *variables} & inherited.keys() if n not in former.own}
    replaced.discard("PATH")
    before = inherited.get("PATH", os.defpath)
    undo = _Undo(
        own=former.own | (variables.keys() - {"PATH"}),
        replaced=former.replaced | replaced,
        folders=_added(variables["PATH"], before),
    )
    lines = [f"{_BEFORE}{name}=${name}" for name in sorted(replaced)]
    lines += [f"unset {' '.join(foreign)}"] if foreign else []
    lines += _exports({**variables, UNDO_VARIABLE: str(undo)}.items())
    return "\n".join(lines) + "\n"


def shell_undo(inherited: Mapping[str, str] | None = None) -> str | None:
    """Return POSIX shell commands that undo `shell_exports`.

    Parameters
    ----------
    inherited
        The environment of the shell. Default: the environment of this process.

    Returns
    -------
    str or None
        None if there is nothing to undo.

    Raises
    ------
    LocalError
        As for `inherited_path`.
    """
    inherited = os.environ if inherited is None else inherited
    undo = _Undo.of(inherited)
    if undo is None:
        return None
    lines = [f"unset {' '.join([*sorted(undo.own - undo.replaced), UNDO_VARIABLE])}"]
    lines += map(_restoration, sorted(undo.replaced))
    if "PATH" in inherited:
        lines += _exports([("PATH", undo.path_before(inherited["PATH"]))])
    return "\n".join(lines) + "\n"


def _restoration(name: str) -> str:
    """Return the command that restores a variable where its value is known.

    A shell that was started by the one that entered has inherited names only.
    """
    before = f"{_BEFORE}{name}"
    return (
        f'if [ "${{{before}+known}}" ]; then export {name}="${before}"; unset {before}; else '
        f"unset {name}; echo 'not restored: {name}, which another shell has replaced' >&2; fi"
    )


def _added(path: str, before: str) -> tuple[str, ...]:
    """Return the folders of a PATH that it has more often than another one."""
    added = Counter(path.split(os.pathsep)) - Counter(before.split(os.pathsep))
    return tuple(added.elements())


def _exports(variables: Iterable[tuple[str, str]]) -> list[str]:
    return [f"export {name}={shlex.quote(value)}" for name, value in variables]
