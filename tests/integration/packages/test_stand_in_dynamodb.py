"""Proves the stand-in provider's DynamoDB tables against the emulator.

Cannot prove that AWS does the same: no item expires, nothing is restored from a backup, an index is
built at once, and no throughput is limited or warmed.
"""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from pulumi_aws_standin.testing import CallError, urn_of

from tests.support.stand_in import Case, ConnectedProvider, assert_deletable, assert_lifecycle
from tests.support.stand_in_inputs import KEY, TABLE

pytestmark = pytest.mark.emulator

TYPE = "aws:dynamodb/table:Table"
BY_CITY = {"name": "by-city", "hashKey": "city", "projectionType": "ALL"}
BY_AGE = {
    "name": "by-age",
    "keySchemas": [
        {"attributeName": "city", "keyType": "HASH"},
        {"attributeName": "age", "keyType": "RANGE"},
    ],
    "projectionType": "INCLUDE",
    "nonKeyAttributes": ["firstName", "lastName"],
}


def attributes(**types: str) -> list[dict[str, str]]:
    return [{"name": name, "type": kind} for name, kind in types.items()]


INDEXED: dict[str, object] = {
    **TABLE,
    "attributes": attributes(pk="S", city="S", age="N"),
    "globalSecondaryIndexes": [BY_CITY, BY_AGE],
}


def described(provider: ConnectedProvider, name: str) -> Any:  # noqa: ANN401 (boto3's answer)
    return provider.client("dynamodb").describe_table(TableName=name)["Table"]


def test_a_table_is_created_updated_and_deleted(provider: ConnectedProvider) -> None:
    case = Case(
        type_name=TYPE,
        inputs={
            **TABLE,
            "pointInTimeRecovery": {"enabled": True, "recoveryPeriodInDays": 7},
            "serverSideEncryption": {"enabled": True},
            "ttl": {"enabled": True, "attributeName": "expiresAt"},
            "deletionProtectionEnabled": True,
            "tags": {"a": "b"},
        },
        changed={
            **TABLE,
            "pointInTimeRecovery": {"enabled": True, "recoveryPeriodInDays": 9},
            "serverSideEncryption": {"enabled": True, "kmsKeyArn": KEY},
            "ttl": {"enabled": True, "attributeName": "otherAttribute"},
            "onDemandThroughput": {"maxReadRequestUnits": 10, "maxWriteRequestUnits": 20},
            "warmThroughput": {"readUnitsPerSecond": 12_000, "writeUnitsPerSecond": 4_000},
            "tags": {"a": "c"},
        },
        outputs=("arn", "name"),
    )
    held = assert_lifecycle(provider, case)
    ttl = provider.client("dynamodb").describe_time_to_live(TableName=held.identifier)
    assert ttl["TimeToLiveDescription"]["AttributeName"] == "otherAttribute"
    table = described(provider, held.identifier)
    assert table["SSEDescription"]["KMSMasterKeyArn"] == KEY
    assert table["OnDemandThroughput"] == {"MaxReadRequestUnits": 10, "MaxWriteRequestUnits": 20}
    assert_deletable(provider, case, held)


def test_a_table_with_a_sort_key_has_the_name_that_the_program_gives(
    provider: ConnectedProvider,
) -> None:
    case = Case(
        type_name=TYPE,
        inputs={
            **TABLE,
            "name": "history-of-all",
            "rangeKey": "version",
            "attributes": attributes(version="N", pk="S"),
        },
        changed={
            **TABLE,
            "name": "history-of-all",
            "rangeKey": "version",
            "attributes": attributes(pk="S", version="N"),
            "deletionProtectionEnabled": False,
            "tags": {"a": "b"},
        },
    )
    held = assert_lifecycle(provider, case)
    assert held.identifier == held.outputs["name"] == "history-of-all"
    assert [part["KeyType"] for part in described(provider, "history-of-all")["KeySchema"]] == [
        "HASH",
        "RANGE",
    ]
    assert_deletable(provider, case, held)


def test_indexes_are_added_changed_and_removed_in_place(provider: ConnectedProvider) -> None:
    # given a table without indexes, with two in the second deployment
    case = Case(type_name=TYPE, inputs=TABLE, changed=INDEXED)
    held = assert_lifecycle(provider, case)
    found = {index["IndexName"]: index for index in described(provider, held.identifier)[_INDEXES]}
    assert sorted(found) == ["by-age", "by-city"]
    assert sorted(found["by-age"]["Projection"]["NonKeyAttributes"]) == ["firstName", "lastName"]

    # when one gets another key and the other goes
    wanted = {
        **INDEXED,
        "attributes": attributes(pk="S", age="N"),
        "globalSecondaryIndexes": [{**BY_CITY, "hashKey": "age"}],
    }
    difference = provider.engine.diff(held, provider.engine.checked(held.urn, wanted, held.inputs))
    # then the table stays
    assert sorted(difference.detailedDiff) == ["attributes", "globalSecondaryIndexes"]
    assert not difference.replaces
    held = provider.engine.update(held, wanted)
    [left] = described(provider, held.identifier)[_INDEXES]
    assert left["KeySchema"] == [{"AttributeName": "age", "KeyType": "HASH"}]
    provider.engine.delete(held)


