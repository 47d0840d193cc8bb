"""Takes each permission of a deployed program's roles away, and sees whether anything misses it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

Document = dict[str, Any]
"""An IAM policy document."""

Place = tuple[str, str, str]
"""Role, ``Sid`` of the statement, and `Grant.label`: names a grant in a checked-in list."""

_GENERATED = re.compile(r"-[0-9a-f]{7}(?![0-9a-f])")
_NAMES_NOTHING = re.compile(r"([\w-]+[/:])?\*")


@dataclass(frozen=True, order=True)
class Grant:
    """One action or one resource of a statement that allows something.

    Attributes
    ----------
    role
        The role's name in the program.
    policy
        Name of the policy.
    statement
        The statement's ``Sid``.
    kind
        Which of the statement's lists it is in.
    name
        The action, or the resource as the policy has it.
    """

    role: str
    policy: str
    statement: str
    kind: Literal["Action", "Resource"]
    name: str

    @property
    def place(self) -> Place:
        """Where a checked-in list has it."""
        return self.role, self.statement, self.label

    @property
    def label(self) -> str:
        """The name for a checked-in list, without what differs between deployments."""
        return self.name if self.kind == "Action" else resource_label(self.name)

    def __str__(self) -> str:
        return f"{self.role}: {self.label} (statement {self.statement})"


@dataclass(frozen=True, kw_only=True)
class Exemption:
    """Why a grant cannot be proven here, or why a resource has no name.

    Attributes
    ----------
    reason
        One sentence.
    source
        The document that says that AWS needs it.
    """

    reason: str
    source: str


@dataclass(frozen=True, kw_only=True)
class Probe:
    """A small piece of a role's work.

    Attributes
    ----------
    name
        The work.
    works
        Does it and returns whether it was done.
    """

    name: str
    works: Callable[[], bool]


class Roles(Protocol):
    """The deployed roles of a program."""

    def policies(self) -> Mapping[str, Mapping[str, Document]]:
        """Return each role's policy documents by role, named as in the program, and policy."""

    def put(self, role: str, policy: str, document: Document) -> None:
        """Replace a policy of a role."""


@dataclass(kw_only=True)
class Report:
    """What a walk has found.

    Attributes
    ----------
    problems
        Each is a reason why the walk fails.
    lines
        For each role: how many of its grants are needed, and how that is known.
    """

    problems: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


def walk(
    roles: Roles,
    probes: Mapping[str, Sequence[Probe]],
    exemptions: Mapping[Place, Exemption],
    wildcards: Mapping[tuple[str, str], Exemption],
) -> Report:
    """Take each action and each of several resources of every role away, one at a time.

    Without an action, a probe of its role must fail, or the action must be exempted; an exempted
    one must not be missed by any. All policies are as before afterwards.

    Parameters
    ----------
    roles
        The deployed roles.
    probes
        The work of each role, the cheapest first.
    exemptions
        Grants that only AWS enforces.
    wildcards
        Why a statement's resource is a wildcard, by role and ``Sid``.

    Returns
    -------
    Report
        Without problems if every grant is needed.
    """
    report = Report()
    deployed = roles.policies()
    report.problems += _form_problems(deployed, wildcards)
    known: set[Place] = set()
    for role, policies in deployed.items():
        one = _RoleWalk(roles, role, policies, probes.get(role, ()), exemptions)
        known |= {grant.place for grant in one.grants}
        try:
            report.problems += one.problems()
        finally:
            one.take_away(())
        report.lines.append(one.summary())
    report.problems += [
        f"{role}: {label} (statement {sid}) is exempted, but no policy allows it"
        for role, sid, label in exemptions
        if (role, sid, label) not in known
    ]
    return report


def resource_label(arn: str) -> str:
    """Return the part of an ARN that is the same in each deployment.

    Parameters
    ----------
    arn
        A resource of a statement.
    """
    return _GENERATED.sub("", arn.split(":", 5)[-1])


def is_wildcard(resource: str) -> bool:
    """Return whether a resource of a statement names nothing of its own.

    Parameters
    ----------
    resource
        An ARN, or ``*``.
    """
    parts = resource.split(":", 5)
    if len(parts) < 6:
        return True
    # An ARN of S3 has no type before the bucket's name.
    if parts[2] == "s3":
        return parts[5].startswith("*")
    return _NAMES_NOTHING.fullmatch(parts[5]) is not None


def is_tls_only(document: Document, service: str, resources: Iterable[str]) -> bool:
    """Return whether a resource's policy denies everybody every action without TLS.

    Parameters
    ----------
    document
        The policy of the resource.
    service
        Prefix of the service's actions, for example ``s3``.
    resources
        The ARNs that the denial must cover.
    """
    return any(
        statement.get("Effect") == "Deny"
        and statement.get("Principal") in ("*", {"AWS": "*"})
        and _list(statement.get("Action")) == [f"{service}:*"]
        and set(resources) <= set(_list(statement.get("Resource")))
        and statement.get("Condition") in _WITHOUT_TLS
        for statement in _list(document["Statement"])
    )


_WITHOUT_TLS = tuple({"Bool": {"aws:SecureTransport": value}} for value in ("false", False))


