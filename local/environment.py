"""The environment variables by which programs use the local AWS."""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pulumi_aws_standin import plugin_folder

from local.errors import LocalError
from local.user_cache import cache_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

REGION = "us-east-1"
PROVIDER_VARIABLE = "LOCAL_AWS_PROVIDER"
"""`genuine` selects the genuine AWS provider (docs/local-aws.md); default `stand-in`."""
OWNED_PREFIXES = ("AWS_", "PULUMI_")
"""Of variables that the local AWS sets or removes."""
_NO_PROXY = ("NO_PROXY", "no_proxy")


@dataclass(frozen=True, kw_only=True)
class Endpoints:
    """URLs of the local AWS.

    Attributes
    ----------
    emulator
        URL of the emulator, which serves everything but QLDB.
    qldb
        URL of the simulated QLDB service.
    """

    emulator: str
    qldb: str


def environment(
    endpoints: Endpoints,
    pulumi_bin: Path,
    state_dir: Path,
    *,
    stack: str = "local",
    inherited: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Return the variables that make Pulumi and the AWS SDKs use the local AWS.

    The folders for Pulumi's state are created, because the engine refuses a backend folder that
    does not exist.

    Parameters
    ----------
    endpoints
        URLs of the local AWS.
    pulumi_bin
        Folder with the `pulumi` executable and its language host (see `pulumi_cli.ensure_pulumi`).
    state_dir
        Folder for everything that the local AWS stores on disk.
    stack
        Name of the Pulumi stack that is selected in both projects.
    inherited
        The environment to extend: PATH, the hosts without a proxy, the choice of the provider.
        Default: the environment of this process.

    Returns
    -------
    dict
        Only the variables to set. See `process_environment` for a complete environment.

    Raises
    ------
    LocalError
        If LOCAL_AWS_PROVIDER has an unknown value.
    """
    inherited = os.environ if inherited is None else inherited
    backend = backend_folder(state_dir)
    backend.mkdir(parents=True, exist_ok=True)
    path = inherited.get("PATH", os.defpath).split(os.pathsep)
    if is_provider_genuine(inherited):
        # In the cache, unlike the rest of the state: the provider is a large download.
        home = cache_folder() / "pulumi-home"
        home.mkdir(parents=True, exist_ok=True)
        path = [str(pulumi_bin), *(folder for folder in path if folder != str(plugin_folder()))]
        provider = {
            "AWS_SKIP_CREDENTIALS_VALIDATION": "true",
            "AWS_SKIP_METADATA_API_CHECK": "true",
        }
    else:
        home = state_dir.absolute() / "pulumi" / "home"
        _install_stand_in(home)
        path = [str(plugin_folder()), str(pulumi_bin), *path]
        provider = {"PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true"}
    return {
        "AWS_ENDPOINT_URL": endpoints.emulator,
        "AWS_ENDPOINT_URL_QLDB": endpoints.qldb,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        # The user's own account must not be used.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "PULUMI_BACKEND_URL": f"file://{backend}",
        "PULUMI_HOME": str(home),
        "PULUMI_CONFIG_PASSPHRASE": "",
        "PULUMI_STACK": stack,
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_PYTHON_CMD": str(Path(sys.prefix) / "bin" / "python"),
        **provider,
        "PATH": os.pathsep.join([str(Path(sys.prefix) / "bin"), *path]),
        **{name: _direct_hosts(inherited.get(name, "")) for name in _NO_PROXY},
    }


def backend_folder(state_dir: Path) -> Path:
    """Return the folder in which Pulumi stores its stacks and their locks.

    Parameters
    ----------
    state_dir
        Folder for everything that the local AWS stores on disk.
    """
    return state_dir.absolute() / "pulumi" / "backend"


def is_provider_genuine(variables: Mapping[str, str]) -> bool:
    """Return whether the genuine AWS provider is selected instead of the stand-in.

    Parameters
    ----------
    variables
        The user's environment.

    Raises
    ------
    LocalError
        If LOCAL_AWS_PROVIDER has an unknown value.
    """
    choices = {"stand-in": False, "genuine": True}
    choice = variables.get(PROVIDER_VARIABLE) or "stand-in"
    if choice not in choices:
        raise LocalError(f"{PROVIDER_VARIABLE} is {choice}: expected {' or '.join(choices)}")
    return choices[choice]


def _install_stand_in(home: Path) -> None:
    """Link the stand-in as an installed plugin, because `pulumi install` does not search PATH.

    The engine still uses the one on PATH, so no other provider there can take its place.
    """
    version = importlib.metadata.version("pulumi-aws")
    folder = home / "plugins" / f"resource-aws-v{version}"
    folder.mkdir(parents=True, exist_ok=True)
    link = folder / "pulumi-resource-aws"
    if not link.exists():
        # A broken link was created before the checkout was moved.
        link.unlink(missing_ok=True)
        with contextlib.suppress(FileExistsError):
            link.symlink_to(plugin_folder() / link.name)


def process_environment(
    variables: Mapping[str, str], inherited: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return a complete environment: the inherited one, with AWS and Pulumi settings replaced.

    Otherwise a profile, a session token or the endpoint of a single service would bypass the local
    AWS.

    Parameters
    ----------
    variables
        Result of `environment`.
    inherited
        The environment to extend. Default: the environment of this process.
    """
    inherited = os.environ if inherited is None else inherited
    kept = {n: value for n, value in inherited.items() if not n.startswith(OWNED_PREFIXES)}
    return {**kept, **variables}


def enter(variables: Mapping[str, str]) -> None:
    """Replace the environment of this process by `process_environment`.

    Parameters
    ----------
    variables
        Result of `environment`.
    """
    complete = process_environment(variables)
    os.environ.clear()
    os.environ.update(complete)


def _direct_hosts(inherited: str) -> str:
    hosts = [host for host in inherited.split(",") if host]
    return ",".join([*hosts, *(h for h in ("127.0.0.1", "localhost") if h not in hosts)])
