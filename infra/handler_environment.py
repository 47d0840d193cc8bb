"""The environment variables that the handler reads, as one typed object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pulumi

SERVICE_NAME = "qldb-replica"
METRICS_NAMESPACE = "QldbReplica"

MAXIMUM_BYTES = 4096
"""Bytes of all names and values together (Lambda developer guide, 'Lambda quotas')."""


@dataclass(frozen=True, kw_only=True)
class HandlerEnvironment:
    """What the handler is told.

    Attributes
    ----------
    replica_tables
        JSON that :func:`infra.replica_settings.replica_tables_json` wrote.
    failure_bucket
        Bucket that takes the records which can never be applied.
    log_level
        Level of the handler's logger.
    tombstone_lifetime_days
        Days until a tombstone expires; None keeps it.
    """

    replica_tables: pulumi.Input[str]
    failure_bucket: pulumi.Input[str]
    log_level: str
    tombstone_lifetime_days: int | None

    def variables(self) -> dict[str, pulumi.Input[str]]:
        """Return the variables by name."""
        variables = {
            "REPLICA_TABLES": self.replica_tables,
            "FAILURE_BUCKET": self.failure_bucket,
            "POWERTOOLS_SERVICE_NAME": SERVICE_NAME,
            "POWERTOOLS_METRICS_NAMESPACE": METRICS_NAMESPACE,
            "POWERTOOLS_LOG_LEVEL": self.log_level,
        }
        if self.tombstone_lifetime_days is not None:
            variables["TOMBSTONE_LIFETIME_DAYS"] = str(self.tombstone_lifetime_days)
        return variables


def size_in_bytes(variables: Mapping[str, str]) -> int:
    """Return the size that Lambda compares with its limit."""
    return sum(len(f"{name}{value}".encode()) for name, value in variables.items())
