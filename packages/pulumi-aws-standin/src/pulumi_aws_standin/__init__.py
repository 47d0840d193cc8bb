"""A stand-in for the AWS provider plugin that reaches nothing but the local AWS."""

from __future__ import annotations

from pathlib import Path


def plugin_folder() -> Path:
    """Return the folder that Pulumi's engine finds the provider in, once it is on the PATH.

    It is no command of the virtual environment on purpose: a shell in which that is active must
    not deploy to AWS through the stand-in.
    """
    return Path(__file__).with_name("bin")
