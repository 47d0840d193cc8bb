"""The DynamoDB table that holds every revision of the documents whose history is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi_aws as aws

from handler.contract import KEY_ATTRIBUTE, VERSION_ATTRIBUTE
from infra.component import Component

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pulumi

    from infra.table_imports import TableImport
    from infra.tables import TableSettings, Throughput


class HistoryTable(Component):
    """One table for the history of all ledger tables.

    One is enough, because document ids are unique in a ledger; and it has to be one, because a
    redaction in a block summary names the id of its ledger table only, not the name.
    """

    table: aws.dynamodb.Table

    def __init__(
        self,
        name: str,
        settings: TableSettings,
        throughput: Throughput,
        made: TableImport,
        *,
        tags: Mapping[str, str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("HistoryTable", name, tags=tags, opts=opts)
        self.table = aws.dynamodb.Table(
            name,
            hash_key=KEY_ATTRIBUTE,
            range_key=VERSION_ATTRIBUTE,
            attributes=[
                {"name": KEY_ATTRIBUTE, "type": "S"},
                {"name": VERSION_ATTRIBUTE, "type": "N"},
            ],
            **settings.arguments(throughput),
            import_table=made.source,
            tags=self.tags,
            opts=self.child(
                protect=settings.protect,
                retain_on_delete=settings.retain_on_delete,
                ignore_changes=made.ignored,
                creation_timeout=made.creation_timeout,
            ),
        )
        self.register_outputs({"historyTableName": self.table.name})
