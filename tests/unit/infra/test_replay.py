"""The replay's function, state machine, bucket and roles, as registered with the engine.

Proves inputs, wiring, permissions and order of creation. Cannot prove that AWS accepts them. The
role of the state machine is nowhere enforced but on AWS, so its list here is all that holds it.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from handler.contract import TABLES_FILE
from handler.replay_contract import ReplayVariable
from infra.replay import role_policy_size
from infra.replay_definition import definition
from infra.settings import Settings, SettingsError
from tests.support import pulumi_mocks as deployment
from tests.support.pulumi_mocks import (
    ACCOUNT,
    KEY_ARN,
    PARTITION,
    REGION,
    TAGS,
    Deployment,
    arn,
    as_text,
    deploy_dev,
    dev_settings,
    physical_name,
    statements,
)

NAME = "qldb-replay"
MACHINE_ROLE = "qldb-replay-machine"
MAPS = "qldb-replay-maps"
EXPORT_KEY = KEY_ARN.replace("1234abcd", "5678abcd")
OTHER_ACCOUNT = "210987654321"

BUCKET = "aws:s3/bucket:Bucket"
FUNCTION = "aws:lambda/function:Function"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
MACHINE = "aws:sfn/stateMachine:StateMachine"
ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
TABLE = "aws:dynamodb/table:Table"
LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
PRIVATE = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
ENCRYPTED = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
BUCKET_POLICY = "aws:s3/bucketPolicy:BucketPolicy"

EXPORT = {"exportBucket": "my-exports", "exportPrefix": "2025/"}
WITH_HISTORY = [{"ledgerTable": "Person", "history": True}, {"ledgerTable": "Vehicle"}]


@pytest.fixture(scope="module")
def dev() -> Deployment:
    return deploy_dev(**EXPORT)


@pytest.fixture(scope="module")
def encrypted() -> Deployment:
    return deploy_dev(**EXPORT, kmsKeyArn=KEY_ARN, exportKmsKeyArn=EXPORT_KEY)


def parse(**changed: object) -> Settings:
    return Settings.parse(
        dev_settings() | {name: as_text(value) for name, value in changed.items()},
        now=datetime.now(UTC),
    )


def problems(**changed: object) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as raised:
        parse(**changed)
    return raised.value.problems


def of_function(deployed: Deployment) -> list[dict[str, Any]]:
    """Return what the function's role allows."""
    return statements(deployed.one(ROLE_POLICY, NAME).inputs["policy"])


def of_machine(deployed: Deployment) -> list[dict[str, Any]]:
    """Return what the state machine's role allows, in both of its policies."""
    names = (MACHINE_ROLE, MAPS)
    return [
        statement
        for name in names
        for statement in statements(deployed.one(ROLE_POLICY, name).inputs["policy"])
    ]


def variables(deployed: Deployment) -> dict[str, Any]:
    found: dict[str, Any] = deployed.one(FUNCTION, NAME).inputs["environment"]["variables"]
    return found


def registered(deployed: Deployment) -> dict[str, Any]:
    """Return the AWS resources of a stack, by their URN."""
    return {each.urn: each for each in deployed.resources if each.type.startswith("aws:")}


def test_without_an_export_there_is_no_replay() -> None:
    deployed = deploy_dev()

    assert [each.name for each in deployed.resources if NAME in each.urn] == []
    assert [name for name in deployed.outputs if name.startswith(("export", "replay"))] == []
    assert deployed.builds == [{"runtime": "python3.13", "architecture": "arm64"}]


def test_with_an_export_nothing_of_the_stream_changes(dev: Deployment) -> None:
    # given a stack without a replay
    before = registered(deploy_dev())
    # when it gets one
    after = registered(dev)
    # then everything else is as it was, the code of the stream's function included
    assert {urn: after[urn] for urn in before} == before
    assert {each.name for urn, each in after.items() if urn not in before} == {
        NAME,
        MACHINE_ROLE,
        MAPS,
    }


