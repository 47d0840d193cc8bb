"""The environment variables that the handler reads, as one typed object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from handler.contract import METRICS_NAMESPACE, SERVICE_NAME, Variable

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pulumi

MAX_BYTES = 4096
"""Maximum of all names and values together (Lambda developer guide, "Lambda quotas")."""


@dataclass(frozen=True, kw_only=True)
class HandlerEnvironment:
    """The configuration of the handler.

    Attributes
    ----------
    replica_tables
        JSON that `infra.replica_settings.replica_tables_json` returned.
    failure_bucket
        Bucket for the records that can never be applied.
    log_level
        Level of the handler's logger.
    tombstone_lifetime_days
        Days until a tombstone expires; None for never.
    version
        Version of this project.
    """

    replica_tables: pulumi.Input[str]
    failure_bucket: pulumi.Input[str]
    log_level: str
    tombstone_lifetime_days: int | None
    version: str

    def variables(self) -> dict[str, pulumi.Input[str]]:
        """Return the variables by name."""
        variables: dict[str, pulumi.Input[str]] = {
            Variable.REPLICA_TABLES.value: self.replica_tables,
            Variable.FAILURE_BUCKET.value: self.failure_bucket,
            Variable.VERSION.value: self.version,
            Variable.SERVICE_NAME.value: SERVICE_NAME,
            Variable.METRICS_NAMESPACE.value: METRICS_NAMESPACE,
            Variable.LOG_LEVEL.value: self.log_level,
        }
        if self.tombstone_lifetime_days is not None:
            variables[Variable.TOMBSTONE_LIFETIME_DAYS.value] = str(self.tombstone_lifetime_days)
        return variables


def size_in_bytes(variables: Mapping[str, str]) -> int:
    """Return the size of variables in bytes, counted as for Lambda's limit."""
    return sum(len(f"{name}{value}".encode()) for name, value in variables.items())