_INDEXES = "GlobalSecondaryIndexes"


def test_the_last_index_stays_when_the_program_drops_it(provider: ConnectedProvider) -> None:
    """As with the AWS provider, which cannot remove it either."""
    # given a table with one index
    one = {
        **TABLE,
        "attributes": attributes(pk="S", city="S"),
        "globalSecondaryIndexes": [BY_CITY],
    }
    held = provider.engine.create(urn_of(TYPE, "indexed"), one)
    # when the program has none any more / then nothing differs, before and after a refresh
    for state in (held, provider.engine.refresh(held)):
        news = provider.engine.checked(held.urn, TABLE, state.inputs)
        assert not provider.engine.diff(state, news).diffs
    # and another change leaves the index alone
    held = provider.engine.update(held, {**TABLE, "tags": {"a": "b"}})
    assert len(described(provider, held.identifier)[_INDEXES]) == 1
    provider.engine.delete(held)


def test_a_lower_warm_throughput_is_refused_and_an_absent_one_is_none(
    provider: ConnectedProvider,
) -> None:
    warm = {"readUnitsPerSecond": 15_000, "writeUnitsPerSecond": 5_000}
    held = provider.engine.create(urn_of(TYPE, "warm"), {**TABLE, "warmThroughput": warm})

    def changed(**wanted: object) -> list[str]:
        news = provider.engine.checked(held.urn, {**TABLE, **wanted}, held.inputs)
        return list(provider.engine.diff(held, news).detailedDiff)

    higher = {**warm, "readUnitsPerSecond": 16_000}
    assert changed(warmThroughput=higher) == ["warmThroughput.readUnitsPerSecond"]
    assert changed() == []
    with pytest.raises(CallError, match="cannot lower"):
        changed(warmThroughput={**warm, "readUnitsPerSecond": 14_000})
    provider.engine.delete(held)


def test_a_ceiling_is_lifted_with_minus_one_and_not_by_dropping_it(
    provider: ConnectedProvider,
) -> None:
    # given a table with ceilings
    ceilings = {"maxReadRequestUnits": 10, "maxWriteRequestUnits": 20}
    lifted = {"maxReadRequestUnits": -1, "maxWriteRequestUnits": -1}
    urn = urn_of(TYPE, "limited")
    held = provider.engine.create(urn, {**TABLE, "onDemandThroughput": ceilings})
    # when the program drops them / then the deployment fails, as with the AWS provider
    with pytest.raises(CallError, match="to -1"):
        provider.engine.update(held, TABLE)
    # when it says -1 / then they are gone
    held = provider.engine.update(held, {**TABLE, "onDemandThroughput": lifted})
    assert described(provider, held.identifier)["OnDemandThroughput"] == {
        "MaxReadRequestUnits": -1,
        "MaxWriteRequestUnits": -1,
    }
    provider.engine.delete(held)
    # and DynamoDB refuses -1 for a new table
    with pytest.raises(CallError, match="existing table only"):
        provider.engine.create(urn, {**TABLE, "onDemandThroughput": lifted})


