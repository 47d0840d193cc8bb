"""The two Pulumi projects of this repository."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from infra.project import PROJECT

REPOSITORY = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, kw_only=True)
class Project:
    """One Pulumi project.

    Attributes
    ----------
    name
        The project's name in its ``Pulumi.yaml``.
    folder
        Folder of that file.
    """

    name: str
    folder: Path


LEDGER = Project(name="apigw-lambda-qldb", folder=REPOSITORY / "ledger")
"""Makes the ledger."""

PIPELINE = Project(name=PROJECT, folder=REPOSITORY)
"""Replicates it."""
