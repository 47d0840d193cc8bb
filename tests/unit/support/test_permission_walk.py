"""The walk through permissions finds what is not needed, and what is wrongly exempted.

With roles in memory whose work is known. That the deployed roles' work is what the probes do is
proven by `tests/e2e/test_permissions.py`.
"""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.support.permission_walk import (
    Exemption,
    Probe,
    Report,
    grants_of,
    is_tls_only,
    is_wildcard,
    resource_label,
    walk,
    without,
)

TABLES = [f"arn:aws:dynamodb:us-east-1:000000000000:table/t{n}-0a1b2c3" for n in (1, 2)]
BUCKET = "arn:aws:s3:::failures-0a1b2c3"
EXEMPT = Exemption(reason="AWS asks for it", source="a guide")


def allow(sid: str, actions: object, resources: object) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


WRITE = allow("Write", ["dynamodb:PutItem"], TABLES)
READ = allow("Read", ["kinesis:GetRecords"], "arn:aws:kinesis:us-east-1:000000000000:stream/s")
TRACE = allow("Trace", "xray:PutTraceSegments", "*")


class MemoryRoles:
    """Roles in memory, whose work needs pairs of an action and a resource.

    Parameters
    ----------
    policies
        The statements of each role's only policy.
    needs
        What the work of each role needs; the work has the name of its action.
    """

    def __init__(
        self,
        policies: dict[str, list[dict[str, Any]]],
        needs: dict[str, list[tuple[str, str]]],
    ) -> None:
        self.before = {role: {"p": document(*one)} for role, one in policies.items()}
        self.now = copy.deepcopy(self.before)
        self.probes = {
            role: [
                Probe(name=action, works=self._work(role, action, where)) for action, where in pairs
            ]
            for role, pairs in needs.items()
        }

    def policies(self) -> dict[str, dict[str, Any]]:
        return copy.deepcopy(self.now)

    def put(self, role: str, policy: str, document: dict[str, Any]) -> None:
        self.now[role][policy] = document

    def _work(self, role: str, action: str, where: str) -> Any:  # noqa: ANN401 (a callable)
        def works() -> bool:
            return any(
                action in statement["Action"] and where in statement["Resource"]
                for statement in self.now[role]["p"]["Statement"]
            )

        return works


PUTS = [("dynamodb:PutItem", table) for table in TABLES]


def found(
    statements: list[dict[str, Any]],
    needs: list[tuple[str, str]],
    exempted: tuple[tuple[str, str], ...] = (),
    wildcards: tuple[str, ...] = (),
) -> Report:
    roles = MemoryRoles({"f": statements}, {"f": needs})
    report = walk(
        roles,
        roles.probes,
        {("f", sid, label): EXEMPT for sid, label in exempted},
        {("f", sid): EXEMPT for sid in wildcards},
    )
    # Whatever is found, the policies are as before.
    assert roles.now == roles.before
    return report


def test_a_role_without_a_superfluous_permission_passes() -> None:
    report = found([WRITE, READ], PUTS, exempted=(("Read", "kinesis:GetRecords"),))
    assert report.problems == []
    assert "\n".join(report.lines).splitlines() == [
        "f: needed 4 / given 4",
        "  Write: dynamodb:PutItem: dynamodb:PutItem fails without it",
        "  Write: table/t1: dynamodb:PutItem fails without it",
        "  Write: table/t2: dynamodb:PutItem fails without it",
        "  Read: kinesis:GetRecords: AWS only",
    ]


def test_an_added_action_that_nothing_needs_is_found() -> None:
    more = {**WRITE, "Action": ["dynamodb:PutItem", "dynamodb:DeleteTable"]}
    report = found([more], PUTS)
    assert report.problems == [
        "f: dynamodb:DeleteTable (statement Write) is not needed: nothing fails without it"
    ]
    assert "needed 3 / given 4" in report.lines[0]
    assert "dynamodb:DeleteTable: NOT NEEDED" in report.lines[0]


def test_an_added_resource_that_nothing_needs_is_found() -> None:
    report = found([WRITE], PUTS[:1])
    assert report.problems == [
        "f: table/t2 (statement Write) is not needed: nothing fails without it"
    ]


def test_an_action_in_two_statements_is_superfluous_in_both() -> None:
    again = allow("Again", ["dynamodb:PutItem"], TABLES)
    assert len(found([WRITE, again], PUTS).problems) == 6


def test_a_policy_that_repeats_another_is_superfluous() -> None:
    roles = MemoryRoles({"f": [WRITE]}, {"f": PUTS})
    roles.now["f"]["q"] = document(WRITE)
    report = walk(roles, roles.probes, {}, {})
    # Only the first one counts for the work here.
    assert {problem.split(" ")[1] for problem in report.problems} == {
        "dynamodb:PutItem",
        "table/t1",
        "table/t2",
    }
    assert len(report.problems) == 3


def test_an_exempted_action_that_is_enforced_here_is_found() -> None:
    report = found(
        [WRITE, READ],
        PUTS,
        exempted=(("Read", "kinesis:GetRecords"), ("Write", "dynamodb:PutItem")),
    )
    [problem] = report.problems
    assert "dynamodb:PutItem (statement Write) is exempted, but without it" in problem


