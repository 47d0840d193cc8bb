"""Both deployed stacks, for the end-to-end tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from handler.contract import KEY_ATTRIBUTE
from local import aws

if TYPE_CHECKING:
    from qldb_simulator.client import LedgerClient

    from local.services import Services
    from local.stack import Stacks


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """Both stacks on a local AWS, with clients."""

    services: Services
    stacks: Stacks
    outputs: dict[str, Any]
    ledger: LedgerClient

    @property
    def ledger_name(self) -> str:
        """Name of the deployed ledger."""
        return str(self.outputs["ledgerName"])

    def client(self, service: Any) -> Any:  # noqa: ANN401 (boto3's clients have no common type)
        """Return a boto3 client of the emulator's root user."""
        return aws.client(service, self.services.endpoints.emulator)

    def items(self, ledger_table: str) -> dict[str, dict[str, Any]]:
        """Return the DynamoDB items of a ledger's table by document id, as wire values."""
        pages = (
            self.client("dynamodb")
            .get_paginator("scan")
            .paginate(TableName=self.outputs["tableNames"][ledger_table], ConsistentRead=True)
        )
        return {item[KEY_ATTRIBUTE]["S"]: item for page in pages for item in page["Items"]}