def test_the_function_has_a_package_of_its_own_for_the_same_target() -> None:
    deployed = deploy_dev(**EXPORT, lambdaRuntime="python3.11", lambdaArchitecture="x86_64")

    target = {"runtime": "python3.11", "architecture": "x86_64"}
    of_stream, of_replay = cast("list[dict[str, Any]]", deployed.builds)
    assert of_stream == target
    folders = [folder.name for folder in of_replay.pop("sources")]
    assert folders == ["handler", "journal", "ops"]
    assert of_replay == target
    inputs = deployed.one(FUNCTION, NAME).inputs
    assert (inputs["runtime"], inputs["architectures"]) == ("python3.11", ["x86_64"])


def test_outputs_name_what_the_command_needs(dev: Deployment) -> None:
    assert {
        name: value
        for name, value in dev.outputs.items()
        if name.startswith(("exportLocation", "replayS", "replayB", "replayF"))
    } == {
        "exportLocation": "s3://my-exports/2025/",
        "replayStateMachineArn": arn(dev.one(MACHINE)),
        "replayBucketName": physical_name(dev.one(BUCKET, NAME)),
        "replayFunctionName": physical_name(dev.one(FUNCTION, NAME)),
        "replayFunctionCodeSha256": f"{NAME}-code",
    }


def test_the_function_runs_a_step_for_as_long_as_lambda_allows(dev: Deployment) -> None:
    inputs = dict(dev.one(FUNCTION, NAME).inputs)
    code = inputs.pop("code")
    inputs.pop("environment")

    assert set(code["assets"]) == {".", TABLES_FILE}
    assert code["assets"]["."]["path"] == str(deployment.CODE)
    of_stream = dev.one(FUNCTION, "qldb-replica").inputs["code"]["assets"]
    assert code["assets"][TABLES_FILE] == of_stream[TABLES_FILE]
    assert inputs == {
        "description": "Loads a journal export of a QLDB ledger into DynamoDB tables",
        "handler": "ops.distributed.function.lambda_handler",
        "runtime": "python3.13",
        "architectures": ["arm64"],
        "memorySize": 1769,
        "timeout": 900,
        "role": arn(dev.one(ROLE, NAME)),
        "loggingConfig": {"logFormat": "Text", "logGroup": physical_name(dev.one(LOG_GROUP, NAME))},
        "tags": TAGS,
    }


def test_the_function_writes_with_the_configuration_of_the_streams_function() -> None:
    deployed = deploy_dev(
        **EXPORT, replicaTables=WITH_HISTORY, replayBatchMebibytes=3, logLevel="DEBUG"
    )

    passed = variables(deployed)
    of_stream = deployed.one(FUNCTION, "qldb-replica").inputs["environment"]["variables"]
    own = {str(name): passed.pop(name) for name in ReplayVariable}
    assert passed == of_stream
    assert own == {
        "EXPORT_LOCATION": "s3://my-exports/2025/",
        "EXPORT_BUCKET_OWNER": ACCOUNT,
        "REPLAY_BUCKET": physical_name(deployed.one(BUCKET, NAME)),
        "REPLAY_BATCH_BYTES": str(3 * 1024 * 1024),
    }


def test_another_account_can_own_the_export() -> None:
    deployed = deploy_dev(**EXPORT, exportBucketOwner=OTHER_ACCOUNT)

    assert variables(deployed)["EXPORT_BUCKET_OWNER"] == OTHER_ACCOUNT


def test_memory_and_logs_follow_their_settings() -> None:
    deployed = deploy_dev(**EXPORT, replayMemoryMegabytes=4096, logRetentionDays=7)

    assert deployed.one(FUNCTION, NAME).inputs["memorySize"] == 4096
    assert deployed.one(LOG_GROUP, NAME).inputs == {"retentionInDays": 7, "tags": TAGS}


def test_the_state_machine_invokes_the_function_and_reads_plans_from_the_bucket() -> None:
    deployed = deploy_dev(**EXPORT, replayConcurrency=40)

    inputs = dict(deployed.one(MACHINE).inputs)
    assert json.loads(inputs.pop("definition")) == definition(
        arn(deployed.one(FUNCTION, NAME)),
        physical_name(deployed.one(BUCKET, NAME)),
        concurrency=40,
    )
    assert inputs.pop("type", "STANDARD") == "STANDARD"
    assert inputs == {"roleArn": arn(deployed.one(ROLE, MACHINE_ROLE)), "tags": TAGS}