def test_an_existing_table_is_imported_without_a_difference(provider: ConnectedProvider) -> None:
    # given a table that was made by hand, with everything that a program can set
    client = provider.client("dynamodb")
    client.create_table(
        TableName="by-hand",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "city", "AttributeType": "S"},
        ],
        BillingMode="PAY_PER_REQUEST",
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-city",
                "KeySchema": [{"AttributeName": "city", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": KEY},
        Tags=[{"Key": "a", "Value": "b"}],
    )
    # when it is imported
    held = provider.engine.imported(urn_of(TYPE, "adopted"), "by-hand")
    # then a program that describes it changes nothing
    program = {
        **TABLE,
        "name": "by-hand",
        "attributes": attributes(city="S", pk="S"),
        "globalSecondaryIndexes": [BY_CITY],
        "serverSideEncryption": {"enabled": True, "kmsKeyArn": KEY},
        "tags": {"a": "b"},
    }
    news = provider.engine.checked(held.urn, program, held.inputs)
    assert not provider.engine.diff(held, news).diffs
    # and one that leaves the encryption out keeps it
    del program["serverSideEncryption"]
    news = provider.engine.checked(held.urn, program, held.inputs)
    assert not provider.engine.diff(held, news).diffs
    provider.engine.delete(held)


def test_a_missing_table_is_not_imported(provider: ConnectedProvider) -> None:
    assert provider.engine.imported(urn_of(TYPE, "adopted"), "nowhere").identifier == ""


def test_deletion_protection_of_a_table_refuses_the_deletion(provider: ConnectedProvider) -> None:
    inputs = {**TABLE, "deletionProtectionEnabled": True}
    held = provider.engine.create(urn_of(TYPE, "guarded"), inputs)
    with pytest.raises(CallError, match="protected against deletion"):
        provider.engine.delete(held)
    held = provider.engine.update(held, {**inputs, "deletionProtectionEnabled": False})
    provider.engine.delete(held)


def put_items(provider: ConnectedProvider, bucket: str, key: str, *items: dict[str, Any]) -> None:
    """Write an object in DynamoDB's import format."""
    lines = "".join(json.dumps({"Item": item}) + "\n" for item in items)
    provider.client("s3").put_object(Bucket=bucket, Key=key, Body=gzip.compress(lines.encode()))


def imported_from(bucket: str, prefix: str) -> dict[str, object]:
    return {
        **TABLE,
        "importTable": {
            "inputFormat": "DYNAMODB_JSON",
            "inputCompressionType": "GZIP",
            "s3BucketSource": {"bucket": bucket, "keyPrefix": prefix},
        },
    }


@pytest.fixture(scope="module")
def import_bucket(provider: ConnectedProvider) -> str:
    provider.client("s3").create_bucket(Bucket="imports")
    return "imports"


def test_a_table_is_made_from_objects_with_everything_that_a_table_has(
    provider: ConnectedProvider, import_bucket: str
) -> None:
    # given two objects, and another one beside them
    put_items(provider, import_bucket, "good/data/1.gz", {"pk": {"S": "a"}, "age": {"N": "1"}})
    put_items(provider, import_bucket, "good/data/2.gz", {"pk": {"S": "b"}, "city": {"S": "Ulm"}})
    provider.client("s3").put_object(Bucket=import_bucket, Key="good/manifest.json", Body=b"{}")
    # when a table is made from them / then it lives like any other
    inputs = {
        **imported_from(import_bucket, "good/data/"),
        "attributes": attributes(pk="S", city="S"),
        "globalSecondaryIndexes": [BY_CITY],
        "ttl": {"enabled": True, "attributeName": "expiresAt"},
        "deletionProtectionEnabled": True,
        "tags": {"a": "b"},
    }
    changed = {**inputs, "deletionProtectionEnabled": False, "tags": {"a": "c"}}
    case = Case(type_name=TYPE, inputs=inputs, changed=changed)
    held = assert_lifecycle(provider, case)
    # and has the items
    found = provider.client("dynamodb").scan(TableName=held.identifier)["Items"]
    assert sorted(item["pk"]["S"] for item in found) == ["a", "b"]
    assert_deletable(provider, case, held)


def test_another_source_of_an_import_replaces_the_table(
    provider: ConnectedProvider, import_bucket: str
) -> None:
    held = provider.engine.create(urn_of(TYPE, "made"), TABLE)

    wanted = imported_from(import_bucket, "good/data/")
    news = provider.engine.checked(held.urn, wanted, held.inputs)

    assert list(provider.engine.diff(held, news).replaces) == ["importTable"]
    provider.engine.delete(held)


def test_a_failed_import_tells_how_many_items_failed_and_leaves_the_table(
    provider: ConnectedProvider, import_bucket: str
) -> None:
    # given an item without the key
    put_items(provider, import_bucket, "bad/1.gz", {"pk": {"S": "a"}}, {"other": {"S": "b"}})
    # when / then
    with pytest.raises(CallError, match="2 processed, 1 imported, 1 refused") as raised:
        provider.engine.create(urn_of(TYPE, "bad"), imported_from(import_bucket, "bad/"))
    assert raised.value.detail is not None
    provider.client("dynamodb").delete_table(TableName=raised.value.detail.id)


def test_an_import_of_nothing_makes_no_table(
    provider: ConnectedProvider, import_bucket: str
) -> None:
    with pytest.raises(CallError, match="importTable: FAILED: S3NoSuchKey"):
        provider.engine.create(urn_of(TYPE, "none"), imported_from(import_bucket, "none/"))


def test_the_body_of_a_json_object_can_be_read_and_that_of_another_not(
    provider: ConnectedProvider, import_bucket: str
) -> None:
    client = provider.client("s3")
    for key, kind in (("a.json", "application/json"), ("a.gz", "application/gzip")):
        client.put_object(Bucket=import_bucket, Key=key, Body=b'{"a": 1}', ContentType=kind)

    def body(key: str) -> object:
        arguments = {"bucket": import_bucket, "key": key}
        return provider.engine.invoke("aws:s3/getObject:getObject", arguments)["body"]

    assert body("a.json") == '{"a": 1}'
    assert not body("a.gz")
