"""Warns of changes after which an operator has something left to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi

from infra.names import joined

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pulumi_aws as aws

    from infra.previous import Previous
    from infra.replica_tables import ReplicaTablesSettings
    from infra.settings import Settings

RESTREAM_COMMAND = "pulumi up --replace '**aws:qldb/stream:Stream**'"
"""Replaces the QLDB stream alone. The new one starts at ``inclusiveStartTime``; records of known
versions are stale, so repeating them is harmless."""

RESEND = (
    "For its past, have whatever writes to the Kinesis stream send the ledger table's records from "
    "the start again, after this deployment; what other tables hold already is stale and changes "
    "nothing"
)
"""What fills a table where no QLDB stream belongs to the stack."""

_UNLESS_IMPORTED = "A table that was imported has its items, and lacks what came since. "

_REDACTIONS_UNKNOWN = (
    "It knows of no redaction from before: a redrive of a record that failed before may bring data "
    "into it that was redacted since, until the journal is streamed again. "
)


def warn_of_empty(
    previous: Previous,
    tables: ReplicaTablesSettings,
    table_names: Mapping[str, pulumi.Output[str]],
    *,
    has_ledger: bool,
) -> None:
    """Warn of tables that start empty beside a journal that was consumed already.

    A first deployment reads the whole journal, so it needs no warning.

    Parameters
    ----------
    previous
        What the last deployment left.
    tables
        What the stack replicates from now on. A table whose name it gives may have been imported.
    table_names
        The DynamoDB table of each ledger table, from now on.
    has_ledger
        Whether the stack has a QLDB stream, which can start again.
    """
    if not previous.table_names:
        return

    def warn(names: Mapping[str, str]) -> None:
        empty = sorted(
            table
            for table, name in names.items()
            if previous.table_names.get(table) != name and table not in tables.folders
        )
        if empty:
            imported = "" if tables.given_names.keys().isdisjoint(empty) else _UNLESS_IMPORTED
            pulumi.warn(
                f"new and empty: the DynamoDB table of {joined(empty)}. It fills only from the "
                f"records that arrive from now on. {imported}{_remedy(has_ledger=has_ledger)}"
            )

    pulumi.Output.all(**table_names).apply(warn)


def warn_of_imports(previous: Previous, settings: Settings) -> None:
    """Warn of what is left to do after tables are made from folders of S3.

    Parameters
    ----------
    previous
        What the last deployment left.
    settings
        What the stack deploys from now on.
    """
    made = [
        f"the DynamoDB table of {entry.ledger_table} from {entry.import_from}"
        for entry in settings.replica_tables.replica_tables
        if entry.import_from is not None and not previous.keeps(entry)
    ]
    folder = settings.table_imports.history_import_from
    if folder and previous.history_table_name is None:
        made.append(f"the history table from {folder}")
    if made:
        # terraform-provider-aws, issue 41639 and internal/service/dynamodb/table.go: ImportTable
        # takes neither, and nothing is added after it.
        pulumi.warn(
            f"made by import: {joined(made)}. Run pulumi up once more afterwards: the AWS provider "
            "sets deletion protection and tags of an imported table with the next deployment. "
            "Should an import fail, its table has a part of the items, and the next pulumi up "
            "would take it as it is: repeat it with pulumi up --replace and the table's URN. "
            "What the ledger has committed since the export has to follow, by the stream or a "
            "replay"
        )


def warn_of_deletion(previous: Previous, tables: ReplicaTablesSettings) -> None:
    """Warn of tables that are deleted with their items.

    Parameters
    ----------
    previous
        What the last deployment left.
    tables
        What the stack replicates from now on.
    """
    # Pulumi retains what was deployed so.
    if previous.retain_on_delete:
        return
    deleted = sorted(previous.table_names.keys() - previous.in_place(tables.replica_tables))
    if deleted:
        pulumi.warn(f"deleted with its items: the DynamoDB table of {joined(deleted)}")
    if previous.history_table_name is not None and not tables.has_history:
        pulumi.warn(f"deleted with its items: the history table {previous.history_table_name}")


def warn_of_new_history(
    previous: Previous, tables: ReplicaTablesSettings, *, has_ledger: bool
) -> None:
    """Warn of a history that begins in the midst of a journal.

    A table that is new itself has a warning of its own.

    Parameters
    ----------
    previous
        What the last deployment left.
    tables
        What the stack replicates from now on.
    has_ledger
        Whether the stack has a QLDB stream, which can start again.
    """
    new = sorted(
        entry.ledger_table
        for entry in tables.replica_tables
        if entry.history
        and entry.ledger_table in previous.table_names
        and entry.ledger_table not in previous.with_history
    )
    if new:
        unknown = "" if previous.history_table_name else _REDACTIONS_UNKNOWN
        pulumi.warn(
            f"new and empty: the history of {joined(new)}. It fills only from the records that "
            f"arrive from now on. {unknown}{_remedy(has_ledger=has_ledger)}"
        )


def warn_of_new_indexes(previous: Previous, tables: ReplicaTablesSettings) -> None:
    """Warn of indexes that a table with documents receives.

    DynamoDB applies an index to every write from its creation on, and the function learns of it a
    little later in the same deployment.

    Parameters
    ----------
    previous
        What the last deployment left.
    tables
        What the stack replicates from now on.
    """
    in_place = previous.in_place(tables.replica_tables)
    for entry in tables.replica_tables:
        former = in_place.get(entry.ledger_table)
        new = sorted({index.name for index in entry.indexes}.difference(former or ()))
        if former is not None and new:
            pulumi.warn(
                f"new on the DynamoDB table of {entry.ledger_table}: {joined(new)}. Revisions that "
                "do not fit its key, and that the function writes before this deployment has "
                "updated it, are quarantined. Redrive them afterwards: python -m ops redrive "
                f"--stack {pulumi.get_stack()}"
            )


def warn_of_unconfirmed_email(previous: Previous, subscription: aws.sns.TopicSubscription) -> None:
    """Warn of a new address that receives no alarm before somebody confirms it.

    Of a former one the stack knows only what was true when it was made; `ops status` asks AWS.

    Parameters
    ----------
    previous
        What the last deployment left.
    subscription
        The subscription of `alarmEmail`.
    """

    def warn(known: Mapping[str, Any]) -> None:
        if known["is_pending"] and known["arn"] != previous.alarm_subscription:
            pulumi.warn(
                f"alarmEmail: AWS has sent a message to {known['address']}, and sends no alarm "
                "there until somebody follows the link in it. Whether that is done, "
                f"python -m ops status --stack {pulumi.get_stack()} tells"
            )

    pulumi.Output.all(
        arn=subscription.arn,
        address=subscription.endpoint,
        is_pending=subscription.pending_confirmation,
    ).apply(warn)


def _remedy(*, has_ledger: bool) -> str:
    if not has_ledger:
        return RESEND
    return f"To stream the journal from its start again, after this deployment: {RESTREAM_COMMAND}"
