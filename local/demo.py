"""The demonstration: deploy, commit, deliver twice and out of order, compare, clean up."""

from __future__ import annotations

import fcntl
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from qldb_simulator.client import LedgerClient
from qldb_simulator.operations import CreateTable
from rich.console import Console

from local import aws
from local.comparison import compare, differences
from local.comparison_output import comparison_table, summary
from local.environment import enter, environment
from local.errors import LocalError
from local.example_transactions import commit_history, insert_probe
from local.journal_view import ServedJournal
from local.lag import measure_lags
from local.progress import print_output
from local.pulumi_cli import ensure_pulumi
from local.replica import Replica
from local.service_process import free_port
from local.services import DEFAULT_STATE, Ports, Services
from local.settling import compare_until_settled, final
from local.stack import Stacks
from local.stack_settings import remove_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from local.comparison import Row
    from local.lag import Lags

STACK = "demo"
TABLE = "Person"
SETTLE_SECONDS = 60.0
LAG_PROBES = 10
_PAUSE_SECONDS = 0.02


def run(state: Path) -> int:
    """Run the demonstration on separate servers and stacks, and clean up in any case.

    Parameters
    ----------
    state
        Folder of the local AWS; the demonstration creates a folder in it and removes it.

    Returns
    -------
    int
        0 if DynamoDB holds the ledger's current state at the end, else 1.

    Raises
    ------
    LocalError
        If a prerequisite is missing or a step fails.
    """
    console = Console(highlight=False, markup=False)
    pulumi_bin = ensure_pulumi(lambda line: console.print(line, soft_wrap=True))
    with _exclusive(), _own_services(state / "demo", console) as services:
        variables = environment(services.endpoints, pulumi_bin, services.state, stack=STACK)
        enter(variables)
        stacks = Stacks(variables=variables, stack=STACK)
        # Files left by a killed demonstration would override Pulumi.dev.yaml.
        remove_settings(STACK)
        try:
            stacks.prepare()
            console.rule("pulumi up, both stacks")
            outputs = stacks.up(on_output=print_output)
            return demonstrate(console, services, outputs)
        finally:
            remove_settings(STACK)


@contextmanager
def _exclusive() -> Iterator[None]:
    """Allow one demonstration at a time: two in one checkout would share their settings files."""
    DEFAULT_STATE.mkdir(parents=True, exist_ok=True)
    with (DEFAULT_STATE / "demo.lock").open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LocalError(
                "another demonstration is running in this checkout: wait until it has ended, or "
                "stop it"
            ) from None
        yield


@contextmanager
def _own_services(state: Path, console: Console) -> Iterator[Services]:
    shutil.rmtree(state, ignore_errors=True)
    services = Services(state=state, ports=Ports(emulator=free_port(), qldb=free_port()))
    console.print("Starting the AWS emulator and the simulated QLDB")
    try:
        services.start()
        yield services
    finally:
        services.stop()
        shutil.rmtree(state, ignore_errors=True)
        console.print("Cleaned up: servers stopped, state removed.")


def demonstrate(console: Console, services: Services, outputs: dict[str, Any]) -> int:
    """Commit a history, wait for DynamoDB, and print the comparison.

    Parameters
    ----------
    console
        Receives the output.
    services
        The servers on which both stacks are deployed.
    outputs
        The pipeline's stack outputs.

    Returns
    -------
    int
        0 if DynamoDB holds the ledger's current state at the end, and every document that measures
        the lag arrived within a minute, else 1.
    """
    name = outputs["ledgerName"]
    ledger = LedgerClient(services.endpoints.qldb)
    console.rule("transactions, every record delivered twice and shuffled")
    ledger.set_delivery(name, copies=2, shuffle=True, seed=20200529)
    ledger.commit(name, [CreateTable(table=TABLE)])
    commit_history(lambda operations: ledger.commit(name, operations), TABLE)
    # Delivered again from the start, the redacted revision no longer has its data.
    ledger.redeliver(name)
    console.print("Committed; waiting for DynamoDB")
    rows = settle(ledger, outputs, services.endpoints.emulator)
    is_current = not differences(rows)
    if is_current:
        lags = measure_lag(ledger, outputs, services.endpoints.emulator)
        rows = compare(*_compared(ledger, outputs, services.endpoints.emulator))
        console.print(f"End-to-end lag, commit to item: {lags.text}", soft_wrap=True)
        is_current = lags.all_arrived and not differences(rows)
    console.rule("ledger and DynamoDB")
    console.print(comparison_table(rows))
    console.print(summary(rows))
    return 0 if is_current else 1


def settle(ledger: LedgerClient, outputs: dict[str, Any], endpoint: str) -> list[Row]:
    """Wait until DynamoDB holds what was committed, for at most a minute.

    Parameters
    ----------
    ledger
        The simulated ledger.
    outputs
        The pipeline's stack outputs.
    endpoint
        URL of the emulator.

    Returns
    -------
    list of Row
        The last comparison. What has not arrived by then differs.
    """
    ledger.wait_delivered(outputs["ledgerName"], timeout=SETTLE_SECONDS)
    compared = _compared(ledger, outputs, endpoint)
    rows = compare_until_settled(
        lambda: compare(*compared), seconds=SETTLE_SECONDS, pause=_PAUSE_SECONDS
    )
    return final(rows)


def _compared(
    ledger: LedgerClient, outputs: dict[str, Any], endpoint: str
) -> tuple[ServedJournal, Replica]:
    return (
        ServedJournal(ledger, outputs["ledgerName"]),
        Replica(outputs, aws.client("dynamodb", endpoint)),
    )


def measure_lag(ledger: LedgerClient, outputs: dict[str, Any], endpoint: str) -> Lags:
    """Return the seconds from the commit of each of some new documents until its item can be read.

    Parameters
    ----------
    ledger, outputs, endpoint
        As for `settle`.
    """
    name = outputs["ledgerName"]
    replica = Replica(outputs, aws.client("dynamodb", endpoint))
    table_name = replica.tables[TABLE].table_name
    return measure_lags(
        LAG_PROBES,
        lambda number: insert_probe(
            lambda operations: ledger.commit(name, operations), TABLE, number
        ),
        lambda document_id: any(replica.items(table_name, [document_id])),
        seconds=SETTLE_SECONDS,
        pause=_PAUSE_SECONDS,
    )
