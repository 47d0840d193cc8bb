"""Components can be used twice in a stack, and keep the resources of earlier versions.

Proves names, parents and aliases as registered with the engine. That `pulumi up` then replaces
nothing was tested on a stack of the version before 0.1.0.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from datetime import UTC, datetime

import pulumi
import pytest

from infra.alarms import Alarms, AlarmsProps
from infra.consumer import Consumer, ConsumerProps
from infra.dashboard import Dashboard, DashboardProps
from infra.failures import Failures
from infra.handler_environment import HandlerEnvironment
from infra.history_table import HistoryTable
from infra.journal_stream import JournalStream
from infra.ledger_stream import LedgerStream, LedgerStreamProps
from infra.replay import Replay, ReplayProps
from infra.replica_tables import ReplicaTables
from infra.settings import Settings
from infra.table_imports import TableImport
from infra.table_throughput import TableThroughput
from infra.tables import Throughput
from infra.watched import WatchedTable
from tests.support import pulumi_mocks as deployment
from tests.support.pulumi_mocks import CODE, Deployment, Registration, deploy, deploy_dev
from tests.support.watched import WATCHED

ONE_TABLE = dataclasses.replace(WATCHED, tables={"Person": WatchedTable(name="person-1")})
"""What the dev stack has, with history."""

EMPTY = TableImport()
PLAIN = TableThroughput(table=Throughput(), indexes={}, new_index=Throughput())
TAGS = {"owner": "team-a"}

FORMER_STACK = """
ledger-stream   LedgerStream   aws:kinesis/stream:Stream                         qldb-journal
ledger-stream   LedgerStream   aws:iam/role:Role                                 qldb-journal-writer
ledger-stream   LedgerStream   aws:iam/rolePolicy:RolePolicy                     qldb-journal-writer
ledger-stream   LedgerStream   aws:qldb/stream:Stream                            qldb-journal
replica-tables  ReplicaTables  aws:dynamodb/table:Table                          Person
failures        Failures       aws:s3/bucket:Bucket                              qldb-failures
failures        Failures       aws:s3/bucketLifecycleConfiguration:_             qldb-failures
failures        Failures       aws:s3/bucketNotification:_                       qldb-failures
failures        Failures       aws:s3/bucketPolicy:_                             qldb-failures
failures        Failures       aws:s3/bucketPublicAccessBlock:_                  qldb-failures
failures        Failures       aws:s3/bucketServerSideEncryptionConfiguration:_  qldb-failures
failures        Failures       aws:sqs/queue:Queue                               qldb-failures
failures        Failures       aws:sqs/queuePolicy:QueuePolicy                   qldb-failures
consumer        Consumer       aws:cloudwatch/logGroup:LogGroup                  qldb-replica
consumer        Consumer       aws:iam/role:Role                                 qldb-replica
consumer        Consumer       aws:iam/rolePolicy:RolePolicy                     qldb-replica
consumer        Consumer       aws:lambda/function:Function                      qldb-replica
consumer        Consumer       aws:lambda/eventSourceMapping:EventSourceMapping  qldb-replica
"""
"""Resources that the version before 0.1.0 registered for the dev stack: component, its kind, type,
name. The class of a type is ``_`` if it repeats the module's last part. Version 0.1.0 named the
first components and the table as they are now, and had the Kinesis stream in the same component."""


def components(name: str) -> None:
    """Create one component of each kind."""
    settings = Settings.parse(
        deployment.dev_settings() | {"exportBucket": "my-exports"}, now=datetime.now(UTC)
    )
    stream = JournalStream(f"{name}-journal", settings.journal_stream, tags=TAGS)
    LedgerStream(
        f"{name}-journal",
        LedgerStreamProps(
            ledger_name="ledger",
            stream_name=stream.kinesis.name,
            stream_arn=stream.kinesis.arn,
            settings=settings.ledger_stream,
        ),
        tags=TAGS,
    )
    replica = ReplicaTables(
        f"{name}-tables", settings.replica_tables, {"Person": PLAIN}, {"Person": EMPTY}, tags=TAGS
    )
    HistoryTable(f"{name}-history", settings.history_table, Throughput(), EMPTY, tags=TAGS)
    failures = Failures(f"{name}-failures", settings.failures, tags=TAGS)
    Alarms(f"{name}-alarms", AlarmsProps(settings=settings.alarms, watched=ONE_TABLE), tags=TAGS)
    Dashboard(f"{name}-dashboard", DashboardProps(watched=ONE_TABLE), tags=TAGS)
    environment = HandlerEnvironment(
        failure_bucket=failures.bucket.bucket,
        log_level="INFO",
        version="1.2.3",
        service="replica",
    )
    Consumer(
        f"{name}-consumer",
        ConsumerProps(
            settings=settings.consumer,
            stream_arn=stream.kinesis.arn,
            table_arns=replica.arns,
            history_table_arn=None,
            failure_bucket_arn=failures.bucket.arn,
            failure_notification=failures.notification,
            replica_tables=replica.configuration,
            environment=environment,
            code=CODE,
        ),
        tags=TAGS,
    )
    Replay(
        f"{name}-replay",
        ReplayProps(
            settings=settings.replay,
            consumer=settings.consumer,
            table_arns=replica.arns,
            history_table_arn=None,
            failure_bucket_arn=failures.bucket.arn,
            environment=environment,
            replica_tables=replica.configuration,
            code=CODE,
        ),
        tags=TAGS,
    )


@pytest.fixture(scope="module")
def twice() -> Deployment:
    def program() -> None:
        for name in ("one", "two"):
            components(name)

    return deploy({}, upstream={}, program=program)


def test_two_components_of_a_kind_share_no_urn(twice: Deployment) -> None:
    counts = Counter(resource.urn for resource in twice.resources)

    history = [{"ledgerTable": "Person", "history": True}]
    once = deploy_dev(replicaTables=history, exportBucket="my-exports").resources
    assert len(counts) == 2 * len(once) - 2  # the stack reference is the program's
    assert [urn for urn, count in counts.items() if count > 1] == []


def test_the_name_of_a_child_begins_with_that_of_its_component(twice: Deployment) -> None:
    children = [resource for resource in twice.resources if resource.type.startswith("aws:")]

    strangers = [
        resource.urn
        for resource in children
        if not resource.name.startswith(resource.parent.rpartition("::")[2])
    ]

    assert strangers == []


def test_a_component_without_a_former_name_claims_no_resource_of_an_older_version(
    twice: Deployment,
) -> None:
    assert {name for resource in twice.resources for name in resource.former_names} == set()


def urns(resource: Registration) -> set[str]:
    """Return every URN under which the engine finds a resource: its own, and its aliases."""
    # An alias says what differs; the rest is as it is now (pulumi/pulumi,
    # pkg/resource/deploy/step_generator.go, `generateAliases`).
    own_parent = type_in(resource.parent)
    return {
        urn_of(own_parent, resource.type, resource.name),
        *(urn_of(own_parent, resource.type, name) for name in resource.former_names),
        *(
            urn_of(type_in(parent), resource.type, resource.name)
            for parent in resource.former_parents
        ),
    }


def type_in(urn: str) -> str:
    """Return the type in a URN, without those of its parents."""
    return urn.rpartition("::")[0].rpartition("::")[2].rpartition("$")[2]


def urn_of(parent_type: str, type_: str, name: str) -> str:
    """Return a URN: of the parent it has the type, unless that is the stack, and not the name."""
    chain = "" if parent_type in {"", "pulumi:pulumi:Stack"} else f"{parent_type}$"
    return f"urn:pulumi:{deployment.STACK}::{deployment.PROJECT}::{chain}{type_}::{name}"


def former_urns() -> set[str]:
    """Return the URNs of `FORMER_STACK`, components included."""
    found = set()
    for line in FORMER_STACK.strip().splitlines():
        component, kind, type_, name = line.split()
        if type_.endswith(":_"):
            module = type_.removesuffix(":_")
            repeated = module.rpartition("/")[2]
            type_ = f"{module}:{repeated[0].upper()}{repeated[1:]}"
        component_type = f"{deployment.PROJECT}:infra:{kind}"
        found |= {urn_of("", component_type, component), urn_of(component_type, type_, name)}
    return found


def test_every_resource_of_the_former_stack_is_claimed_by_its_heir() -> None:
    claimed = Counter(urn for resource in deploy_dev().resources for urn in urns(resource))

    assert former_urns() - claimed.keys() == set()
    # The engine refuses two resources that claim one.
    assert [urn for urn, count in claimed.items() if count > 1] == []


def test_the_kinesis_stream_stays_the_same_where_the_qldb_stream_is_removed() -> None:
    [kinesis] = deploy_dev(ledgerStack="").all("aws:kinesis/stream:Stream")

    assert {urn for urn in former_urns() if "aws:kinesis/stream:Stream" in urn} <= urns(kinesis)


def test_a_renamed_table_stays_the_same_table_only_in_the_programs_own_component() -> None:
    def program() -> None:
        settings = Settings.parse(deployment.dev_settings(), now=datetime.now(UTC))
        made = {"Person": EMPTY}
        former = pulumi.ResourceOptions(aliases=[pulumi.Alias(name="replica-tables")])
        ReplicaTables("one", settings.replica_tables, {"Person": PLAIN}, made, tags={}, opts=former)
        ReplicaTables("two", settings.replica_tables, {"Person": PLAIN}, made, tags={})

    tables = deploy({}, upstream={}, program=program).all("aws:dynamodb/table:Table")

    assert {table.name: "Person" in table.former_names for table in tables} == {
        "one-Person": True,
        "two-Person": False,
    }
