"""Runs `pulumi` for the Automation API, so that an interruption cancels it and waits."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from typing import IO, TYPE_CHECKING, cast

from pulumi import automation
from pulumi.automation.errors import create_command_error
from typing_extensions import override

from local.interruption import wait_patiently
from local.progress import show_progress

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pulumi.automation import OnOutput

_CANCEL_SECONDS = 20.0
_POLL_SECONDS = 0.05


class PulumiCommand(automation.PulumiCommand):
    """The `pulumi` on this process's PATH, which an interruption cancels and waits for.

    When the Automation API's own class is interrupted, it closes the pipes of `pulumi`. The engine
    dies; its language host and its lock on the stack remain.
    """

    @override
    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: OnOutput | None = None,
        on_error: OnOutput | None = None,
    ) -> automation.CommandResult:
        process = subprocess.Popen(
            [self.command, "--non-interactive", *args],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env={**os.environ, **additional_env, "PULUMI_AUTOMATION_API": "true"},
            encoding="utf-8",
            # Ctrl-C reaches it through `_cancel` only: a second one would end it at once.
            start_new_session=True,
        )
        with ThreadPoolExecutor() as readers:
            try:
                texts = [
                    readers.submit(_read, cast("IO[str]", stream), on_line)
                    for stream, on_line in ((process.stdout, on_output), (process.stderr, on_error))
                ]
                stdout, stderr = (text.result() for text in texts)
                code = process.wait()
            except BaseException:
                _cancel(process)
                raise
        result = automation.CommandResult(stdout=stdout, stderr=stderr, code=code)
        if code != 0:
            raise create_command_error(result)
        return result


def _read(stream: IO[str], on_line: OnOutput | None) -> str:
    """Return what a stream brings; an error of `on_line` is raised at its end.

    A stream that is closed before would kill the engine in the middle of a change.
    """
    lines: list[str] = []
    failed: Exception | None = None
    with stream:
        for line in stream:
            lines.append(line.rstrip())
            if on_line is None or failed is not None:
                continue
            try:
                on_line(lines[-1])
            except Exception as error:  # noqa: BLE001 (raised below)
                failed = error
    if failed is not None:
        raise failed
    return "\n".join(lines)


def _cancel(process: subprocess.Popen[str]) -> None:
    """Cancel the engine, which finishes its current steps; kill it if that takes too long."""
    process.send_signal(signal.SIGINT)
    if process.poll() is None:
        show_progress("Stopping: Pulumi finishes its current steps (Ctrl-C again kills it)")
    deadline = time.monotonic() + _CANCEL_SECONDS
    while process.poll() is None:
        if wait_patiently(_POLL_SECONDS) or time.monotonic() > deadline:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
