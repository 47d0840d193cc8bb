"""Finds the running local AWS of a state folder, for the commands."""

from __future__ import annotations

import hashlib
import shutil
from typing import TYPE_CHECKING, Any

from local.environment import backend_folder, enter, environment
from local.errors import LocalError
from local.progress import show_progress
from local.pulumi_cli import ensure_pulumi
from local.pulumi_locks import clear_stale
from local.services import DEFAULT_STATE, Services, loss_file
from local.stack import Stacks

if TYPE_CHECKING:
    from pathlib import Path


def stack_name(state: Path) -> str:
    """Return the name of both stacks that the commands deploy.

    Pulumi stores a stack's settings in the project, under its name. So every state folder has a
    name of its own: `local` for the default folder.

    Parameters
    ----------
    state
        Folder of the local AWS.
    """
    folder = state.resolve()
    if folder == DEFAULT_STATE.resolve():
        return "local"
    return f"local-{hashlib.sha256(str(folder).encode()).hexdigest()[:8]}"


def running_services(state: Path) -> Services:
    """Return the running servers.

    Raises
    ------
    LocalError
        If the servers have not been started, or one does not answer.
    """
    services = Services.found(state)
    if services is None:
        raise LocalError("the local AWS is not running: `python -m local up` starts it")
    services.require_running()
    return services


def open_stacks(services: Services, *, has_ledger: bool = True) -> Stacks:
    """Return both stacks; the environment of this process then points to the servers.

    Parameters
    ----------
    services
        The servers.
    has_ledger
        Whether a deployment is to have a ledger.
    """
    stack = stack_name(services.state)
    variables = environment(
        services.endpoints, ensure_pulumi(show_progress), services.state, stack=stack
    )
    enter(variables)
    clear_stale(backend_folder(services.state))
    return Stacks(variables=variables, stack=stack, has_ledger=has_ledger)


def deployed(state: Path) -> tuple[Services, dict[str, Any]]:
    """Return the servers and the pipeline's stack outputs, with those of a ledger.

    Raises
    ------
    LocalError
        If the servers do not run, nothing is deployed, or the stack reads a stream without a
        ledger.
    """
    services = running_services(state)
    outputs = open_stacks(services).outputs()
    if not outputs:
        raise LocalError("nothing is deployed: `python -m local up` deploys both stacks")
    if "ledgerName" not in outputs:
        raise LocalError(
            "the stack has no ledger (ledgerStack is not set), and this command needs one: "
            "`python -m local up` deploys both stacks; `python -m local feed` writes to the stream "
            "of a stack without a ledger, and `python -m local e2e-deployed` tests one"
        )
    return services, outputs


def addresses(services: Services) -> str:
    """Return a line with the servers' URLs and the folder of their logs."""
    endpoints = services.endpoints
    return f"emulator {endpoints.emulator}, QLDB {endpoints.qldb}, logs {services.state / 'logs'}"


def forget_deployment(state: Path) -> None:
    """Remove Pulumi's state, which describes what was in the memory of stopped servers.

    Parameters
    ----------
    state
        Folder of the local AWS.
    """
    shutil.rmtree(state / "pulumi", ignore_errors=True)
    loss_file(state).unlink(missing_ok=True)
