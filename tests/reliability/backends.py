"""The tables of a schedule: in memory, or on AWS's DynamoDB Local."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from tests.reliability.ledger_tables import HISTORY_NAME, INDEX_KEYS, NO_OPTIONS
from tests.support.attribute_values import checked
from tests.support.memory_dynamodb import MemoryDynamoDB, Tables
from tests.support.sentinel import MESSAGE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

    from handler.writer import StatementClient
    from tests.reliability.ledger_tables import TableOptions
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

    @property
    def history_name(self) -> str:
        """Name of the history table."""

    def history(self) -> dict[tuple[str, int], Item]:
        """Return the items of the history table by document and version."""

    def put_history(self, item: Item) -> None:
        """Store an item of the history table without a condition."""

    def expire(self, ledger_table: str, document: str) -> None:
        """Remove an item as DynamoDB does once it has expired."""


class MemoryBackend:
    """Tables in memory; `observer` sees each write."""

    history_name = HISTORY_NAME

    def __init__(
        self, options: Mapping[str, TableOptions] = NO_OPTIONS, observer: Observer | None = None
    ) -> None:
        self.names = {name: f"{name.lower()}-1a2b3c" for name in options}
        self._tables = Tables(
            self.names.values(),
            history=[HISTORY_NAME],
            observer=observer,
            index_keys={
                self.names[name]: INDEX_KEYS for name, each in options.items() if each.indexed
            },
        )

    def client(self, faults: Faults) -> MemoryDynamoDB:
        """Return a client with faults."""
        return MemoryDynamoDB(self._tables, faults)

    def items(self, ledger_table: str) -> dict[str, Item]:
        """Return the items of a table by key."""
        return self._tables.items(self.names[ledger_table])

    def put(self, ledger_table: str, item: Item) -> None:
        """Store an item without a condition."""
        self._tables.put(self.names[ledger_table], item, all_old=False)

    def history(self) -> dict[tuple[str, int], Item]:
        """Return the items of the history table by document and version."""
        return _by_version(self._tables.items(HISTORY_NAME).values())

    def put_history(self, item: Item) -> None:
        """Store an item of the history table without a condition."""
        self._tables.put(HISTORY_NAME, item, all_old=False)

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
    options
        Options of the ledger tables, each of which gets a DynamoDB table.
    suffix
        Distinguishes the tables of different schedules.
    """

    def __init__(
        self,
        make_tables: Callable[..., DynamoDBClient],
        statements: StatementClient,
        options: Mapping[str, TableOptions],
        suffix: str,
    ) -> None:
        self.names = {name: f"{name.lower()}-{suffix}" for name in options}
        self.history_name = f"history-{suffix}"
        indexed = [self.names[name] for name, each in options.items() if each.indexed]
        self._client = make_tables(*(set(self.names.values()) - set(indexed)))
        for name in indexed:
            self._create(name, {"pk": "S"}, {name: kind for name, (kind, _) in INDEX_KEYS.items()})
        self._create(self.history_name, {"pk": "S", "version": "N"})
        self._statements = statements

    def _create(
        self, name: str, key: Mapping[str, Any], index: Mapping[str, Any] | None = None
    ) -> None:
        """Create a table, with an index of a partition key and a sort key."""
        types = {**key, **(index or {})}
        further: Any = {}
        if index:
            further["GlobalSecondaryIndexes"] = [
                {
                    "IndexName": "index",
                    "KeySchema": _key_schema(index),
                    "Projection": {"ProjectionType": "KEYS_ONLY"},
                }
            ]
        self._client.create_table(
            TableName=name,
            AttributeDefinitions=[
                {"AttributeName": each, "AttributeType": kind} for each, kind in types.items()
            ],
            KeySchema=_key_schema(key),
            BillingMode="PAY_PER_REQUEST",
            **further,
        )

    def client(self, faults: Faults) -> _FaultyClient:
        """Return a client with faults."""
        return _FaultyClient(self._statements, faults)

    def items(self, ledger_table: str) -> dict[str, Item]:
        """Read one table: items by key.

        DynamoDB Local returns numbers in lists and maps as they were written, and others in one
        form; here all are in that form.
        """
        return {item["pk"]["S"]: item for item in self._scan(self.names[ledger_table])}

    def _scan(self, table: str) -> Iterator[Item]:
        pages = self._client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
        for page in pages:
            for item in page["Items"]:
                yield {name: checked(dict(value)) for name, value in item.items()}

    def history(self) -> dict[tuple[str, int], Item]:
        """Return the items of the history table by document and version."""
        return _by_version(self._scan(self.history_name))

    def put_history(self, item: Item) -> None:
        """Store an item of the history table without a condition."""
        self._client.put_item(TableName=self.history_name, Item=item)

    def put(self, ledger_table: str, item: Item) -> None:
        """Store an item without a condition."""
        self._client.put_item(TableName=self.names[ledger_table], Item=item)

    def expire(self, ledger_table: str, document: str) -> None:
        """Remove an item as DynamoDB does once it has expired."""
        self._client.delete_item(TableName=self.names[ledger_table], Key={"pk": {"S": document}})


def _by_version(items: Iterable[Item]) -> dict[tuple[str, int], Item]:
    return {(item["pk"]["S"], int(item["version"]["N"])): item for item in items}


def _key_schema(names: Iterable[str]) -> list[Any]:
    kinds = ("HASH", "RANGE")
    return [
        {"AttributeName": name, "KeyType": kind} for name, kind in zip(names, kinds, strict=False)
    ]


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
