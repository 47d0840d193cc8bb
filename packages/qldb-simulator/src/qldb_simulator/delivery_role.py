"""The permission under which a simulated stream writes to Kinesis, and an export to S3.

An AWS emulator enforces trust policies, and no caller can be qldb.amazonaws.com. So the simulator
checks the trust policy of the user's role itself, and writes under another role with a copy of
that role's permission policies: a missing permission is really refused.
"""

from __future__ import annotations

import json
import time
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from qldb_simulator.trust_policy import allows_qldb

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_iam import IAMClient
    from mypy_boto3_kinesis import KinesisClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sts import STSClient

ROLE_PATH: Final = "/qldb-simulator/"
"""IAM path of the roles that the simulator creates."""

_SESSION_SECONDS: Final = 3600
_RENEW_BEFORE_SECONDS: Final = 300
_MAX_POLICY_NAME: Final = 128
_CLIENT_CONFIG: Final = Config(
    connect_timeout=5,
    read_timeout=30,
    retries={"mode": "standard", "total_max_attempts": 2},
    # An emulator's host has no subdomains for buckets.
    s3={"addressing_style": "path"},
)


class PermissionRevokedError(Exception):
    """QLDB may not assume the user's role, or there is no such role."""


class DeliveryRole:
    """Provides the clients of one QLDB stream or export, with the permissions of the user's role.

    Parameters
    ----------
    endpoint
        URL of Kinesis, S3, IAM and STS.
    region, account
        Region and account of the ledger.
    role_arn
        The role that was passed to the QLDB stream or export.
    source_id
        Id of the stream or export.
    source_arn
        The ``aws:SourceArn`` with which QLDB assumes the role.
    recheck_seconds
        How long a copy of the policies is considered current.
    clock
        A monotonic clock, in seconds.
    """

    def __init__(
        self,
        *,
        endpoint: str,
        region: str,
        account: str,
        role_arn: str,
        source_id: str,
        source_arn: str,
        recheck_seconds: float = 2.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._endpoint = endpoint
        self._region = region
        self._account = account
        self._source_role = role_arn.rsplit("/", 1)[-1]
        self._own_role = f"qldb-simulator-{source_id}"
        self._source_arn = source_arn
        self._recheck_seconds = recheck_seconds
        self._clock = clock
        self._checked_at: float | None = None
        self._expires_at = 0.0
        self._exists = False
        self._policies: dict[str, str] = {}
        self._session: boto3.session.Session | None = None
        self._clients: dict[str, Any] = {}
        root = boto3.session.Session(
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106 (an emulator's root user)
            region_name=region,
        )
        self._iam: IAMClient = root.client("iam", endpoint_url=endpoint, config=_CLIENT_CONFIG)
        self._sts: STSClient = root.client("sts", endpoint_url=endpoint, config=_CLIENT_CONFIG)

    def kinesis(self) -> KinesisClient:
        """Return a client of Kinesis with the current permissions of the user's role.

        Raises
        ------
        PermissionRevokedError
            If the role is missing or its trust policy does not let QLDB assume it here.
        botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError
            If IAM or STS does not answer.
        """
        client: KinesisClient = self._client("kinesis")
        return client

    def s3(self) -> S3Client:
        """Return a client of S3; otherwise like `kinesis`."""
        client: S3Client = self._client("s3")
        return client

    def _client(self, service: Any) -> Any:  # noqa: ANN401 (boto3's clients share no type)
        session = self._current_session()
        if service not in self._clients:
            self._clients[service] = session.client(
                service, endpoint_url=self._endpoint, config=_CLIENT_CONFIG
            )
        return self._clients[service]

    def _current_session(self) -> boto3.session.Session:
        now = self._clock()
        if self._checked_at is None or now - self._checked_at >= self._recheck_seconds:
            self._check_trust()
            self._copy_policies()
            self._checked_at = now
        if self._session is None or now >= self._expires_at - _RENEW_BEFORE_SECONDS:
            self._session, self._clients = self._assume(), {}
            self._expires_at = now + _SESSION_SECONDS
        return self._session

    def recheck(self) -> None:
        """Force the next client to be made after the user's role is read again.

        What IAM was given before is forgotten too: IAM may have been started again, without it.
        """
        self._checked_at, self._session = None, None
        self._exists, self._policies = False, {}

    def remove(self) -> None:
        """Delete the simulator's role and its policies.

        An emulator that has ended, or was started again, has nothing to delete.
        """
        self.recheck()
        try:
            for name in self._policies_of(self._own_role):
                self._iam.delete_role_policy(RoleName=self._own_role, PolicyName=name)
            self._iam.delete_role(RoleName=self._own_role)
        except BotoCoreError:
            return
        except ClientError as error:
            if not _has_code(error, "NoSuchEntity"):
                raise

    def _check_trust(self) -> None:
        try:
            role = self._iam.get_role(RoleName=self._source_role)["Role"]
        except ClientError as error:
            if not _has_code(error, "NoSuchEntity"):
                raise
            raise PermissionRevokedError(f"role {self._source_role} does not exist") from error
        trust = _document(role["AssumeRolePolicyDocument"])
        if not allows_qldb(trust, source_account=self._account, source_arn=self._source_arn):
            raise PermissionRevokedError(
                f"the trust policy of role {self._source_role} does not let qldb.amazonaws.com "
                f"assume it for {self._source_arn}: check its principal and conditions"
            )

    def _copy_policies(self) -> None:
        if not self._exists:
            self._create_role()
        wanted = self._source_policies()
        for name, document in wanted.items():
            if self._policies.get(name) != document:
                self._iam.put_role_policy(
                    RoleName=self._own_role, PolicyName=name, PolicyDocument=document
                )
                self._policies[name] = document
        for name in set(self._policies) - set(wanted):
            self._iam.delete_role_policy(RoleName=self._own_role, PolicyName=name)
            del self._policies[name]

    def _create_role(self) -> None:
        trust = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": f"arn:aws:iam::{self._account}:root"},
                    "Action": "sts:AssumeRole",
                }
            ],
        }
        try:
            self._iam.create_role(
                RoleName=self._own_role, Path=ROLE_PATH, AssumeRolePolicyDocument=json.dumps(trust)
            )
        except ClientError as error:
            if not _has_code(error, "EntityAlreadyExists"):
                raise
        self._policies = self._policies_of(self._own_role)
        self._exists = True

    def _source_policies(self) -> dict[str, str]:
        """Return inline and attached policies as JSON texts by unique names."""
        role = self._source_role
        policies = {
            f"inline-{name}"[:_MAX_POLICY_NAME]: document
            for name, document in self._policies_of(role).items()
        }
        pages = self._iam.get_paginator("list_attached_role_policies").paginate(RoleName=role)
        for attached_page in pages:
            for attached in attached_page["AttachedPolicies"]:
                document = _unless_deleted(partial(self._attached_policy, attached["PolicyArn"]))
                if document is not None:
                    policies[f"attached-{attached['PolicyName']}"[:_MAX_POLICY_NAME]] = document
        return policies

    def _policies_of(self, role: str) -> dict[str, str]:
        """Return a role's inline policies as JSON texts by name."""
        policies: dict[str, str] = {}
        for page in self._iam.get_paginator("list_role_policies").paginate(RoleName=role):
            for name in page["PolicyNames"]:
                document = _unless_deleted(partial(self._inline_policy, role, name))
                if document is not None:
                    policies[name] = document
        return policies

    def _inline_policy(self, role: str, name: str) -> str:
        answer = self._iam.get_role_policy(RoleName=role, PolicyName=name)
        return _text(answer["PolicyDocument"])

    def _attached_policy(self, arn: str) -> str:
        version = self._iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        answer = self._iam.get_policy_version(PolicyArn=arn, VersionId=version)
        return _text(answer["PolicyVersion"]["Document"])

    def _assume(self) -> boto3.session.Session:
        credentials = self._sts.assume_role(
            RoleArn=f"arn:aws:iam::{self._account}:role{ROLE_PATH}{self._own_role}",
            RoleSessionName="qldb",
            DurationSeconds=_SESSION_SECONDS,
        )["Credentials"]
        return boto3.session.Session(
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials["SessionToken"],
            region_name=self._region,
        )


def _unless_deleted(read: Callable[[], str]) -> str | None:
    """Return what IAM answers; None if it was deleted since it was listed."""
    try:
        return read()
    except ClientError as error:
        if not _has_code(error, "NoSuchEntity"):
            raise
        return None


def _has_code(error: ClientError, code: str) -> bool:
    return error.response["Error"]["Code"] == code


def _document(policy: object) -> dict[str, Any]:
    """Return a policy as a dict; botocore leaves it as text when its encoding is unusual."""
    document: dict[str, Any] = json.loads(policy) if isinstance(policy, str) else policy  # type: ignore[assignment]
    return document


def _text(policy: object) -> str:
    return json.dumps(_document(policy), sort_keys=True)
