"""The state machine of a replay holds to Amazon States Language and to what the function expects.

Proves the form of the definition. That it runs is the work of tests/e2e/test_distributed_replay.py.
"""

from __future__ import annotations

import itertools
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from handler.replay_contract import EventField, RunField, Step
from infra.replay import FUNCTION_SECONDS
from infra.replay_definition import MAP_LABELS, definition

if TYPE_CHECKING:
    from collections.abc import Iterator

FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:replay"
BUCKET = "plans"
CONCURRENCY = 7
MACHINE = definition(FUNCTION, BUCKET, concurrency=CONCURRENCY)
STATES: dict[str, dict[str, Any]] = MACHINE["States"]
MAPS = {name: state for name, state in STATES.items() if state["Type"] == "Map"}
MAX_DEFINITION = 1024 * 1024
"""Step Functions developer guide, "Quotas": bytes of a definition."""

PASSING = [
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
]
"""What Step Functions and Lambda say of faults that pass."""


def child(state: dict[str, Any]) -> dict[str, Any]:
    """Return the only state of a map's children."""
    [(name, only)] = state["ItemProcessor"]["States"].items()
    assert state["ItemProcessor"]["StartAt"] == name
    found: dict[str, Any] = only
    return found


TASKS = {
    **{name: state for name, state in STATES.items() if state["Type"] == "Task"},
    **{name: child(state) for name, state in MAPS.items()},
}
"""Every state that invokes the function, by its name or that of its map."""


def successors(state: dict[str, Any]) -> set[str]:
    """Return the states that can follow."""
    named = [state.get("Next"), state.get("Default")]
    named += [choice["Next"] for choice in state.get("Choices", ())]
    return {name for name in named if name is not None}


def reached(start: str) -> set[str]:
    """Return all states that a state leads to, itself included."""
    found: set[str] = set()
    left = [start]
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += successors(STATES[name])
    return found


def paths(value: Any) -> Iterator[str]:  # noqa: ANN401 (JSON)
    """Yield everything that is taken from a state's input or the context."""
    if isinstance(value, dict):
        for name, each in value.items():
            if name.endswith(".$") or name == "Variable":
                yield each
            else:
                yield from paths(each)
    elif isinstance(value, list):
        for each in value:
            yield from paths(each)


def payload(state: dict[str, Any]) -> dict[str, Any]:
    """Return the event of a step: what its task gives the function, or its map the children."""
    if state["Type"] == "Map":
        assert child(state)["Parameters"]["Payload.$"] == "$"
        selected: dict[str, Any] = state["ItemSelector"]
        return selected
    given: dict[str, Any] = state["Parameters"]["Payload"]
    return given


def test_every_state_that_is_named_exists() -> None:
    named = {MACHINE["StartAt"]}.union(*map(successors, STATES.values()))

    assert named <= STATES.keys()


def test_every_state_is_reached_and_leads_to_the_end() -> None:
    assert reached(MACHINE["StartAt"]) == STATES.keys()
    ends = {name for name, state in STATES.items() if state.get("End")}
    assert ends == {"Check"}
    assert {name for name in STATES if not reached(name) & ends} == set()


@pytest.mark.parametrize("name", STATES)
def test_a_state_ends_or_goes_on(name: str) -> None:
    state = STATES[name]

    if state["Type"] == "Choice":
        # A choice without a match and without a default is an error.
        assert state["Default"]
        assert not {"End", "Next"} & state.keys()
    else:
        assert ("Next" in state) != ("End" in state)


def test_the_steps_come_in_their_order() -> None:
    order = [name for name in STATES if STATES[name]["Type"] != "Choice"]

    steps = [payload(STATES[name])[EventField.STEP] for name in order]
    assert steps == [step.value for step in Step]
    for earlier, later in itertools.pairwise(order):
        assert later in reached(earlier)
        assert earlier not in reached(later)


@pytest.mark.parametrize(
    ("choice", "count", "nothing", "something"),
    [
        ("AnythingToScan", RunField.SCAN_COUNT, "AnythingToWrite", "Scan"),
        ("AnythingToWrite", RunField.WRITE_COUNT, "Check", "Gather"),
    ],
)
def test_a_map_over_nothing_is_left_out(
    choice: str, count: RunField, nothing: str, something: str
) -> None:
    assert STATES[choice] == {
        "Type": "Choice",
        "Choices": [{"Variable": f"$.run.{count}", "NumericEquals": 0, "Next": nothing}],
        "Default": something,
    }


