"""The printed exports, evaluated by a real shell."""

from __future__ import annotations

import subprocess
from pathlib import Path

from local.environment import Endpoints, environment, process_environment, shell_exports

ENDPOINTS = Endpoints(emulator="http://127.0.0.1:4566", qldb="http://127.0.0.1:4567")


def test_a_shell_that_runs_the_exports_has_the_same_environment(tmp_path: Path) -> None:
    inherited = {"PATH": "/usr/bin:/bin", "AWS_PROFILE": "work", "ODD": "it's"}
    variables = environment(
        ENDPOINTS, Path("/pul'umi $bin"), tmp_path / "state of", inherited=inherited
    )

    exports = shell_exports(variables, inherited)

    shell = subprocess.run(
        ["/bin/sh", "-c", f"{exports}\n/usr/bin/env -0"],
        env=inherited,
        capture_output=True,
        text=True,
        check=True,
    )
    seen = dict(entry.split("=", 1) for entry in shell.stdout.rstrip("\0").split("\0"))
    expected = process_environment(variables, inherited)
    assert {name: seen.get(name) for name in expected} == expected
    assert "AWS_PROFILE" not in seen
