"""IAM and STS in memory, behind the calls of a delivery role."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

Policy = dict[str, Any]


@dataclass
class MemoryRole:
    """A role with its trust policy, and its policies by name."""

    trust: object
    inline: dict[str, object] = field(default_factory=dict)
    attached: dict[str, object] = field(default_factory=dict)


class MemoryIam:
    """Roles by name, behind the interface of boto3's clients for IAM and STS.

    Attributes
    ----------
    reads
        Number of times that a role was read.
    deleted_once_listed
        ARNs or names of policies that another user deletes as soon as they are listed.
    assumed
        ARNs of the roles that were assumed, in order.
    """

    def __init__(self) -> None:
        self.roles: dict[str, MemoryRole] = {}
        self.reads = 0
        self.deleted_once_listed: set[str] = set()
        self.assumed: list[str] = []

    def get_role(self, *, RoleName: str) -> dict[str, Any]:  # noqa: N803 (boto3's names)
        self.reads += 1
        return {"Role": {"AssumeRolePolicyDocument": self.role(RoleName, "GetRole").trust}}

    def create_role(self, *, RoleName: str, Path: str, AssumeRolePolicyDocument: str) -> None:  # noqa: N803 (boto3's names)
        del Path
        if RoleName in self.roles:
            raise _error("EntityAlreadyExists", RoleName, "CreateRole")
        self.roles[RoleName] = MemoryRole(AssumeRolePolicyDocument)

    def delete_role(self, *, RoleName: str) -> None:  # noqa: N803 (boto3's names)
        assert not self.roles[RoleName].inline, "IAM deletes no role that has policies"
        del self.roles[RoleName]

    def get_role_policy(self, *, RoleName: str, PolicyName: str) -> dict[str, Any]:  # noqa: N803 (boto3's names)
        if PolicyName not in self.roles[RoleName].inline:
            raise _error("NoSuchEntity", PolicyName, "GetRolePolicy")
        return {"PolicyDocument": self.roles[RoleName].inline[PolicyName]}

    def put_role_policy(self, *, RoleName: str, PolicyName: str, PolicyDocument: str) -> None:  # noqa: N803 (boto3's names)
        self.roles[RoleName].inline[PolicyName] = PolicyDocument

    def delete_role_policy(self, *, RoleName: str, PolicyName: str) -> None:  # noqa: N803 (boto3's names)
        del self.roles[RoleName].inline[PolicyName]

    def get_policy(self, *, PolicyArn: str) -> dict[str, Any]:  # noqa: N803 (boto3's names)
        del PolicyArn
        return {"Policy": {"DefaultVersionId": "v1"}}

    def get_policy_version(self, *, PolicyArn: str, VersionId: str) -> dict[str, Any]:  # noqa: N803 (boto3's names)
        del VersionId
        for role in self.roles.values():
            if PolicyArn in role.attached:
                return {"PolicyVersion": {"Document": role.attached[PolicyArn]}}
        raise _error("NoSuchEntity", PolicyArn, "GetPolicyVersion")

    def get_paginator(self, operation: str) -> MemoryPaginator:
        return MemoryPaginator(self, operation)

    def assume_role(self, *, RoleArn: str, **_: object) -> dict[str, Any]:  # noqa: N803 (boto3's names)
        self.assumed.append(RoleArn)
        keys = {"AccessKeyId": "key", "SecretAccessKey": "secret", "SessionToken": "token"}
        return {"Credentials": keys | {"Expiration": datetime.now(UTC)}}

    def role(self, name: str, operation: str) -> MemoryRole:
        if name not in self.roles:
            raise _error("NoSuchEntity", name, operation)
        return self.roles[name]


class MemoryPaginator:
    """Lists policies, each on a separate page."""

    def __init__(self, iam: MemoryIam, operation: str) -> None:
        self._iam = iam
        self._operation = operation

    def paginate(self, *, RoleName: str) -> list[dict[str, Any]]:  # noqa: N803 (boto3's names)
        role = self._iam.role(RoleName, self._operation)
        if self._operation == "list_role_policies":
            return [{"PolicyNames": [name]} for name in self._listed(role.inline)]
        return [
            {"AttachedPolicies": [{"PolicyArn": arn, "PolicyName": arn.rsplit("/", 1)[-1]}]}
            for arn in self._listed(role.attached)
        ]

    def _listed(self, policies: dict[str, object]) -> list[str]:
        names = list(policies)
        for name in self._iam.deleted_once_listed & policies.keys():
            del policies[name]
        return names


def _error(code: str, message: str, operation: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)
