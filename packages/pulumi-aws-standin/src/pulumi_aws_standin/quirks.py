"""Differences between the emulator (ministack 1.5.33) and AWS, and how the provider handles them.

Everything that this provider does only because of the emulator is in this module or listed here:

- *PartiQL*: the emulator requires `dynamodb:BatchExecuteStatement` on resource `*`, an action that
  AWS does not have: it requires dynamodb:PartiQLInsert and so on, on the statement's table
  (DynamoDB developer guide, "IAM security policies with PartiQL"). The provider grants nothing that
  the program does not: replace `ministack.core.iam_actions.dynamodb_transaction_checks`, which
  returns the actions and resources of a request, where you start the emulator.
- *Permissions that Lambda itself uses*: on AWS the event source mapping reads the stream and puts
  discarded records into the bucket under the function's role, and Lambda writes log and traces
  under it (Lambda developer guide, "Process records with Lambda", "Retain discarded records"). The
  emulator takes the records from its own memory, knows no destination for a Kinesis stream, and
  writes the log without a permission. So it never checks the role's `kinesis:*`, `s3:ListBucket`,
  `logs:*` and `xray:*`: a missing one shows on AWS only.
- *Permissions that Step Functions itself uses*: on AWS a state machine calls other services under
  its role (Step Functions developer guide, "Creating an IAM role for your state machine"). The
  emulator only asks at the creation whether the role exists, and makes these calls without a
  permission. So a missing one shows on AWS only.
- *Plain HTTP*: the emulator is called without TLS, AWS never is by its SDKs. A policy that denies
  calls without TLS (`aws:SecureTransport`) would deny everything. See
  `policy_for_emulator`.
- *Batch size*: the default of an event source mapping on a Kinesis stream is 10 in the emulator and
  100 on AWS (Lambda API, CreateEventSourceMapping). The provider always sends it.
- *Tags*: the emulator's CreateStream loses them, AWS keeps them. The provider sends no tags with
  the creation of any resource: it adds them afterwards, by the code that also updates them.
- *Characters in tags*: the emulator's IAM answers invalid XML for tags with `&` or `<`, AWS refuses
  them (IAM API, TagRole). The provider's Check refuses them for every service.
- *Trust policies*: the emulator's CreateRole accepts any text, AWS only a policy document. The
  provider's Check refuses any other.
- *Actions that the emulator lacks*: see `lacking`. What they would set is in Pulumi's state only.
- *Email subscriptions*: the emulator confirms them itself, AWS sends a mail with a link.
- *Dashboards*: the emulator accepts any text, AWS only a dashboard's JSON. The provider's Check
  refuses what is not a JSON object.
- *Definitions of state machines*: the emulator accepts any text, AWS only the Amazon States
  Language. The provider's Check refuses what is not a JSON object with states and a first one; any
  other mistake shows when the emulator executes the state, or on AWS only.
- *Deletion of state machines*: the emulator deletes one at once, with its executions. AWS reports
  it as DELETING until they have ended (Step Functions API, DeleteStateMachine). The provider waits.
- *Runtimes*: the emulator accepts any `runtime` and architecture, and runs a Python function with
  its own interpreter on this machine, so a package for another one fails at each invocation. The
  provider's Check refuses what cannot run: see `not_runnable`.
- *Resharding*: `NO_RESHARDING`. The number of shards can be set at creation only.
- *Properties that the emulator does not report*: `NOT_READ`.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from pulumi_aws_standin import machine
from pulumi_aws_standin.policies import as_list, canonical_policy, parse_policy, statements

if TYPE_CHECKING:
    from collections.abc import Iterator

NOT_READ: Final[dict[str, dict[str, str]]] = {
    "aws:cloudwatch/logGroup:LogGroup": {
        "kmsKeyId": "it has no AssociateKmsKey and DisassociateKmsKey, and encrypts nothing",
    },
    "aws:cloudwatch/metricAlarm:MetricAlarm": {
        "evaluateLowSampleCountPercentiles": "PutMetricAlarm drops it",
        "metricQueries": "PutMetricAlarm drops Metrics, so that nothing is evaluated",
        "warmUpConfiguration": "PutMetricAlarm drops it; an alarm is evaluated at once",
    },
    "aws:dynamodb/table:Table": {
        "globalSecondaryIndexes.onDemandThroughput": "UpdateTable drops it; no ceiling has effect",
        "globalSecondaryIndexes.warmThroughput": "UpdateTable drops it; nothing is pre-warmed",
        "pointInTimeRecovery.recoveryPeriodInDays": (
            "DescribeContinuousBackups answers without RecoveryPeriodInDays"
        ),
        "warmThroughput": "CreateTable and UpdateTable drop it; nothing is pre-warmed",
    },
    "aws:kinesis/stream:Stream": {
        "maxRecordSizeInKib": (
            "CreateStream drops it and it has no UpdateMaxRecordSize: a record has at most 1 MiB"
        ),
        "streamModeDetails": "it has no UpdateStreamMode: the stream keeps its mode and its shards",
    },
    "aws:lambda/eventSourceMapping:EventSourceMapping": {
        "metricsConfig": "it drops MetricsConfig and produces no such metrics",
    },
}
"""Reasons, by resource type and property, why the state's value is used instead of a read one.

