"""Ion values written by the real writer and read back from AWS's DynamoDB Local, as promised.

Proves that DynamoDB's engine keeps every promised form when it is written as in Lambda, and a share
of them with botocore's own client. Also proves the engine's limits of numbers; those of an
item are in test_item_limits_on_dynamodb_local.py.
"""

from __future__ import annotations

import time
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handler.outcomes import APPLIED, Outcome
from handler.replica import write_for
from handler.settings import ReplicaTable
from handler.writer import BatchStatementWriter
from journal.revisions import Revision, read_record
from tests.support.ion_values import Sample, documents, names, values
from tests.support.qldb_records import revision

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

    from handler.dynamodb_transport import StatementTransport
    from handler.writer import StatementClient

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def table(make_tables: Callable[..., DynamoDBClient]) -> Iterator[ReplicaTable]:
    """One replica of whole documents for all tests, each of which writes different documents."""
    name = f"values-{uuid.uuid4()}"
    client = make_tables(name)
    yield ReplicaTable(ledger_table="Person", table_name=name)
    client.delete_table(TableName=name)


def write(
    dynamodb: DynamoDBClient,
    table: ReplicaTable,
    document: str,
    *,
    version: int = 0,
    client: StatementClient | None = None,
) -> tuple[Outcome, Mapping[str, Any]]:
    """Write one document; return the outcome and the item's ``data``.

    By default with the engine's client.
    """
    key = str(uuid.uuid4())
    found = read_record(revision(document_id=key, version=version, data=document), {"Person"})
    assert isinstance(found, Revision)
    writer = BatchStatementWriter(client or dynamodb, requests_in_flight=1)
    (outcome,) = writer.write([write_for(found, table, 0.0)], time.time() + 60)
    answer = dynamodb.get_item(
        TableName=table.table_name, Key={"pk": {"S": key}}, ConsistentRead=True
    )
    return outcome, answer.get("Item", {}).get("data", {})


def assert_comes_back(written: tuple[Outcome, Mapping[str, Any]], sample: Sample) -> None:
    """Check that a sample was applied and is what the type table promises."""
    outcome, data = written
    assert outcome is APPLIED
    assert exact(data) == exact(sample.promised)


def exact(value: Mapping[str, Any]) -> object:
    """Return a value in which equal numbers compare equal, regardless of their digits."""
    ((kind, content),) = value.items()
    if kind == "N":
        return kind, Decimal(content)
    if kind == "L":
        return kind, [exact(element) for element in content]
    if kind == "M":
        return kind, {name: exact(field) for name, field in content.items()}
    return kind, content


_SETTINGS = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
_BOTOCORE_EXAMPLES = 20
"""Documents that botocore's own client writes."""

_controls = st.characters(categories=["Cc"])
_any_text = st.text(st.one_of(_controls, st.characters(exclude_categories=["Cs"])), max_size=8)


def _escaped(text: str) -> str:
    return "".join(f"\\U{ord(character):08x}" for character in text)


def _with_controls(fields: list[tuple[str, Sample]]) -> Sample:
    written = ", ".join(f"'{_escaped(name)}': {sample.text}" for name, sample in fields)
    return Sample(f"{{{written}}}", {"M": {name: sample.promised for name, sample in fields}})


_controlled_values = st.one_of(
    _any_text.map(lambda text: Sample(f'"{_escaped(text)}"', {"S": text})),
    _any_text.map(lambda text: Sample(f"'{_escaped(text)}'", {"S": text})),
    values,
)
_controlled_names = st.one_of(_any_text.filter(bool), names)
_controlled_documents = st.recursive(
    _controlled_values,
    lambda inner: st.lists(st.tuples(_controlled_names, inner), max_size=3).map(_with_controls),
    max_leaves=6,
).map(lambda sample: _with_controls([("\x00\x1f\x7f\x9f", sample)]))


@_SETTINGS
@given(documents)
def test_every_document_comes_back_as_promised(
    dynamodb: DynamoDBClient, statements: StatementTransport, table: ReplicaTable, sample: Sample
) -> None:
    assert_comes_back(write(dynamodb, table, sample.text, client=statements), sample)


@_SETTINGS
@given(_controlled_documents)
def test_control_characters_come_back_as_promised(
    dynamodb: DynamoDBClient, statements: StatementTransport, table: ReplicaTable, sample: Sample
) -> None:
    assert_comes_back(write(dynamodb, table, sample.text, client=statements), sample)


@settings(_SETTINGS, max_examples=_BOTOCORE_EXAMPLES)
@given(st.one_of(documents, _controlled_documents))
def test_documents_written_by_botocores_client_come_back_as_promised(
    dynamodb: DynamoDBClient, table: ReplicaTable, sample: Sample
) -> None:
    assert_comes_back(write(dynamodb, table, sample.text), sample)


@pytest.mark.parametrize(
    "text",
    [
        "9" * 38,
        "-" + "9" * 38,
        "1" + "0" * 125,
        "9." + "9" * 37 + "d125",
        "-9." + "9" * 37 + "d125",
        "1d-130",
        "-1d-130",
        "1." + "2" * 37 + "d-130",
        "0d-7000",
        "-0.0",
    ],
)
def test_numbers_at_the_limits_are_kept_exactly(
    dynamodb: DynamoDBClient, table: ReplicaTable, text: str
) -> None:
    outcome, data = write(dynamodb, table, f"{{n: {text}}}")

    assert outcome is APPLIED
    assert Decimal(data["M"]["n"]["N"]) == Decimal(text.replace("d", "E"))


@pytest.mark.parametrize("number", ["1E126", "-1E126", "1E-131", "9" * 39])
def test_dynamodb_refuses_numbers_beyond_the_limits(
    dynamodb: DynamoDBClient, table: ReplicaTable, number: str
) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        dynamodb.put_item(TableName=table.table_name, Item={"pk": {"S": "n"}, "n": {"N": number}})


def test_a_document_of_qldbs_maximum_size_is_kept(
    dynamodb: DynamoDBClient, table: ReplicaTable
) -> None:
    outcome, data = write(dynamodb, table, '{a: "' + "x" * 131_000 + '"}')

    assert outcome is APPLIED
    assert len(data["M"]["a"]["S"]) == 131_000


@pytest.mark.parametrize("content", ['""', "{{}}", "[]", "{}", "()"])
def test_empty_values_are_kept(dynamodb: DynamoDBClient, table: ReplicaTable, content: str) -> None:
    outcome, data = write(dynamodb, table, f"{{a: {content}}}")

    assert outcome is APPLIED
    ((_, inner),) = data["M"]["a"].items()
    assert not inner