def test_only_lambda_may_assume_the_functions_role(dev: Deployment) -> None:
    assert statements(dev.one(ROLE, NAME).inputs["assumeRolePolicy"]) == [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ]


def test_only_step_functions_may_assume_the_machines_role_for_this_account(
    dev: Deployment,
) -> None:
    assert statements(dev.one(ROLE, MACHINE_ROLE).inputs["assumeRolePolicy"]) == [
        {
            "Effect": "Allow",
            "Principal": {"Service": "states.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
        }
    ]


def test_the_function_may_do_exactly_what_its_steps_need() -> None:
    deployed = deploy_dev(**EXPORT, replicaTables=WITH_HISTORY, exportBucketOwner=OTHER_ACCOUNT)

    assert deployed.one(ROLE_POLICY, NAME).inputs["role"] == physical_name(deployed.one(ROLE, NAME))
    found = of_function(deployed)
    export = f"arn:{PARTITION}:s3:::my-exports"
    own = arn(deployed.one(BUCKET, NAME))
    writes = {"dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate", "dynamodb:PutItem"}
    assert {statement["Effect"] for statement in found} == {"Allow"}
    assert {
        statement["Sid"]: (set(statement["Action"]), statement["Resource"]) for statement in found
    } == {
        "ListExport": ({"s3:ListBucket"}, export),
        "ReadExport": ({"s3:GetObject"}, f"{export}/2025/*"),
        "ListRuns": ({"s3:ListBucket"}, own),
        "KeepRuns": ({"s3:GetObject", "s3:PutObject"}, f"{own}/replays/*"),
        "WriteReplica": (
            writes,
            [arn(deployed.one(TABLE, "qldb-Person")), arn(deployed.one(TABLE, "qldb-Vehicle"))],
        ),
        "WriteHistory": (writes, arn(deployed.one(TABLE, "qldb-history"))),
        "KeepFailures": (
            {"s3:PutObject"},
            f"{arn(deployed.one(BUCKET, 'qldb-failures'))}/records/*",
        ),
        "Log": (
            {"logs:CreateLogStream", "logs:PutLogEvents"},
            f"{arn(deployed.one(LOG_GROUP, NAME))}:*",
        ),
    }
    assert {
        statement["Sid"]: statement["Condition"] for statement in found if "Condition" in statement
    } == {"ListExport": {"StringLike": {"s3:prefix": "2025/*"}}}


def test_the_whole_bucket_can_be_the_export() -> None:
    found = {each["Sid"]: each for each in of_function(deploy_dev(exportBucket="my-exports"))}

    export = f"arn:{PARTITION}:s3:::my-exports"
    assert found["ReadExport"]["Resource"] == f"{export}/*"
    assert found["ListExport"] == {
        "Sid": "ListExport",
        "Effect": "Allow",
        "Action": ["s3:ListBucket"],
        "Resource": export,
    }


def test_without_history_the_function_may_do_nothing_for_it(dev: Deployment) -> None:
    assert "WriteHistory" not in {statement["Sid"] for statement in of_function(dev)}


def test_with_keys_the_function_may_use_each_where_its_work_needs_it(
    encrypted: Deployment,
) -> None:
    through_s3 = {"StringEquals": {"kms:ViaService": f"s3.{REGION}.amazonaws.com"}}

    assert {
        statement["Sid"]: (statement["Action"], statement["Resource"], statement["Condition"])
        for statement in of_function(encrypted)
        if any(action.startswith("kms:") for action in statement["Action"])
    } == {
        "DecryptExport": (["kms:Decrypt"], EXPORT_KEY, through_s3),
        "OpenTables": (
            ["kms:Decrypt"],
            KEY_ARN,
            {"StringEquals": {"kms:ViaService": f"dynamodb.{REGION}.amazonaws.com"}},
        ),
        "KeepObjects": (["kms:Decrypt", "kms:GenerateDataKey"], KEY_ARN, through_s3),
        "DecryptVariables": (
            ["kms:Decrypt"],
            KEY_ARN,
            {
                "StringLike": {
                    "kms:EncryptionContext:aws:lambda:FunctionArn": (
                        "arn:*:lambda:*:*:function:qldb-replay-*"
                    )
                }
            },
        ),
    }


def test_a_key_of_the_export_alone_opens_nothing_else() -> None:
    deployed = deploy_dev(**EXPORT, exportKmsKeyArn=EXPORT_KEY)

    policies = [each.inputs["policy"] for each in deployed.all(ROLE_POLICY)]
    assert [json.dumps(each).count("kms:Decrypt") for each in policies if "kms:" in each] == [1]
    assert "kmsKeyArn" not in deployed.one(FUNCTION, NAME).inputs
    assert "kmsKeyId" not in deployed.one(LOG_GROUP, NAME).inputs


def test_with_a_key_bucket_logs_and_variables_are_encrypted(encrypted: Deployment) -> None:
    [rule] = encrypted.one(ENCRYPTED, NAME).inputs["rules"]

    assert rule["applyServerSideEncryptionByDefault"] == {
        "sseAlgorithm": "aws:kms",
        "kmsMasterKeyId": KEY_ARN,
    }
    assert encrypted.one(LOG_GROUP, NAME).inputs["kmsKeyId"] == KEY_ARN
    assert encrypted.one(FUNCTION, NAME).inputs["kmsKeyArn"] == KEY_ARN


def test_without_keys_nothing_names_one(dev: Deployment) -> None:
    of_replay = [each for urn, each in registered(dev).items() if f"::{NAME}" in urn]

    assert of_replay
    assert [each.name for each in of_replay if "kms" in json.dumps(each.inputs).lower()] == []


def test_the_state_machine_may_do_exactly_what_step_functions_asks_for(
    encrypted: Deployment,
) -> None:
    """Hold the list to AWS's documentation, because no emulator enforces it.

    Step Functions developer guide: "IAM policies for calling AWS Lambda" (InvokeFunction), "IAM
    policies for using Distributed Map states" (GetObject on the items; StartExecution on the
    machine; DescribeExecution and StopExecution on its executions) and "Redriving Map Runs" (their
    ARN with the map's label). S3 user guide, "Using server-side encryption with AWS KMS keys"
    (Decrypt).
    """
    # The next test has an ARN in which the executions can be told from their machine.
    machine = arn(encrypted.one(MACHINE))
    role = physical_name(encrypted.one(ROLE, MACHINE_ROLE))
    for name in (MACHINE_ROLE, MAPS):
        assert encrypted.one(ROLE_POLICY, name).inputs["role"] == role
    assert of_machine(encrypted) == [
        {
            "Sid": "InvokeFunction",
            "Effect": "Allow",
            "Action": ["lambda:InvokeFunction"],
            "Resource": arn(encrypted.one(FUNCTION, NAME)),
        },
        {
            "Sid": "ReadItems",
            "Effect": "Allow",
            "Action": ["s3:GetObject"],
            "Resource": f"{arn(encrypted.one(BUCKET, NAME))}/replays/*",
        },
        {
            "Sid": "DecryptItems",
            "Effect": "Allow",
            "Action": ["kms:Decrypt"],
            "Resource": KEY_ARN,
            "Condition": {"StringEquals": {"kms:ViaService": f"s3.{REGION}.amazonaws.com"}},
        },
        {
            "Sid": "StartMaps",
            "Effect": "Allow",
            "Action": ["states:StartExecution"],
            "Resource": machine,
        },
        {
            "Sid": "FollowMaps",
            "Effect": "Allow",
            "Action": ["states:DescribeExecution", "states:StopExecution"],
            "Resource": [f"{machine}:*", f"{machine}/scan:*", f"{machine}/write:*"],
        },
    ]


def test_the_executions_of_a_machine_are_named_as_aws_names_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # given a state machine with an ARN of AWS
    start = f"arn:aws:states:{REGION}:{ACCOUNT}"
    original = deployment.Mocks.new_resource

    def with_true_arn(mocks: Any, args: Any) -> Any:  # noqa: ANN401 (Pulumi's own signature)
        identity, properties = original(mocks, args)
        if args.typ == MACHINE:
            properties["arn"] = f"{start}:stateMachine:{NAME}-0123456"
        return identity, properties

    monkeypatch.setattr(deployment.Mocks, "new_resource", with_true_arn)
    # when the stack is deployed
    found = {each["Sid"]: each["Resource"] for each in of_machine(deploy_dev(**EXPORT))}
    # then the role names its executions, and those of its maps
    assert found["StartMaps"] == f"{start}:stateMachine:{NAME}-0123456"
    assert found["FollowMaps"] == [
        f"{start}:execution:{NAME}-0123456:*",
        f"{start}:execution:{NAME}-0123456/scan:*",
        f"{start}:execution:{NAME}-0123456/write:*",
    ]


def test_without_a_key_the_state_machine_may_use_none(dev: Deployment) -> None:
    assert "DecryptItems" not in {statement["Sid"] for statement in of_machine(dev)}


def test_no_permission_is_for_everything(encrypted: Deployment) -> None:
    found = [*of_function(encrypted), *of_machine(encrypted)]

    assert [action for each in found for action in each["Action"] if "*" in action] == []
    resources = [
        resource
        for each in found
        for resource in (
            each["Resource"] if isinstance(each["Resource"], list) else [each["Resource"]]
        )
    ]
    # A star stands for objects below a prefix, streams of a log group, executions of a machine.
    assert {resource.rstrip("*")[-1] for resource in resources if "*" in resource} == {"/", ":"}
    assert all(
        resource.index("*") == len(resource) - 1 for resource in resources if "*" in resource
    )


def test_the_bucket_is_private_encrypted_and_forgets(dev: Deployment) -> None:
    bucket = dev.one(BUCKET, NAME)
    name = physical_name(bucket)

    # It holds nothing that cannot be made again, so that it never keeps a stack from going.
    assert bucket.inputs == {"forceDestroy": True, "tags": TAGS}
    assert not bucket.protect
    private = dict(dev.one(PRIVATE, NAME).inputs)
    assert (private.pop("bucket"), set(private.values())) == (name, {True})
    assert dev.one(ENCRYPTED, NAME).inputs == {
        "bucket": name,
        "rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}],
    }
    [rule] = dev.one(LIFECYCLE, NAME).inputs["rules"]
    assert (rule["id"], rule["status"]) == ("expire-runs", "Enabled")
    assert rule["expiration"] == {"days": 90}
    [statement] = statements(dev.one(BUCKET_POLICY, NAME).inputs["policy"])
    assert statement["Sid"] == "OnlyOverTls"
    assert statement["Resource"] == [arn(bucket), f"{arn(bucket)}/*"]


def test_everything_that_can_have_tags_has_them() -> None:
    deployed = deploy_dev(**EXPORT, tags={"owner": "team-a"})

    tagged = {
        f"{each.type.rpartition(':')[2]} {each.name}": each.inputs["tags"]
        for urn, each in registered(deployed).items()
        if f"::{NAME}" in urn and "tags" in each.inputs
    }
    assert tagged.keys() == {
        f"Bucket {NAME}",
        f"Function {NAME}",
        f"LogGroup {NAME}",
        f"Role {NAME}",
        f"Role {MACHINE_ROLE}",
        f"StateMachine {NAME}",
    }
    assert all(tags == {"owner": "team-a", **TAGS} for tags in tagged.values())


@pytest.mark.parametrize(
    ("type_", "name", "policy"),
    [(FUNCTION, NAME, NAME), (MACHINE, NAME, MACHINE_ROLE)],
)
def test_function_and_machine_are_made_after_their_permissions(
    dev: Deployment, type_: str, name: str, policy: str
) -> None:
    assert dev.one(ROLE_POLICY, policy).urn in dev.one(type_, name).dependencies


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("exportBucket", "s3://my-exports", "the name of a bucket with a journal export"),
        ("exportBucket", "My-Exports", "without s3://, or an empty text"),
        ("exportBucket", "ab", "the name of a bucket"),
        ("exportBucket", "my-exports/2025", "the name of a bucket"),
        ("exportBucket", "my-exports\n", "the name of a bucket"),
        ("exportPrefix", "s3://my-exports/2025/", "without s3:// and the bucket"),
        ("exportPrefix", "/2025/", "without a slash at the start"),
        ("exportPrefix", "2025/*", "(no * ? or $)"),
        ("exportPrefix", "2025/?", "(no * ? or $)"),
        ("exportPrefix", "${aws:username}/", "(no * ? or $)"),
        ("exportPrefix", "2025/\n", "how the keys of the export start"),
        ("exportPrefix", "a" * 502, "how the keys of the export start"),
        ("exportBucketOwner", "12345678901", "the id of an AWS account, 12 digits"),
        ("exportBucketOwner", "1234567890123", "the id of an AWS account, 12 digits"),
        ("exportBucketOwner", "my-account", "or an empty text for the stack's own"),
        ("exportKmsKeyArn", "alias/exports", "the ARN of a symmetric KMS key"),
    ],
)
def test_other_values_are_refused(name: str, value: str, expected: str) -> None:
    [problem] = problems(**{"exportBucket": "my-exports", name: value})

    assert problem.startswith(f"{name} is {value!r}; expected ")
    assert expected in problem


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("exportBucket", "abc"),
        ("exportBucket", "my.exports-2025"),
        ("exportPrefix", "2025"),
        ("exportPrefix", "ledgers/vehicle registration/"),
        ("exportPrefix", "a" * 501),
        ("exportBucketOwner", OTHER_ACCOUNT),
        ("exportKmsKeyArn", EXPORT_KEY),
    ],
)
def test_every_value_that_s3_and_iam_take_is_accepted(name: str, value: str) -> None:
    assert parse(**{"exportBucket": "my-exports", name: value}).replay.export_bucket


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("exportPrefix", "2025/"),
        ("exportBucketOwner", OTHER_ACCOUNT),
        ("exportKmsKeyArn", EXPORT_KEY),
    ],
)
def test_a_setting_of_an_export_needs_its_bucket(name: str, value: str) -> None:
    [problem] = problems(**{name: value})

    assert problem == (
        f"{name} is {value!r}, and exportBucket is empty: pulumi config set exportBucket NAME, or "
        f"pulumi config rm {name}"
    )