What is listed here is in Pulumi's state, so that a second deployment changes nothing, but has no
effect in the emulator. Members of a list are matched by their name.
"""

NO_RESHARDING: Final = (
    "the emulator's UpdateShardCount drops the stream's records and restarts its shard ids, so "
    "records would be lost; AWS splits and merges shards and keeps every record"
)
"""Reason why the provider refuses to change the number of shards of a stream."""

KINESIS_BATCH_SIZE: Final = 100
"""AWS's default batch size of an event source mapping on a Kinesis stream."""

_NEVER_KEY: Final = "aws:PrincipalTag/EmulatorSpeaksPlainHttp"
_NEVER_VALUE: Final = "never"
"""With the key above, a condition that no principal fulfils: none has this tag."""


@contextmanager
def lacking(*actions: str) -> Iterator[None]:
    """Suppress the refusal of actions that the emulator does not have.

    Parameters
    ----------
    actions
        Names of actions. The properties that they set are listed in `NOT_READ`.
    """
    try:
        yield
    except ClientError as error:
        message = error.response.get("Error", {}).get("Message", "")
        if message not in {f"Unknown action: {action}" for action in actions}:
            raise


def policy_for_emulator(policy: str) -> str:
    """Return the document to send to the emulator for a policy of any kind.

    A statement that denies what does not come over TLS gets a condition that never holds.
    """
    document = parse_policy(policy)
    if not any(_denies_plain_http(statement) for statement in statements(document)):
        return policy
    translated = [
        _add_never(statement) if _denies_plain_http(statement) else statement
        for statement in statements(document)
    ]
    return json.dumps({**document, "Statement": translated})


def from_emulator(policy: str) -> str:
    """Return the document that the program wrote, given the one that the emulator holds.

    A condition is hidden only if `policy_for_emulator` would have added exactly that one. Anything
    else is a drift, which must be visible.
    """
    document = parse_policy(policy)
    kept = [_drop_never(stated) for stated in statements(document)]
    candidate = json.dumps({**document, "Statement": kept})
    if canonical_policy(policy_for_emulator(candidate)) != canonical_policy(policy):
        return policy
    return candidate


def _denies_plain_http(statement: object) -> bool:
    if not isinstance(statement, dict) or statement.get("Effect") != "Deny":
        return False
    condition = statement.get("Condition")
    tests = condition.get("Bool") if isinstance(condition, dict) else None
    wanted = tests.get("aws:SecureTransport") if isinstance(tests, dict) else None
    return [str(value).lower() for value in as_list(wanted)] == ["false"]


def _add_never(statement: object) -> object:
    stated = dict(statement) if isinstance(statement, dict) else {}
    condition = stated["Condition"]
    equals = {**condition.get("StringEquals", {}), _NEVER_KEY: _NEVER_VALUE}
    return {**stated, "Condition": {**condition, "StringEquals": equals}}


def _drop_never(statement: object) -> object:
    if not _denies_plain_http(statement) or not isinstance(statement, dict):
        return statement
    condition = dict(statement["Condition"])
    equals = dict(condition.pop("StringEquals", {}))
    if equals.get(_NEVER_KEY) == _NEVER_VALUE:
        del equals[_NEVER_KEY]
    if equals:
        condition["StringEquals"] = equals
    return {**statement, "Condition": condition}


def not_runnable(runtime: object, architectures: object) -> Iterator[tuple[str, str]]:
    """Return why the emulator on this machine cannot run a function.

    Parameters
    ----------
    runtime
        The function's `runtime`. Only a Python's is judged.
    architectures
        The function's `architectures`. An unknown list is not judged.

    Yields
    ------
    tuple of str
        Name of the property, and the reason.
    """
    own = machine.runtime()
    if isinstance(runtime, str) and runtime.startswith("python") and runtime != own:
        yield (
            "runtime",
            f"is {runtime}, but the emulator runs functions with its own {own}: use that",
        )
    here = machine.architecture()
    if isinstance(architectures, list) and here not in architectures:
        named = ", ".join(map(str, architectures))
        yield (
            "architectures",
            f"is {named}, but the emulator runs functions on this {here} machine: use that",
        )
