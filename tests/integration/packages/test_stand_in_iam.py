"""Proves the stand-in provider's roles and role policies against the emulator.

A function shows which calls the emulator permits. Cannot prove that AWS permits the same ones.
"""

from __future__ import annotations

import json

import pytest
from pulumi_aws_standin.testing import CallError, urn_of

from tests.support.stand_in import Case, ConnectedProvider, assert_deletable, assert_lifecycle
from tests.support.stand_in_inputs import (
    LAMBDA_TRUST,
    QLDB_TRUST,
    TABLE,
    function_inputs,
    policy,
    source_code,
    tls_policy,
)

pytestmark = pytest.mark.emulator

CALLER = """
import os
import boto3
from botocore.exceptions import ClientError

def attempt(call, success):
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"]
    return success

def handler(event, context):
    table, key = os.environ["TABLE"], event["key"]
    insert = "INSERT INTO \\"%s\\" VALUE {\'pk\': \'%s\'}" % (table, key)
    update = "UPDATE \\"%s\\" SET \\"a\\" = 1 WHERE \\"pk\\" = \'%s\'" % (table, key)
    dynamodb, s3 = boto3.client("dynamodb"), boto3.client("s3")
    def execute(statement):
        return lambda: dynamodb.batch_execute_statement(Statements=[{"Statement": statement}])
    return [
        attempt(execute(insert), "inserted"),
        attempt(execute(update), "updated"),
        attempt(lambda: s3.put_object(Bucket=os.environ["BUCKET"], Key="k", Body=b""), "put"),
    ]
"""
"""A function that returns the results of two PartiQL batches and an S3 PutObject."""


def test_a_role_and_its_policy_are_created_updated_and_deleted(provider: ConnectedProvider) -> None:
    role_case = Case(
        type_name="aws:iam/role:Role",
        inputs={"assumeRolePolicy": LAMBDA_TRUST, "tags": {"a": "b"}},
        changed={"assumeRolePolicy": QLDB_TRUST, "description": "new", "tags": {"c": "d"}},
        outputs=("arn", "name", "uniqueId"),
    )
    role = assert_lifecycle(provider, role_case)
    policy_case = Case(
        type_name="aws:iam/rolePolicy:RolePolicy",
        inputs={"role": role.identifier, "policy": policy("s3:PutObject")},
        changed={
            "role": role.identifier,
            "policy": policy("dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate"),
        },
        outputs=("name",),
    )
    inline = assert_lifecycle(provider, policy_case)
    stored = provider.client("iam").get_role_policy(
        RoleName=role.identifier, PolicyName=inline.outputs["name"]
    )
    assert json.loads(str(inline.inputs["policy"])) == stored["PolicyDocument"]
    with pytest.raises(CallError, match="DeleteConflict"):
        provider.engine.delete(role)
    assert_deletable(provider, policy_case, inline)
    assert_deletable(provider, role_case, role)


def test_a_functions_permissions_are_those_of_the_program(provider: ConnectedProvider) -> None:
    """A role has exactly the permissions in the emulator that it has on AWS."""
    engine = provider.engine
    role = engine.create(urn_of("aws:iam/role:Role", "narrow"), {"assumeRolePolicy": LAMBDA_TRUST})
    table = engine.create(urn_of("aws:dynamodb/table:Table", "narrow"), TABLE)
    bucket = engine.create(urn_of("aws:s3/bucket:Bucket", "narrow"), {"forceDestroy": True})
    function = engine.create(
        urn_of("aws:lambda/function:Function", "narrow"),
        {
            **function_inputs(role, source_code(CALLER)),
            "timeout": 30,
            "environment": {"variables": {"TABLE": table.identifier, "BUCKET": bucket.identifier}},
        },
    )

    def called(key: str) -> object:
        answer = provider.client("lambda").invoke(
            FunctionName=function.identifier, Payload=json.dumps({"key": key})
        )
        return json.loads(answer["Payload"].read())

    refused = "AccessDeniedException"
    assert called("a") == [refused, refused, "AccessDenied"]

    table_arn, bucket_arn = str(table.outputs["arn"]), str(bucket.outputs["arn"])
    insert, update = "dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate"

    def permitted(*actions: str) -> dict[str, object]:
        may_write = {"Effect": "Allow", "Action": list(actions), "Resource": table_arn}
        may_put = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"{bucket_arn}/*"}
        document = {"Version": "2012-10-17", "Statement": [may_write, may_put]}
        return {"role": role.identifier, "policy": json.dumps(document)}

    inline = engine.create(
        urn_of("aws:iam/rolePolicy:RolePolicy", "narrow"), permitted(insert, update)
    )
    assert called("b") == ["inserted", "updated", "put"]
    inline = engine.update(inline, permitted(update))
    assert called("c") == [refused, "updated", "put"]
    inline = engine.update(inline, permitted(insert))
    assert called("d") == ["inserted", refused, "put"]

    tls = engine.create(
        urn_of("aws:s3/bucketPolicy:BucketPolicy", "narrow"),
        {"bucket": bucket.identifier, "policy": tls_policy(bucket_arn)},
    )
    assert called("e") == ["inserted", refused, "put"]
    for held in (tls, inline, function, bucket, table, role):
        engine.delete(held)
