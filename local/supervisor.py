"""Runs a command while the process at the other end of standard input lives.

Started by file, never imported: `python supervisor.py LOCK_DESCRIPTOR COMMAND...`. A parent that is
killed cannot end its children, but the kernel closes its end of the pipe, on Linux and macOS alike.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading


def _end_with_parent() -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    os.killpg(0, signal.SIGKILL)


def main(arguments: list[str]) -> int:
    """Run the command and return its exit status; end it when standard input ends.

    Parameters
    ----------
    arguments
        The number of the descriptor that the command inherits (it holds the lock of the process
        file), then the command itself.
    """
    lock, *command = arguments
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=(int(lock),)) as child:
        threading.Thread(target=_end_with_parent, daemon=True).start()
        return child.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
