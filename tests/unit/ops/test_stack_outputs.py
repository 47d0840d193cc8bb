"""Stack outputs are read as Pulumi prints them; each fault is named with its remedy.

Proves the reading. The exports are tested in `tests/unit/test_program.py`, and their way through
Pulumi in `tests/integration/ops` and `tests/e2e/test_redrive.py`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from handler.contract import Variable
from handler.version import project_version
from ops.errors import OpsError
from ops.stack_outputs import from_file, parse, version_difference
from tests.support.kinesis_events import STREAM_ARN

if TYPE_CHECKING:
    from pathlib import Path

TABLES = '{"Person":{"tableName":"person-1a2b3c","tombstoneLifetimeDays":400}}'
ENVIRONMENT: dict[str, Any] = {
    Variable.FAILURE_BUCKET: "failures-1a2b3c",
    Variable.VERSION: "1.2",
    Variable.LOG_LEVEL: "INFO",
}
OUTPUTS: dict[str, Any] = {
    "version": project_version(),
    "streamArn": STREAM_ARN,
    "failureQueueUrl": "https://sqs/failures",
    "handlerEnvironment": ENVIRONMENT,
    "replicaTables": TABLES,
}
FROM_ANOTHER_VERSION = {**OUTPUTS, "version": "7.6.5"}


def _without(outputs: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in outputs.items() if name not in names}


def test_the_handler_is_configured_as_in_its_environment() -> None:
    settings = parse(OUTPUTS).settings
    assert settings.replica_tables["Person"].table_name == "person-1a2b3c"
    assert settings.failure_bucket == "failures-1a2b3c"
    assert settings.replica_tables["Person"].tombstone_lifetime_days == 400


def test_the_region_is_that_of_the_stream() -> None:
    assert parse(OUTPUTS).region == "eu-west-1"


def test_the_queue_is_the_one_of_the_stack() -> None:
    assert parse(OUTPUTS).failure_queue_url == "https://sqs/failures"


@pytest.mark.parametrize(
    "environment",
    [
        pytest.param(json.dumps(ENVIRONMENT), id="an object that became a JSON text"),
        pytest.param(
            {**ENVIRONMENT, Variable.VERSION: 1.2},
            id="a text in it that became a number",
        ),
    ],
)
def test_an_environment_that_a_tool_rewrote_is_the_same(environment: object) -> None:
    assert parse({**OUTPUTS, "handlerEnvironment": environment}) == parse(OUTPUTS)


def test_tables_that_a_tool_rewrote_are_the_same() -> None:
    assert parse({**OUTPUTS, "replicaTables": json.loads(TABLES)}) == parse(OUTPUTS)


def test_a_stack_of_version_0_1_0_has_its_tables_in_the_environment() -> None:
    environment = {**ENVIRONMENT, Variable.REPLICA_TABLES: TABLES}
    outputs = {**_without(OUTPUTS, "replicaTables"), "handlerEnvironment": environment}
    assert parse(outputs) == parse(OUTPUTS)


def test_a_stack_with_a_lifetime_in_its_environment_must_be_deployed_again() -> None:
    # Without the variable, its tombstones would seem to be permanent.
    environment = {**ENVIRONMENT, "TOMBSTONE_LIFETIME_DAYS": "400"}
    with pytest.raises(OpsError, match="an earlier version deployed"):
        parse({**OUTPUTS, "handlerEnvironment": environment})


def test_a_stack_of_an_earlier_version_must_be_deployed_again() -> None:
    # given the outputs of the time before handlerEnvironment
    outputs = {
        **_without(OUTPUTS, "handlerEnvironment", "version"),
        "failureBucketName": "failures-1a2b3c",
        "replicaTables": TABLES,
        "tombstoneLifetimeDays": None,
    }
    # when they are read
    with pytest.raises(OpsError) as caught:
        parse(outputs)
    # then
    assert "an earlier version deployed it" in str(caught.value)
    assert f"Run `pulumi up` with this version, {project_version()}, first" in str(caught.value)


@pytest.mark.parametrize("name", ["streamArn", "failureQueueUrl", "version"])
def test_a_missing_output_is_named(name: str) -> None:
    with pytest.raises(OpsError, match=f"no output {name}; deploy the stack with `pulumi up`"):
        parse(_without(OUTPUTS, name))


def test_the_outputs_of_another_project_are_refused() -> None:
    with pytest.raises(OpsError, match="or choose the stack of this project"):
        parse({"bucketName": "pictures"})


MISFITS = [
    pytest.param(
        {"replicaTables": '{"Person":{}}'},
        "handlerEnvironment and replicaTables are wrong: REPLICA_TABLES",
        id="wrong tables",
    ),
    pytest.param(
        {"handlerEnvironment": _without(ENVIRONMENT, Variable.FAILURE_BUCKET)},
        "FAILURE_BUCKET is not set",
        id="a missing variable",
    ),
    pytest.param(
        {"handlerEnvironment": "no JSON"}, "handlerEnvironment is not an object", id="text"
    ),
    pytest.param({"handlerEnvironment": None}, "handlerEnvironment is not an object", id="null"),
    pytest.param({"streamArn": "stream"}, "streamArn is not an ARN", id="no ARN"),
    pytest.param({"failureQueueUrl": ""}, "no output failureQueueUrl", id="no queue"),
]


@pytest.mark.parametrize(("changed", "problem"), MISFITS)
def test_outputs_that_do_not_fit_are_refused(changed: dict[str, Any], problem: str) -> None:
    with pytest.raises(OpsError) as caught:
        parse({**OUTPUTS, **changed})
    assert problem in str(caught.value)
    assert "deploy the stack with `pulumi up`" in str(caught.value)


@pytest.mark.parametrize(("changed", "problem"), MISFITS)
def test_outputs_of_another_version_that_do_not_fit_name_both_versions(
    changed: dict[str, Any], problem: str
) -> None:
    with pytest.raises(OpsError) as caught:
        parse({**FROM_ANOTHER_VERSION, **changed})
    assert problem in str(caught.value)
    assert "use version 7.6.5" in str(caught.value)
    assert f"deploy with version {project_version()}" in str(caught.value)


def test_outputs_of_another_version_that_fit_are_used() -> None:
    outputs = parse(FROM_ANOTHER_VERSION)
    assert outputs.settings == parse(OUTPUTS).settings
    assert outputs.version == "7.6.5"


def test_the_same_version_makes_no_difference() -> None:
    assert version_difference(project_version()) is None


def test_a_file_is_read_like_the_outputs_themselves(tmp_path: Path) -> None:
    file = tmp_path / "outputs.json"
    file.write_text(json.dumps(OUTPUTS))
    assert from_file(file) == parse(OUTPUTS)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(OpsError, match=r"outputs\.json cannot be read: No such file"):
        from_file(tmp_path / "outputs.json")


@pytest.mark.parametrize("text", ["no JSON", "[]"])
def test_a_file_of_another_kind_is_refused_with_the_remedy(tmp_path: Path, text: str) -> None:
    file = tmp_path / "outputs.json"
    file.write_text(text)
    with pytest.raises(OpsError, match="pulumi stack output --json"):
        from_file(file)
