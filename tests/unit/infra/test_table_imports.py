"""New tables are made from folders that `convert` wrote, and only from those that fit.

Proves it with the program as a whole, against mocks. tests/e2e imports with the real engine.
"""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from tests.support.import_manifests import HISTORY, STATE, manifest
from tests.support.pulumi_mocks import Deployment, Registration, deploy_dev_again
from tests.support.redeployments import HISTORY as HISTORY_BEFORE
from tests.support.redeployments import LAST, NAME, OPEN

TABLE = "aws:dynamodb/table:Table"
FOLDER = "s3://imports/all/Person"
HISTORY_FOLDER = "s3://imports/all/history/"
KEPT = LAST | {"tableNames": {"Person": "qldb-Person-physical"}}
"""Outputs of a deployment whose table has the name that the mocks give it again."""

PERSON: dict[str, Any] = {"ledgerTable": "Person"}
IMPORTED = {**PERSON, "importFrom": FOLDER}
OBJECTS = {
    f"{FOLDER}/manifest.json": manifest([PERSON]),
    f"{HISTORY_FOLDER}manifest.json": manifest([PERSON], HISTORY),
}
WITH_HISTORY: dict[str, object] = {
    "replicaTables": [{**PERSON, "history": True}],
    "historyImportFrom": HISTORY_FOLDER,
}


def deploy(
    *entries: dict[str, Any],
    last: dict[str, Any] | None = None,
    objects: dict[str, str] | None = None,
    **changed: object,
) -> Deployment:
    """Deploy entries of ``replicaTables``."""
    settings = {"replicaTables": list(entries), **changed}
    return deploy_dev_again(last or {}, settings, objects=OBJECTS if objects is None else objects)


def refusal(
    settings: dict[str, object],
    objects: dict[str, str] | None = None,
    last: dict[str, Any] | None = None,
) -> str:
    """Return why a deployment is refused; nothing may be registered."""
    deployed = Deployment()
    with pytest.raises(pulumi.RunError) as raised:
        deploy_dev_again(last or {}, settings, into=deployed, objects=objects or {})
    assert deployed.resources == []
    assert "nothing was changed" in str(raised.value)
    return str(raised.value)


def source(table: Registration) -> object:
    return table.inputs["importTable"]["s3BucketSource"]


def test_a_new_table_is_made_from_the_objects_of_its_folder() -> None:
    table = deploy(IMPORTED).one(TABLE)

    assert table.inputs["importTable"] == {
        "inputFormat": "DYNAMODB_JSON",
        "inputCompressionType": "GZIP",
        # The manifest is not below the prefix.
        "s3BucketSource": {"bucket": "imports", "keyPrefix": "all/Person/items/"},
    }


def test_the_provider_waits_as_long_as_a_large_import_takes() -> None:
    imported, plain = deploy(IMPORTED, {"ledgerTable": "Car"}).all(TABLE)[::-1]

    assert (imported.creation_timeout, plain.creation_timeout) == ("48h", "")


def test_the_history_table_is_made_from_its_folder() -> None:
    [table] = [
        each
        for each in deploy_dev_again({}, WITH_HISTORY, objects=OBJECTS).all(TABLE)
        if each.name == "qldb-history"
    ]

    assert source(table) == {"bucket": "imports", "keyPrefix": "all/history/items/"}


def test_the_owner_of_the_bucket_can_be_another_account() -> None:
    table = deploy(IMPORTED, importBucketOwner="210987654321").one(TABLE)

    assert source(table) == {
        "bucket": "imports",
        "bucketOwner": "210987654321",
        "keyPrefix": "all/Person/items/",
    }


@pytest.mark.parametrize("last", [{}, LAST, LAST | {"tableImports": {"Person": FOLDER}}])
def test_the_engine_never_replaces_a_table_because_of_its_source(last: dict[str, Any]) -> None:
    table = deploy(PERSON, last=last).one(TABLE)

    assert table.ignored == ("importTable",)


def test_a_table_that_another_name_replaces_is_made_from_the_new_source_or_none() -> None:
    last = LAST | OPEN | {"tableImports": {"Person": "s3://imports/old"}}

    imported = deploy({**IMPORTED, "tableName": "people"}, last=last).one(TABLE)
    empty = deploy({**PERSON, "tableName": "people"}, last=last).one(TABLE)

    assert imported.ignored == empty.ignored == ()
    assert source(imported) == {"bucket": "imports", "keyPrefix": "all/Person/items/"}
    assert "importTable" not in empty.inputs


def test_later_deployments_need_neither_the_objects_nor_the_setting() -> None:
    # given a table that was imported
    last = KEPT | {"tableImports": deploy(IMPORTED).outputs["tableImports"]}
    # when it is deployed again, with the setting and without / then no object is read
    for entry in (IMPORTED, PERSON):
        deployed = deploy(entry, last=last, objects={})
        assert deployed.outputs["tableImports"] == {"Person": FOLDER}
        assert deployed.warnings == []


def test_later_deployments_of_an_imported_history_need_no_objects() -> None:
    first = deploy_dev_again({}, WITH_HISTORY, objects=OBJECTS).outputs
    last = KEPT | HISTORY_BEFORE | {"historyImport": first["historyImport"]}
    last["replicaTables"] = '{"Person":{"tableName":"any","history":true}}'

    deployed = deploy_dev_again(last, WITH_HISTORY)

    assert deployed.outputs["historyImport"] == HISTORY_FOLDER
    assert deployed.warnings == []


