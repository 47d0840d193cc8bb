"""The environment variables that the handler reads, as one typed object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from handler.contract import METRICS_NAMESPACE, SERVICE_NAME, Variable

if TYPE_CHECKING:
    import pulumi


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
    """

    failure_bucket: pulumi.Input[str]
    log_level: str
    version: str

    def variables(self) -> dict[str, pulumi.Input[str]]:
        """Return the variables by name."""
        return {
            Variable.FAILURE_BUCKET.value: self.failure_bucket,
            Variable.VERSION.value: self.version,
            Variable.SERVICE_NAME.value: SERVICE_NAME,
            Variable.METRICS_NAMESPACE.value: METRICS_NAMESPACE,
            Variable.LOG_LEVEL.value: self.log_level,
        }