def grants_of(role: str, policy: str, document: Document) -> Iterator[Grant]:
    """Yield the actions and resources that a policy allows.

    A statement's only resource is left out: without it, the statement's actions are gone too.

    Parameters
    ----------
    role
        The role's name in the program.
    policy
        Name of the policy.
    document
        The policy itself.
    """
    for statement in _list(document["Statement"]):
        if statement["Effect"] != "Allow":
            continue
        sid = statement.get("Sid", "")
        for action in _list(statement.get("Action")):
            yield Grant(role, policy, sid, "Action", action)
        resources = _list(statement.get("Resource"))
        if len(resources) > 1:
            for resource in resources:
                yield Grant(role, policy, sid, "Resource", resource)


def without(document: Document, grants: Iterable[Grant]) -> Document:
    """Return a policy without some of its actions and resources.

    Parameters
    ----------
    document
        The policy.
    grants
        What to leave out. A statement that would have no action or no resource is left out.
    """
    gone = {(grant.statement, grant.kind, grant.name) for grant in grants}
    left = []
    for statement in _list(document["Statement"]):
        if statement["Effect"] != "Allow":
            left.append(statement)
            continue
        sid = statement.get("Sid", "")
        kept = {
            kind: [name for name in _list(statement.get(kind)) if (sid, kind, name) not in gone]
            for kind in ("Action", "Resource")
        }
        if all(kept.values()):
            left.append({**statement, **kept})
    return {**document, "Statement": left}


def _form_problems(
    deployed: Mapping[str, Mapping[str, Document]],
    wildcards: Mapping[tuple[str, str], Exemption],
) -> Iterator[str]:
    """Yield what is wrong with policies whatever they are needed for."""
    used = set()
    for role, policies in deployed.items():
        for name, document in policies.items():
            for statement in _list(document["Statement"]):
                where = (role, statement.get("Sid", ""))
                if statement["Effect"] == "Allow" and not {"Action", "Resource"} <= set(statement):
                    yield f"{role}: {name} allows all but something: name what it allows"
                for action in _list(statement.get("Action")):
                    if statement["Effect"] == "Allow" and "*" in action:
                        yield f"{role}: {action} is more than one action (statement {where[1]})"
                if not any(map(is_wildcard, _list(statement.get("Resource")))):
                    continue
                used.add(where)
                if statement["Effect"] == "Allow" and where not in wildcards:
                    yield f"{role}: the resource of statement {where[1]} is a wildcard"
    for role, sid in wildcards.keys() - used:
        yield f"{role}: statement {sid} needs no wildcard any more"


class _RoleWalk:
    """The walk through one role's grants.

    Parameters
    ----------
    roles
        The deployed roles.
    role
        The role's name in the program.
    policies
        Its policies.
    probes
        Its work.
    exemptions
        Of all roles.
    """

    def __init__(
        self,
        roles: Roles,
        role: str,
        policies: Mapping[str, Document],
        probes: Sequence[Probe],
        exemptions: Mapping[Place, Exemption],
    ) -> None:
        self.grants = [
            grant for name in policies for grant in grants_of(role, name, policies[name])
        ]
        self._roles = roles
        self._role = role
        self._policies = policies
        self._probes = probes
        self._exempted = [grant for grant in self.grants if grant.place in exemptions]
        self._missed: dict[Grant, str] = {}

    def problems(self) -> Iterator[str]:
        """Take every grant away and yield what is wrong."""
        broken = self._first_failure(())
        if broken is not None:
            yield f"{self._role}: {broken} fails with all permissions"
            return
        if self._exempted and self._first_failure(self._exempted) is not None:
            for grant in self._exempted:
                broken = self._first_failure([grant])
                if broken is not None:
                    yield f"{grant} is exempted, but without it {broken} fails here too"
        for grant in self.grants:
            if grant in self._exempted:
                continue
            broken = self._first_failure([grant])
            if broken is None:
                yield f"{grant} is not needed: nothing fails without it"
            else:
                self._missed[grant] = broken
        broken = self._first_failure(())
        if broken is not None:
            yield f"{self._role}: {broken} fails after the policies were restored"

    def take_away(self, grants: Sequence[Grant]) -> None:
        """Give the role its policies without some grants."""
        for name, document in self._policies.items():
            gone = [grant for grant in grants if grant.policy == name]
            self._roles.put(self._role, name, without(document, gone) if gone else document)

    def summary(self) -> str:
        """Return the numbers of the role's grants, and which work misses each."""
        needed = len(self._missed) + len(self._exempted)
        lines = [f"{self._role}: needed {needed} / given {len(self.grants)}"]
        for grant in self.grants:
            name = f"{grant.statement}: {grant.label}" if grant.statement else grant.label
            if grant in self._missed:
                lines.append(f"  {name}: {self._missed[grant]} fails without it")
            elif grant in self._exempted:
                lines.append(f"  {name}: AWS only")
            else:
                lines.append(f"  {name}: NOT NEEDED")
        return "\n".join(lines)

    def _first_failure(self, gone: Sequence[Grant]) -> str | None:
        """Return the first work that cannot be done without some grants."""
        self.take_away(gone)
        return next((probe.name for probe in self._probes if not probe.works()), None)


def _list(value: Any) -> list[Any]:  # noqa: ANN401 (JSON)
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
