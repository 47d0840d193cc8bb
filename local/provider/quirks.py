"""Where the emulator (ministack 1.5.33) is not AWS, and what the stand-in provider does about it.

Everything that this provider does for the emulator's sake is in this module or named here:

- *BatchExecuteStatement*: the emulator asks for `dynamodb:BatchExecuteStatement` on resource `*`.
  AWS has no such action: it asks for dynamodb:PartiQLInsert and dynamodb:PartiQLUpdate on the
  table (DynamoDB developer guide, 'IAM security policies with PartiQL'). See `for_emulator`.
- *Batch size*: for a mapping on a Kinesis stream without BatchSize the emulator takes 10, AWS 100
  (Lambda API, CreateEventSourceMapping). The provider always sends it.
- *Tags of a new stream*: the emulator's CreateStream loses them, AWS keeps them. The provider
  reads the stream and adds what is missing.
- *Trust policies*: the emulator's CreateRole takes any text, AWS only a policy document. The
  provider's Check refuses what is not one.
- *Actions that the emulator lacks* (UpdateStreamMode, UpdateMaxRecordSize): its refusal is reported
  as it is, so a stream's mode can be chosen at creation only.
- *What the emulator does not tell*: `NOT_READ`.
"""

from __future__ import annotations

import fnmatch
import json
from typing import Final

from local.provider.policies import as_list, canonical_policy, parse_policy, statements

#: By resource type and property, why the provider keeps the state's value instead of reading it.
NOT_READ: Final[dict[str, dict[str, str]]] = {
    "aws:dynamodb/table:Table": {
        "pointInTimeRecovery.recoveryPeriodInDays": (
            "DescribeContinuousBackups answers without RecoveryPeriodInDays"
        ),
    },
}

#: AWS's batch size of an event source mapping on a Kinesis stream.
KINESIS_BATCH_SIZE: Final = 100

_INSERT = "dynamodb:PartiQLInsert"
_UPDATE = "dynamodb:PartiQLUpdate"
_SID = "EmulatorAsksForBatchExecuteStatement"
_GRANT: Final = {
    "Sid": _SID,
    "Effect": "Allow",
    "Action": "dynamodb:BatchExecuteStatement",
    "Resource": "*",
}


def for_emulator(policy: str) -> str:
    """Return the policy document to send to the emulator.

    A statement that allows `dynamodb:BatchExecuteStatement` is added only where the document
    allows both dynamodb:PartiQLInsert and dynamodb:PartiQLUpdate on at least one and the same
    resource, and denies neither. A program that lacks one of the two is refused as on AWS.
    """
    document = parse_policy(policy)
    if not _allows_both(document):
        return policy
    return json.dumps({**document, "Statement": [*statements(document), _GRANT]})


def from_emulator(policy: str) -> str:
    """Return the policy document that the program wrote, from what the emulator holds.

    The statement is hidden only where `for_emulator` would have added it to the rest; any other
    one is somebody's change and has to show.
    """
    document = parse_policy(policy)
    kept = [statement for statement in statements(document) if statement != _GRANT]
    candidate = json.dumps({**document, "Statement": kept})
    if canonical_policy(for_emulator(candidate)) != canonical_policy(policy):
        return policy
    return candidate


def _allows_both(document: dict[str, object]) -> bool:
    allowed: dict[str, set[tuple[str, str]]] = {_INSERT: set(), _UPDATE: set()}
    for statement in statements(document):
        if not isinstance(statement, dict):
            continue
        for action, places in allowed.items():
            if not any(_matches(pattern, action) for pattern in as_list(statement.get("Action"))):
                continue
            if statement.get("Effect") == "Deny":
                return False
            condition = json.dumps(statement.get("Condition", {}), sort_keys=True)
            places.update((str(r), condition) for r in as_list(statement.get("Resource")))
    return not allowed[_INSERT].isdisjoint(allowed[_UPDATE])


def _matches(pattern: object, action: str) -> bool:
    return fnmatch.fnmatchcase(action.lower(), str(pattern).lower())
