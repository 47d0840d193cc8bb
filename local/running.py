"""Finds the running local AWS of a state folder, for the commands."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

from local.environment import enter, environment
from local.errors import LocalError
from local.progress import show_progress
from local.pulumi_cli import ensure_pulumi
from local.services import Services
from local.stack import Stacks
from local.stack_settings import remove_settings

if TYPE_CHECKING:
    from pathlib import Path

STACK = "local"
"""Name of both stacks that the commands deploy."""


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


def open_stacks(services: Services) -> Stacks:
    """Return both stacks; the environment of this process then points to the servers."""
    variables = environment(
        services.endpoints, ensure_pulumi(show_progress), services.state, stack=STACK
    )
    enter(variables)
    return Stacks(variables=variables, stack=STACK)


def deployed(state: Path) -> tuple[Services, dict[str, Any]]:
    """Return the servers and the pipeline's stack outputs.

    Raises
    ------
    LocalError
        If the servers do not run, or nothing is deployed.
    """
    services = running_services(state)
    outputs = open_stacks(services).outputs()
    if "ledgerName" not in outputs:
        raise LocalError("nothing is deployed: `python -m local up` deploys both stacks")
    return services, outputs


def addresses(services: Services) -> str:
    """Return a line with the servers' URLs and the folder of their logs."""
    endpoints = services.endpoints
    return f"emulator {endpoints.emulator}, QLDB {endpoints.qldb}, logs {services.state / 'logs'}"


def stop_and_forget(services: Services) -> None:
    """Stop the servers and remove Pulumi's state, which describes what was in their memory."""
    services.stop()
    shutil.rmtree(services.state / "pulumi", ignore_errors=True)
    remove_settings(STACK)
