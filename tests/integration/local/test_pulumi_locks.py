"""A lock of Pulumi counts while its process lives, and only then.

The lock's file is the one that Pulumi 3 writes; the process is a `sleep` under Pulumi's name.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
from typing import TYPE_CHECKING

import pytest

from local import pulumi_locks
from local.errors import LocalError
from local.pulumi_locks import clear_stale, interrupt_holders, locks, require_unlocked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def pulumi(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A running process that is called pulumi."""
    sleep = shutil.which("sleep")
    assert sleep is not None
    (tmp_path / "pulumi").symlink_to(sleep)
    with subprocess.Popen([str(tmp_path / "pulumi"), "60"]) as process:
        yield process
        process.kill()


def lock(backend: Path, content: object) -> Path:
    """Write a lock on the stack ledger/local and return its file."""
    file = backend / ".pulumi/locks/organization/ledger/local/0f1e.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    file.with_name("0f1e.json.attrs").write_text("{}")
    return file


def held_by(pid: int, host: str | None = None) -> dict[str, object]:
    """Return the content of a lock."""
    return {"pid": pid, "username": "me", "hostname": host or socket.gethostname()}


def ended() -> int:
    """Return the id of a process that has ended."""
    with subprocess.Popen(["true"]) as process:
        return process.pid


@pytest.mark.parametrize("content", [held_by(0), {"hostname": socket.gethostname()}, "", "[", "[]"])
def test_a_lock_without_a_process_is_cleared(tmp_path: Path, content: object) -> None:
    file = lock(tmp_path, content)

    clear_stale(tmp_path)

    assert list(file.parent.iterdir()) == []


@pytest.mark.parametrize("other", ["an ended process", "this test"])
def test_a_lock_of_no_pulumi_is_cleared(tmp_path: Path, other: str) -> None:
    file = lock(tmp_path, held_by(ended() if other == "an ended process" else os.getpid()))

    require_unlocked(tmp_path)
    clear_stale(tmp_path)

    assert not file.exists()


def test_a_lock_of_a_running_pulumi_stays_and_is_named(
    tmp_path: Path, pulumi: subprocess.Popen[bytes]
) -> None:
    file = lock(tmp_path, held_by(pulumi.pid))

    clear_stale(tmp_path)

    assert file.exists()
    with pytest.raises(LocalError, match=rf"process {pulumi.pid}\) is changing .* ledger/local"):
        require_unlocked(tmp_path)


def test_a_lock_of_another_machine_stays(tmp_path: Path) -> None:
    file = lock(tmp_path, held_by(ended(), "elsewhere"))

    clear_stale(tmp_path)

    assert file.exists()
    with pytest.raises(LocalError, match=r"machine elsewhere .* stop it there, or delete"):
        interrupt_holders(tmp_path)


def test_a_holder_is_interrupted_and_its_lock_is_cleared(
    tmp_path: Path, pulumi: subprocess.Popen[bytes]
) -> None:
    # given a Pulumi that ends at Ctrl-C, without removing its lock
    file = lock(tmp_path, held_by(pulumi.pid))

    interrupt_holders(tmp_path)

    assert pulumi.wait(10) != 0
    assert not file.exists()


def test_a_holder_that_does_not_end_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pulumi: subprocess.Popen[bytes]
) -> None:
    # given a Pulumi that does not react, because it is stopped
    monkeypatch.setattr(pulumi_locks, "_END_SECONDS", 0.3)
    lock(tmp_path, held_by(pulumi.pid))
    subprocess.run(["kill", "-STOP", str(pulumi.pid)], check=True)

    interrupt_holders(tmp_path)

    assert pulumi.wait(10) != 0
    assert locks(tmp_path) == []


def test_a_backend_that_does_not_exist_has_no_locks(tmp_path: Path) -> None:
    clear_stale(tmp_path / "missing")
    interrupt_holders(tmp_path / "missing")
    require_unlocked(tmp_path / "missing")
