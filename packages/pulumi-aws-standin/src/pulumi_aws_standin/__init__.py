"""A stand-in for Pulumi's AWS provider plugin that calls only a local AWS."""

from __future__ import annotations

from pathlib import Path


def plugin_folder() -> Path:
    """Return the folder to put on the PATH so that Pulumi's engine finds the provider.

    On purpose, the plugin is not installed as a command of the virtual environment: activating that
    must not be enough to deploy through the stand-in.
    """
    return Path(__file__).with_name("bin")
