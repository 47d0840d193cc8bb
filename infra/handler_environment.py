"""The environment variables that the handler reads, as one typed object."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from handler.contract import METRICS_NAMESPACE, Variable


@dataclass(frozen=True, kw_only=True)
class HandlerEnvironment:
    """The short part of the handler's configuration.

    Lambda allows 4 KB for all variables (developer guide, "Lambda quotas"), measured on their JSON
    text. So the tables' configuration, which grows with the number of tables, is a file of the
    code archive (`handler.contract.TABLES_FILE`).

    Attributes
    ----------
    failure_bucket
        Bucket for the records that can never be applied.
    log_level
        Level of the handler's logger.
    version
        Version of this project.
    service
        Value of the dimension ``service`` of every metric.
    history_table
        Table for every revision; None if no ledger table keeps its history.
    """

    failure_bucket: pulumi.Input[str]
    log_level: str
    version: str
    service: str
    history_table: pulumi.Input[str] | None = None

    def variables(self) -> dict[str, pulumi.Input[str]]:
        """Return the variables by name."""
        variables: dict[str, pulumi.Input[str]] = {
            Variable.FAILURE_BUCKET.value: self.failure_bucket,
            Variable.VERSION.value: self.version,
            Variable.SERVICE_NAME.value: self.service,
            Variable.METRICS_NAMESPACE.value: METRICS_NAMESPACE,
            Variable.LOG_LEVEL.value: self.log_level,
        }
        if self.history_table is not None:
            variables[Variable.HISTORY_TABLE.value] = self.history_table
        return variables


def service_name() -> str:
    """Return the value of the dimension ``service``: two stacks of an account do not add up."""
    return f"{pulumi.get_project()}-{pulumi.get_stack()}"