def test_an_exemption_that_no_policy_uses_is_found() -> None:
    report = found([WRITE], PUTS, exempted=(("Read", "kinesis:GetRecords"),))
    assert report.problems == [
        "f: kinesis:GetRecords (statement Read) is exempted, but no policy allows it"
    ]


@pytest.mark.parametrize("sid", ["Trace", "Other"])
def test_a_wildcard_resource_needs_a_reason_that_is_still_true(sid: str) -> None:
    report = found(
        [WRITE, TRACE], PUTS, exempted=(("Trace", "xray:PutTraceSegments"),), wildcards=(sid,)
    )
    expected = [
        "f: the resource of statement Trace is a wildcard",
        "f: statement Other needs no wildcard any more",
    ]
    assert report.problems == ([] if sid == "Trace" else expected)


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        (allow("All", "s3:*", BUCKET), "f: s3:* is more than one action (statement All)"),
        (
            {"Sid": "But", "Effect": "Allow", "NotAction": "s3:PutObject", "Resource": BUCKET},
            "f: p allows all but something: name what it allows",
        ),
        (
            {"Sid": "But", "Effect": "Allow", "Action": "s3:PutObject", "NotResource": BUCKET},
            "f: p allows all but something: name what it allows",
        ),
    ],
)
def test_what_is_not_a_list_of_actions_on_resources_is_refused(
    statement: dict[str, Any], problem: str
) -> None:
    assert problem in found([WRITE, statement], PUTS).problems


def test_a_statement_that_allows_nothing_any_more_is_left_out() -> None:
    deny = {"Effect": "Deny", "Action": ["dynamodb:PutItem"], "Resource": TABLES}
    policy = document(WRITE, READ, deny)
    [action, *_] = grants_of("f", "p", policy)
    assert without(policy, [action])["Statement"] == [
        {**READ, "Resource": [READ["Resource"]]},
        deny,
    ]


def test_a_denial_grants_nothing() -> None:
    deny = {"Effect": "Deny", "Action": ["s3:*"], "Resource": TABLES}
    assert list(grants_of("f", "p", document(deny))) == []


def test_work_that_fails_anyway_proves_nothing() -> None:
    report = found([WRITE], [*PUTS, ("s3:PutObject", BUCKET)])
    assert report.problems == ["f: s3:PutObject fails with all permissions"]


def test_a_role_that_nothing_works_with_is_not_needed() -> None:
    assert len(found([READ], []).problems) == 1


def test_the_policies_are_restored_when_the_walk_breaks_off() -> None:
    roles = MemoryRoles({"f": [WRITE]}, {"f": PUTS})

    def works() -> bool:
        if roles.now != roles.before:
            raise ValueError("the emulator has ended")
        return True

    breaking = Probe(name="one", works=works)
    with pytest.raises(ValueError, match="the emulator has ended"):
        walk(roles, {"f": [breaking]}, {}, {})
    assert roles.now == roles.before


@pytest.mark.parametrize(
    ("resource", "wildcard"),
    [
        ("*", True),
        ("arn:aws:dynamodb:us-east-1:000000000000:table/*", True),
        ("arn:aws:logs:us-east-1:000000000000:log-group:*", True),
        ("arn:aws:s3:::*", True),
        ("arn:aws:s3:::*/records/*", True),
        ("arn:aws:s3:::failures/records/*", False),
        ("arn:aws:s3:::failures/*", False),
        ("arn:aws:logs:us-east-1:000000000000:log-group:mine:*", False),
        ("arn:aws:dynamodb:us-east-1:000000000000:table/mine", False),
        ("arn:aws:dynamodb:us-east-1:000000000000:table/mine/index/*", False),
    ],
)
def test_a_wildcard_is_a_resource_without_a_name(resource: str, *, wildcard: bool) -> None:
    assert is_wildcard(resource) is wildcard


@pytest.mark.parametrize(
    ("arn", "label"),
    [
        (TABLES[0], "table/t1"),
        (f"{BUCKET}/aws/lambda/*", "failures/aws/lambda/*"),
        ("*", "*"),
    ],
)
def test_a_label_is_the_same_in_each_deployment(arn: str, label: str) -> None:
    assert resource_label(arn) == label


DENY: dict[str, Any] = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": [BUCKET, f"{BUCKET}/*"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


@pytest.mark.parametrize(
    ("change", "secure"),
    [
        ({}, True),
        ({"Principal": {"AWS": "*"}}, True),
        ({"Effect": "Allow"}, False),
        ({"Principal": {"AWS": "arn:aws:iam::000000000000:root"}}, False),
        ({"Action": "s3:GetObject"}, False),
        ({"Action": "sqs:*"}, False),
        ({"Resource": BUCKET}, False),
        ({"Condition": {"Bool": {"aws:SecureTransport": "true"}}}, False),
        ({"Condition": {**DENY["Condition"], "StringEquals": {"aws:SourceAccount": "1"}}}, False),
    ],
)
def test_tls_only_means_everybody_everything_and_everywhere(
    change: dict[str, Any], *, secure: bool
) -> None:
    policy = document({**DENY, **change})
    assert is_tls_only(policy, "s3", [BUCKET, f"{BUCKET}/*"]) is secure
