"""The tables of a schedule: in memory, or on AWS's DynamoDB Local."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from tests.support.attribute_values import checked
from tests.support.memory_dynamodb import MemoryDynamoDB, Tables
from tests.support.sentinel import MESSAGE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

    from handler.writer import StatementClient
    from tests.support.attribute_values import Item
    from tests.support.faults import Faults
    from tests.support.memory_dynamodb import Observer


class Backend(Protocol):
    """Tables that outlive their clients; `names` are by ledger table."""

    @property
    def names(self) -> Mapping[str, str]:
        """The tables' names."""

    def client(self, faults: Faults) -> Any:  # noqa: ANN401 (boto3's client or its model)
        """Return a client with faults."""

    def items(self, ledger_table: str) -> dict[str, Item]:
        """Return the items of a table by key."""

    def put(self, ledger_table: str, item: Item) -> None:
        """Store an item without a condition."""

    def expire(self, ledger_table: str, document: str) -> None:
        """Remove an item as DynamoDB does once it has expired."""


class MemoryBackend:
    """Tables in memory; `observer` sees each write."""

    def __init__(self, ledger_tables: Sequence[str], observer: Observer) -> None:
        self.names = {name: f"{name.lower()}-1a2b3c" for name in ledger_tables}
        self._tables = Tables(self.names.values(), observer=observer)

    def client(self, faults: Faults) -> MemoryDynamoDB:
        """Return a client with faults."""
        return MemoryDynamoDB(self._tables, faults)

    def items(self, ledger_table: str) -> dict[str, Item]:
        """Return the items of a table by key."""
        return self._tables.items(self.names[ledger_table])

    def put(self, ledger_table: str, item: Item) -> None:
        """Store an item without a condition."""
        self._tables.put(self.names[ledger_table], item, all_old=False)

    def expire(self, ledger_table: str, document: str) -> None:
        """Remove an item as DynamoDB does once it has expired."""
        self._tables.remove(self.names[ledger_table], document)


class LocalBackend:
    """Tables on DynamoDB Local.

    Parameters
    ----------
    make_tables
        Creates tables and returns a client for them.
    statements
        The client with which the handler writes.
    ledger_tables
        Ledger tables, each of which gets a DynamoDB table.
    suffix
        Distinguishes the tables of different schedules.
    """

    def __init__(
        self,
        make_tables: Callable[..., DynamoDBClient],
        statements: StatementClient,
        ledger_tables: Sequence[str],
        suffix: str,
    ) -> None:
        self.names = {name: f"{name.lower()}-{suffix}" for name in ledger_tables}
        self._client = make_tables(*self.names.values())
        self._statements = statements

    def client(self, faults: Faults) -> _FaultyClient:
        """Return a client with faults."""
        return _FaultyClient(self._statements, faults)

    def items(self, ledger_table: str) -> dict[str, Item]:
        """Read one table: items by key.

        DynamoDB Local returns numbers in lists and maps as they were written, and others in one
        form; here all are in that form.
        """
        pages = self._client.get_paginator("scan").paginate(
            TableName=self.names[ledger_table], ConsistentRead=True
        )
        return {
            str(item["pk"]["S"]): {name: checked(dict(value)) for name, value in item.items()}
            for page in pages
            for item in page["Items"]
        }

    def put(self, ledger_table: str, item: Item) -> None:
        """Store an item without a condition."""
        self._client.put_item(TableName=self.names[ledger_table], Item=item)

    def expire(self, ledger_table: str, document: str) -> None:
        """Remove an item as DynamoDB does once it has expired."""
        self._client.delete_item(TableName=self.names[ledger_table], Key={"pk": {"S": document}})


class _FaultyClient:
    """A client of the real engine with the same faults as those of the model."""

    def __init__(self, client: StatementClient, faults: Faults) -> None:
        self._client = client
        self._faults = faults

    def batch_execute_statement(
        self,
        *,
        Statements: Sequence[Mapping[str, Any]],  # noqa: N803 (boto3's name)
    ) -> dict[str, Any]:
        operation = "BatchExecuteStatement"
        fault = self._faults.before_request(operation)
        if fault is not None and not fault.applied:
            raise fault.error
        codes = [self._faults.before_statement(operation) for _ in Statements]
        sent = [each for each, code in zip(Statements, codes, strict=True) if code is None]
        answers: list[Any] = []
        if sent:
            response = self._client.batch_execute_statement(Statements=sent)
            answers = list(response["Responses"])
        remaining = iter(answers)
        responses = [
            next(remaining) if code is None else {"Error": {"Code": code, "Message": MESSAGE}}
            for code in codes
        ]
        self._faults.after_request(operation)
        if fault is not None:
            raise fault.error
        return {"Responses": responses}

    def put_item(self, **arguments: Any) -> object:  # noqa: ANN401 (boto3's)
        fault = self._faults.before_request("PutItem")
        if fault is not None and not fault.applied:
            raise fault.error
        answer: object = self._client.put_item(**arguments)
        self._faults.after_request("PutItem")
        if fault is not None:
            raise fault.error
        return answer
