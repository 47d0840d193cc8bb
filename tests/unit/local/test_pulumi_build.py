"""The Go modules in the repository from which the Pulumi command line is built."""

from __future__ import annotations

import importlib.metadata
import re
import shutil
from typing import TYPE_CHECKING

import pytest

from local import pulumi_build
from local.projects import REPOSITORY
from local.pulumi_build import sources_digest

if TYPE_CHECKING:
    from pathlib import Path

MODULES = REPOSITORY / "local" / "pulumi"


@pytest.mark.parametrize("name", ["pkg", "sdk"])
def test_the_engines_module_has_the_sdks_version(name: str) -> None:
    version = re.escape(importlib.metadata.version("pulumi"))
    module = (MODULES / "engine" / "go.mod").read_text()

    assert re.search(rf"github\.com/pulumi/pulumi/{name}/v3 v{version}\b", module)


@pytest.mark.parametrize("file", ["engine/go.mod", "engine/go.sum", "language_host/go.mod"])
def test_a_changed_module_has_another_digest(
    file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a copy of the modules
    modules = shutil.copytree(MODULES, tmp_path / "modules")
    monkeypatch.setattr(pulumi_build, "_MODULES", modules)
    before = sources_digest()
    # when one changes
    (modules / file).write_text("another version")
    # then what was built from it before is not used any longer
    assert sources_digest() != before