@pytest.mark.parametrize(
    ("state", "fields"),
    [
        ("Plan", {"step": "plan", "request.$": "$"}),
        ("Scan", {"step": "scan", "run.$": "$.run", "batch.$": "$$.Map.Item.Value"}),
        ("Gather", {"step": "gather", "run.$": "$.run"}),
        ("Write", {"step": "write", "run.$": "$.run", "batch.$": "$$.Map.Item.Value"}),
        ("Check", {"step": "check", "run.$": "$.run", "execution.$": "$$.Execution.Name"}),
    ],
)
def test_each_step_gets_the_fields_of_its_event(state: str, fields: dict[str, str]) -> None:
    assert payload(STATES[state]) == fields


@pytest.mark.parametrize("name", TASKS)
def test_each_task_invokes_the_function_and_waits_for_it(name: str) -> None:
    task = TASKS[name]

    assert task["Type"] == "Task"
    assert task["Resource"] == "arn:aws:states:::lambda:invoke"
    assert task["Parameters"]["FunctionName"] == FUNCTION
    assert task["TimeoutSeconds"] > FUNCTION_SECONDS


@pytest.mark.parametrize("name", TASKS)
def test_each_task_is_tried_again_after_a_fault_of_lambda(name: str) -> None:
    first, *others = TASKS[name]["Retry"]

    assert first["ErrorEquals"] == PASSING
    assert [other["ErrorEquals"] for other in others] == ([["States.ALL"]] if name in MAPS else [])
    for retry in (first, *others):
        assert 1 <= retry["IntervalSeconds"] < retry["MaxDelaySeconds"]
        assert retry["MaxAttempts"] >= 3
        assert retry["BackoffRate"] >= 2
        # Thousands of children would come back at the same time.
        assert retry["JitterStrategy"] == "FULL"


@pytest.mark.parametrize("name", [name for name in TASKS if name not in MAPS])
def test_a_step_that_refuses_the_export_is_not_tried_again(name: str) -> None:
    assert all("States.ALL" not in retry["ErrorEquals"] for retry in TASKS[name]["Retry"])


@pytest.mark.parametrize(
    ("name", "label", "key"),
    [("Scan", "scan", RunField.SCAN_KEY), ("Write", "write", RunField.WRITE_KEY)],
)
def test_a_map_reads_its_items_from_the_bucket(name: str, label: str, key: RunField) -> None:
    state = MAPS[name]

    assert state["Label"] == label
    assert state["ItemReader"] == {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": {"InputType": "JSON"},
        "Parameters": {"Bucket": BUCKET, "Key.$": f"$.run.{key}"},
    }
    assert state["ItemProcessor"]["ProcessorConfig"] == {
        "Mode": "DISTRIBUTED",
        # An express child may run for five minutes only.
        "ExecutionType": "STANDARD",
    }


def test_there_are_no_other_maps() -> None:
    assert tuple(state["Label"] for state in MAPS.values()) == MAP_LABELS


@pytest.mark.parametrize("name", MAPS)
def test_a_map_has_the_concurrency_of_the_setting_and_tolerates_no_failure(name: str) -> None:
    assert MAPS[name]["MaxConcurrency"] == CONCURRENCY
    assert MAPS[name]["ToleratedFailureCount"] == 0
    assert "ToleratedFailurePercentage" not in MAPS[name]


@pytest.mark.parametrize("name", MAPS)
def test_results_of_children_are_empty_and_a_map_passes_its_input_on(name: str) -> None:
    # All results together have to fit into 256 KiB.
    assert child(MAPS[name])["ResultSelector"] == {}
    assert MAPS[name]["ResultPath"] is None
    assert child(MAPS[name])["End"] is True


@pytest.mark.parametrize(
    ("name", "result"), [("Plan", "run"), ("Gather", "run"), ("Check", "result")]
)
def test_a_step_returns_what_the_function_answered_and_nothing_of_lambda(
    name: str, result: str
) -> None:
    assert STATES[name]["ResultSelector"] == {f"{result}.$": "$.Payload"}
    assert not {"ResultPath", "OutputPath"} & STATES[name].keys()


def test_nothing_of_a_document_goes_through_the_state_machine() -> None:
    taken = set(paths(MACHINE))

    # The request, the plan, counts, keys, and the parts of objects that are a batch.
    assert taken == {
        "$",
        "$.Payload",
        "$.run",
        "$.run.scanCount",
        "$.run.scanKey",
        "$.run.writeCount",
        "$.run.writeKey",
        "$$.Execution.Name",
        "$$.Map.Item.Value",
    }


def test_the_definition_is_small_json_without_anything_to_fill_in() -> None:
    text = json.dumps(MACHINE)

    assert len(text.encode()) < MAX_DEFINITION // 10
    assert not re.search(r"\$\{|Output<", text)


def test_integrations_are_of_the_partition_of_the_function() -> None:
    text = json.dumps(definition(FUNCTION.replace(":aws:", ":aws-us-gov:"), "b", concurrency=1))

    assert "arn:aws-us-gov:states:::lambda:invoke" in text
    assert "arn:aws-us-gov:states:::s3:getObject" in text
    assert "arn:aws:" not in text