def test_an_import_into_a_table_that_exists_is_refused() -> None:
    message = refusal({"replicaTables": [IMPORTED]}, OBJECTS, LAST)

    assert f"the DynamoDB table {NAME} exists already" in message
    assert "python -m ops replay SOURCE --stack test" in message


def test_an_import_from_another_folder_than_before_is_refused() -> None:
    last = LAST | {"tableImports": {"Person": "s3://imports/old"}}

    assert "nothing would be imported" in refusal({"replicaTables": [IMPORTED]}, OBJECTS, last)


def test_an_import_into_a_history_that_exists_is_refused() -> None:
    message = refusal(WITH_HISTORY, OBJECTS, LAST | HISTORY_BEFORE)

    assert f"history table {HISTORY_BEFORE['historyTableName']} exists already" in message
    assert "pulumi config rm historyImportFrom" in message


def test_what_is_left_to_do_after_an_import_is_announced() -> None:
    [warning] = deploy(IMPORTED).warnings

    assert f"the DynamoDB table of Person from {FOLDER}" in warning
    assert "Run pulumi up once more" in warning
    assert "--replace" in warning


def test_an_imported_table_is_not_announced_as_empty() -> None:
    last = {"tableNames": {"Car": "qldb-Car-physical"}, "deletionProtection": False}

    warnings = deploy(IMPORTED, {"ledgerTable": "Car"}, last=last).warnings

    assert not [each for each in warnings if "empty" in each]


def test_a_missing_manifest_is_refused_with_the_reason() -> None:
    message = refusal({"replicaTables": [IMPORTED]})

    assert f"{FOLDER}/manifest.json cannot be read" in message
    assert "s3:GetObject" in message
    assert "not found" in message


INDEXED: dict[str, Any] = {
    **PERSON,
    "attributes": {"age": ["age"], "city": ["city"]},
    "indexKeys": {"age": ["N", 2048]},
}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("{}", "not a manifest of `python -m ops convert`", id="nothing"),
        pytest.param("[[", "not a manifest of `python -m ops convert`", id="not JSON"),
        pytest.param('{"formatVersion": 2}', "format version 2", id="another version"),
        pytest.param('{"formatVersion": 1}', "missing or changed", id="a part of one"),
        pytest.param(
            manifest([PERSON], is_complete=False), "it is not complete", id="not complete"
        ),
        pytest.param(
            manifest([{"ledgerTable": "Car"}]), "it has Car, expected Person", id="another table"
        ),
        pytest.param(manifest([PERSON], HISTORY), "it has a history", id="a history"),
        pytest.param(
            manifest([{**PERSON, "attributes": {"age": ["age"]}}]),
            "other `attributes` or `indexes` of Person",
            id="another projection",
        ),
        pytest.param(manifest([PERSON], items=0), "it has no items", id="no items"),
        pytest.param(manifest([PERSON], objects=50_001), "50001 objects", id="too many objects"),
    ],
)
def test_a_folder_that_does_not_fit_its_table_is_refused(text: str, problem: str) -> None:
    objects = {f"{FOLDER}/manifest.json": text}

    message = refusal({"replicaTables": [IMPORTED]}, objects)

    assert message.startswith(f"replicaTables[0].importFrom is {FOLDER}, ")
    assert problem in message


def test_another_type_of_an_indexs_key_is_refused() -> None:
    index = {"name": "by-age", "partitionKey": {"attribute": "age", "type": "N"}}
    entry = {**IMPORTED, "attributes": {"age": "age", "city": "city"}, "indexes": [index]}
    objects = {f"{FOLDER}/manifest.json": manifest([INDEXED])}
    # given an entry that the folder fits
    assert source(deploy(entry, objects=objects).one(TABLE))
    # when the key has another type / then
    index["partitionKey"] = {"attribute": "age", "type": "S"}
    assert "other `attributes` or `indexes`" in refusal({"replicaTables": [entry]}, objects)


def test_a_history_of_other_tables_is_refused() -> None:
    entries = [{**PERSON, "history": True}, {"ledgerTable": "Car", "history": True}]

    message = refusal({**WITH_HISTORY, "replicaTables": entries}, OBJECTS)

    assert "it has Person, expected Car, Person" in message


def test_a_state_is_no_history() -> None:
    objects = {f"{HISTORY_FOLDER}manifest.json": manifest([PERSON], STATE)}

    assert "the state of a ledger table" in refusal(WITH_HISTORY, objects)


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"replicaTables": [{**PERSON, "importFrom": "s3://imports"}]}, "importFrom is"),
        ({"replicaTables": [{**PERSON, "importFrom": "imports/x"}]}, "importFrom is"),
        ({"replicaTables": [{**PERSON, "importFrom": 1}]}, "importFrom is"),
        (
            {"replicaTables": [IMPORTED, {"ledgerTable": "Car", "importFrom": FOLDER}]},
            "2 times; expected a folder of its own",
        ),
        ({"historyImportFrom": HISTORY_FOLDER}, "no entry of replicaTables has `history: true`"),
        ({"historyImportFrom": "nowhere"}, "historyImportFrom is 'nowhere'"),
        ({"importBucketOwner": "12"}, "the id of an AWS account, 12 digits"),
    ],
)
def test_settings_that_name_no_folder_are_refused(
    settings: dict[str, object], problem: str
) -> None:
    assert problem in refusal(settings, OBJECTS)