def test_a_policy_that_a_long_prefix_makes_too_long_is_refused() -> None:
    # given as many tables as the stream's function can have, and few that have a short prefix
    tables = [{"ledgerTable": f"Table{n:03}"} for n in range(100)]
    parse(replicaTables=tables, exportBucket="my-exports", exportPrefix="2025/")
    # when the prefix is long
    [problem] = problems(replicaTables=tables, exportBucket="my-exports", exportPrefix="x" * 501)
    # then it is named with the remedies
    assert problem.startswith("replicaTables has 100 entries, and their tables and exportPrefix")
    assert "IAM allows 10240: divide the tables between two stacks, shorten exportPrefix" in problem
    assert problem.endswith("pulumi config rm exportBucket")
    # and without a replay the tables fit
    parse(replicaTables=tables)


def test_all_that_the_role_allows_counts_in_the_size_of_its_policy() -> None:
    def size(prefix: str = "", key_arn: str = "", **changed: object) -> int:
        history = changed.pop("history_table_name", None)
        return role_policy_size(
            ["people"],
            history_table_name=None if history is None else str(history),
            settings=parse(exportBucket="my-exports", exportPrefix=prefix, **changed).replay,
            key_arn=key_arn,
            function_name=NAME,
        )

    # given the least that a role can allow / when more is asked for / then it counts
    least = size()
    assert size(history_table_name="history") > least
    assert size(key_arn=KEY_ARN) > least
    assert size(exportKmsKeyArn=EXPORT_KEY) > least
    # a prefix stands in two statements, and in JSON a letter beyond ASCII has six characters
    assert size("\u00e4" * 100) - size("a" * 100) == 2 * 100 * 5
