"""What all DynamoDB tables of a stack have in common."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, Field

from infra.kms import KeyArn
from infra.section import Boolean, Explained, Integer, Section

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_RECOVERY_DAYS = 35
"""DynamoDB developer guide, "Point-in-time backups for DynamoDB"."""

WARM_READ_UNITS = 12_000
WARM_WRITE_UNITS = 4_000
"""What every on-demand table can serve at once; less cannot be set (DynamoDB developer guide,
"Understanding DynamoDB warm throughput")."""

MAX_UNITS = 1_000_000
"""Far above the quota of an account, 40,000 for a table by default, which can be raised (DynamoDB
developer guide, "Quotas in Amazon DynamoDB")."""

NO_CEILING = -1
"""Removes a ceiling (DynamoDB API reference, "OnDemandThroughput")."""


def _at_least(lowest: int) -> Callable[[int], int]:
    def check(units: int) -> int:
        if 0 < units < lowest:
            raise Explained(
                f"is {units}; expected 0 for what DynamoDB gives every table, or {lowest} and more"
            )
        return units

    return check


class TableSettings(Section):
    """Settings of every DynamoDB table.

    Attributes
    ----------
    point_in_time_recovery_days
        Days back to which a table can be restored; 0 for no backups.
    table_warm_read_units, table_warm_write_units
        Request units a second that each table and index serves at once; 0 for DynamoDB's own.
    table_max_read_units, table_max_write_units
        Request units a second beyond which requests are throttled; 0 for none.
    deletion_protection
        Whether tables refuse to be deleted.
    retain_on_delete
        Whether tables stay in the account when the stack gives them up.
    kms_key_arn
        The key that encrypts them; empty for DynamoDB's own.
    """

    point_in_time_recovery_days: Integer = Field(ge=0, le=MAX_RECOVERY_DAYS)
    table_warm_read_units: Annotated[Integer, AfterValidator(_at_least(WARM_READ_UNITS))] = Field(
        ge=0, le=MAX_UNITS
    )
    table_warm_write_units: Annotated[Integer, AfterValidator(_at_least(WARM_WRITE_UNITS))] = Field(
        ge=0, le=MAX_UNITS
    )
    table_max_read_units: Integer = Field(ge=0, le=MAX_UNITS)
    table_max_write_units: Integer = Field(ge=0, le=MAX_UNITS)
    deletion_protection: Boolean
    retain_on_delete: Boolean
    kms_key_arn: KeyArn

    @property
    def throughput(self) -> Throughput:
        """Limits of a table's throughput, as configured."""
        return Throughput(
            warm_read_units=self.table_warm_read_units,
            warm_write_units=self.table_warm_write_units,
            max_read_units=self.table_max_read_units,
            max_write_units=self.table_max_write_units,
        )

    @property
    def protect(self) -> bool:
        """Whether Pulumi refuses to delete a table.

        It does not where tables are retained: giving one up deletes nothing.
        """
        return self.deletion_protection and not self.retain_on_delete

    def arguments(self, throughput: Throughput) -> dict[str, Any]:
        """Return the arguments of a table, without its name, key and indexes.

        Parameters
        ----------
        throughput
            Of the table (`infra.table_throughput`).
        """
        days = self.point_in_time_recovery_days
        return {
            "billing_mode": "PAY_PER_REQUEST",
            "point_in_time_recovery": (
                {"enabled": True, "recovery_period_in_days": days} if days else {"enabled": False}
            ),
            # Without a key the block is there too: to the provider, an absent one means
            # "unchanged", so a table would keep the key that the setting had before.
            "server_side_encryption": (
                {"enabled": True, "kms_key_arn": self.kms_key_arn}
                if self.kms_key_arn
                else {"enabled": False}
            ),
            "deletion_protection_enabled": self.deletion_protection,
            **throughput.arguments(),
        }


@dataclass(frozen=True, kw_only=True)
class Throughput:
    """Limits of the throughput of a table or an index, in request units a second.

    Attributes
    ----------
    warm_read_units, warm_write_units
        What it serves at once; 0 for DynamoDB's own.
    max_read_units, max_write_units
        Where it throttles; 0 if there never was a ceiling, `NO_CEILING` to remove one.
    """

    warm_read_units: int = 0
    warm_write_units: int = 0
    max_read_units: int = 0
    max_write_units: int = 0

    def above(self, served: Throughput) -> Throughput:
        """Return the throughput to be stated where some of it is served already.

        Parameters
        ----------
        served
            What the table or index serves at once.

        Returns
        -------
        Throughput
            With no warm throughput if there is none to raise; else with both of its members: the
            provider takes a missing one of an index for a lower one.
        """
        units = (
            max(self.warm_read_units, served.warm_read_units),
            max(self.warm_write_units, served.warm_write_units),
        )
        if units == (served.warm_read_units, served.warm_write_units):
            units = (0, 0)
        return replace(self, warm_read_units=units[0], warm_write_units=units[1])

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of a table or an index."""
        warm = {
            "read_units_per_second": self.warm_read_units or None,
            "write_units_per_second": self.warm_write_units or None,
        }
        ceiling = {
            "max_read_request_units": self.max_read_units or None,
            "max_write_request_units": self.max_write_units or None,
        }
        return {
            "warm_throughput": _given(warm),
            "on_demand_throughput": _given(ceiling),
        }


def _given(block: dict[str, int | None]) -> dict[str, int] | None:
    return {name: units for name, units in block.items() if units is not None} or None
