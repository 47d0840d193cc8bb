"""Runs AWS's own Ion Hash, ion-hash-java, as an oracle and for comparisons of speed.

The jars come from Maven Central, and Java compiles the program in `java/` at each start.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from local import maven
from local.java import find_java
from local.user_cache import cached

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_FOLDER: Final = Path(__file__).with_name("java")
_LOCK_FILE: Final = _FOLDER / "artifacts.lock"
_PROGRAM: Final = _FOLDER / "IonHasher.java"
_MAX_SECONDS: Final = 600
_HASH_BYTES: Final = 32


class IonHashJavaError(Exception):
    """The Java program failed; the text is the last line of its errors."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """The time that ion-hash-java takes for the metadata and data of revisions, once warm.

    Attributes
    ----------
    revisions
        Number of revisions with metadata and data.
    digest
        SHA-256 of all hashes, metadata and data of each revision in turn: proves what was hashed.
    microseconds_per_revision
        In the best of the measured passes.
    """

    revisions: int
    digest: bytes
    microseconds_per_revision: float


class IonHashJava:
    """AWS's Ion Hash.

    Parameters
    ----------
    progress
        Receives a line for the user when the jars are fetched.

    Raises
    ------
    LocalError
        If Java is missing or too old, or the jars cannot be fetched.
    """

    def __init__(self, progress: Callable[[str], None]) -> None:
        self._java = find_java()
        self._jars = _ensure_jars(progress)

    def hashes(self, values: Iterable[bytes]) -> list[bytes | None]:
        """Return the Ion Hash (SHA-256) of each value, all of them in one process.

        Parameters
        ----------
        values
            Streams of binary Ion with one value each.

        Returns
        -------
        list
            Hashes in the same order; None where ion-hash-java refuses a value.

        Raises
        ------
        IonHashJavaError
            If the process fails.
        """
        messages = b"".join(len(value).to_bytes(4, "big") + value for value in values)
        answers = self._run(["hash"], messages)
        size = 1 + _HASH_BYTES
        return [
            answers[at + 1 : at + size] if answers[at] else None
            for at in range(0, len(answers), size)
        ]

    def measure(self, files: Sequence[Path], *, warm_seconds: float, passes: int) -> Measured:
        """Measure the hashes of all revisions in objects of Ion binary, without reading them.

        Raises
        ------
        IonHashJavaError
            If the process fails.
        """
        arguments = ["measure", str(warm_seconds), str(passes), *map(str, files)]
        revisions, digest, *nanoseconds = self._run(arguments, b"").split()
        return Measured(
            revisions=int(revisions),
            digest=bytes.fromhex(digest.decode()),
            microseconds_per_revision=min(map(int, nanoseconds)) / 1000 / int(revisions),
        )

    def _run(self, arguments: Sequence[str], standard_input: bytes) -> bytes:
        # One collector thread, so that a measurement is of one core.
        command = [self._java, "-XX:+UseSerialGC", "-Xmx2g", "-cp", f"{self._jars}{os.sep}*"]
        done = subprocess.run(
            [*command, str(_PROGRAM), *arguments],
            input=standard_input,
            capture_output=True,
            timeout=_MAX_SECONDS,
            check=False,
        )
        if done.returncode:
            last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
            raise IonHashJavaError(f"{_PROGRAM.name} failed: {''.join(last)}")
        return done.stdout


def _ensure_jars(progress: Callable[[str], None]) -> Path:
    """Return the folder with the jars, fetching them on first use."""
    lock = _LOCK_FILE.read_text(encoding="utf-8")
    digest = hashlib.sha256(lock.encode()).hexdigest()[:8]

    def make(folder: Path) -> None:
        progress("Fetching ion-hash-java from Maven Central (2 MB, once per machine) ...")
        maven.fetch(maven.read_lock(lock), folder)

    return cached(f"ion-hash-java-{digest}", make, progress)
