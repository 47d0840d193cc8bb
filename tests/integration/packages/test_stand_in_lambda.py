"""Proves the stand-in provider's functions and event source mappings against the emulator.

Cannot prove what AWS does, which differs here: its mappings read only streams that the function's
role may read, and send failed batches to their destination.
"""

from __future__ import annotations

import io
import time
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from pulumi_aws_standin.testing import ManagedResource, urn_of
from pulumi_aws_standin.wire import Archive

from tests.support.stand_in import Case, ConnectedProvider, assert_deletable, assert_lifecycle
from tests.support.stand_in_inputs import KEY, LAMBDA_TRUST, function_inputs, source_code

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.emulator


def zipped(text: str, folder: Path) -> Archive:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target:
        target.writestr(zipfile.ZipInfo("main.py"), text)
    path = folder / f"{abs(hash(text))}.zip"
    path.write_bytes(buffer.getvalue())
    return Archive(hash=str(hash(text)), path=str(path))


def test_a_function_and_its_mapping_are_created_updated_and_deleted(
    provider: ConnectedProvider, tmp_path: Path
) -> None:
    engine = provider.engine
    role = engine.create(urn_of("aws:iam/role:Role", "worker"), {"assumeRolePolicy": LAMBDA_TRUST})
    stream = engine.create(urn_of("aws:kinesis/stream:Stream", "source"), {"shardCount": 1})
    function_case = Case(
        type_name="aws:lambda/function:Function",
        inputs={
            **function_inputs(role, zipped("def handler(event, context): return 1", tmp_path)),
            "timeout": 60,
            "memorySize": 1024,
            "environment": {"variables": {"A": "1", "B": "2"}},
            "tracingConfig": {"mode": "Active"},
            "loggingConfig": {
                "logFormat": "JSON",
                "logGroup": "/aws/lambda/group",
                "applicationLogLevel": "INFO",
            },
            "tags": {"a": "b"},
        },
        changed={
            **function_inputs(role, zipped("def handler(event, context): return 2", tmp_path)),
            "kmsKeyArn": KEY,
            "timeout": 30,
            "environment": {"variables": {"A": "3"}},
            "tags": {"a": "c"},
            "reservedConcurrentExecutions": 5,
        },
        outputs=("arn", "codeSha256", "invokeArn", "name"),
    )
    function = assert_lifecycle(provider, function_case)
    client = provider.client("lambda")
    assert (
        client.get_function(FunctionName=function.identifier)["Configuration"]["KMSKeyArn"] == KEY
    )
    called = client.invoke(FunctionName=function.identifier)
    assert called["Payload"].read() == b"2"

    start: dict[str, object] = {
        "eventSourceArn": stream.outputs["arn"],
        "functionName": function.outputs["arn"],
        "startingPosition": "TRIM_HORIZON",
    }
    mapping_case = Case(
        type_name="aws:lambda/eventSourceMapping:EventSourceMapping",
        inputs={
            **start,
            "batchSize": 200,
            "maximumBatchingWindowInSeconds": 1,
            "bisectBatchOnFunctionError": True,
            "parallelizationFactor": 10,
            "maximumRetryAttempts": 0,
            "maximumRecordAgeInSeconds": 3600,
            "functionResponseTypes": ["ReportBatchItemFailures"],
            "destinationConfig": {"onFailure": {"destinationArn": "arn:aws:s3:::failures"}},
            "metricsConfig": {"metrics": ["EventCount"]},
            "tags": {"a": "b"},
        },
        changed={**start, "functionName": function.identifier, "tags": {"c": "d"}},
        outputs=("uuid", "functionArn", "state"),
    )
    mapping = assert_lifecycle(provider, mapping_case)
    reported = provider.client("lambda").get_event_source_mapping(UUID=mapping.identifier)
    assert reported["BatchSize"] == 100
    assert not reported.get("DestinationConfig", {}).get("OnFailure")
    assert_deletable(provider, mapping_case, mapping)
    assert_deletable(provider, function_case, function)
    provider.engine.delete(stream)
    provider.engine.delete(role)


def test_code_changed_outside_of_pulumi_is_drift(
    provider: ConnectedProvider, tmp_path: Path
) -> None:
    engine = provider.engine
    role = engine.create(urn_of("aws:iam/role:Role", "coder"), {"assumeRolePolicy": LAMBDA_TRUST})
    inputs = function_inputs(role, source_code("def handler(event, context): return 1"))
    held = engine.create(urn_of("aws:lambda/function:Function", "coded"), inputs)
    other = zipped("def handler(event, context): return 7", tmp_path).path
    assert other is not None
    with open(other, "rb") as file:  # noqa: PTH123 (the path is a string)
        provider.client("lambda").update_function_code(
            FunctionName=held.identifier, ZipFile=file.read()
        )
    read = engine.refresh(held)
    assert "code" not in read.inputs
    difference = engine.diff(read, engine.checked(held.urn, inputs, read.inputs))
    assert list(difference.detailedDiff) == ["code"]
    held = engine.update(read, inputs)
    assert engine.refresh(held).inputs["code"] == Archive(hash="one")
    engine.delete(held)
    engine.delete(role)


def test_a_mapping_reads_a_stream_that_its_function_may_not_read(
    provider: ConnectedProvider, tmp_path: Path
) -> None:
    """The emulator never checks; AWS refuses. A unit test checks the program's actions."""
    # given a function whose role has no permission at all, and a mapping on a stream
    engine = provider.engine
    role = engine.create(
        urn_of("aws:iam/role:Role", "powerless"), {"assumeRolePolicy": LAMBDA_TRUST}
    )
    stream = engine.create(urn_of("aws:kinesis/stream:Stream", "unread"), {"shardCount": 1})
    function = engine.create(
        urn_of("aws:lambda/function:Function", "powerless"),
        function_inputs(role, zipped("def handler(event, context): return {}", tmp_path)),
    )
    mapping = engine.create(
        urn_of("aws:lambda/eventSourceMapping:EventSourceMapping", "powerless"),
        {
            "eventSourceArn": stream.outputs["arn"],
            "functionName": function.outputs["name"],
            "startingPosition": "TRIM_HORIZON",
        },
    )
    # when a record comes
    provider.client("kinesis").put_record(
        StreamName=stream.outputs["name"], Data=b"any", PartitionKey="any"
    )
    # then the function gets it all the same
    functions = provider.client("lambda")
    deadline = time.monotonic() + 20
    while not result_of(functions, mapping).startswith("OK"):
        assert time.monotonic() < deadline, result_of(functions, mapping)
        time.sleep(0.1)
    for resource in (mapping, function, stream, role):
        engine.delete(resource)


def result_of(functions: Any, mapping: ManagedResource) -> str:  # noqa: ANN401 (boto3's clients share no type)
    """Return the result of a mapping's last batch."""
    answer = functions.get_event_source_mapping(UUID=mapping.identifier)
    return str(answer.get("LastProcessingResult", ""))
