#!/usr/bin/env python3
"""Start Pulumi's language host for Python with the virtual environment that Pulumi.yaml names.

Copied beside the language host under the name that the engine looks for, never imported. The engine
sends `runtime.options` with each request; the language host that can be built from its Go module
(see `pulumi_build`) is older than that and takes the option `virtualenv` on its command line only.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import yaml

BUILT_HOST = "pulumi-language-python-host"
"""The built program, in the folder of this file's copy."""


def options(project: Path) -> list[str]:
    """Return the options of the language host for a project.

    Parameters
    ----------
    project
        Folder of the project: the engine starts the language host there.
    """
    file = project / "Pulumi.yaml"
    document = yaml.safe_load(file.read_text(encoding="utf-8")) if file.is_file() else {}
    runtime = document.get("runtime")
    chosen = runtime.get("options", {}) if isinstance(runtime, dict) else {}
    virtualenv = chosen.get("virtualenv")
    return [f"-virtualenv={virtualenv}", f"-root={project}"] if virtualenv else []


def main() -> None:
    """Become the language host."""
    own_options = options(Path.cwd())
    if own_options:
        # The language host would look for this path inside the virtual environment.
        os.environ.pop("PULUMI_PYTHON_CMD", None)
    host = str(Path(__file__).resolve().with_name(BUILT_HOST))
    os.execv(host, [host, *own_options, *sys.argv[1:]])  # noqa: S606 (no shell is wanted)


if __name__ == "__main__":
    main()
