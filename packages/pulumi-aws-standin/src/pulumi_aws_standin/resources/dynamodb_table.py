"""DynamoDB tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from typing_extensions import override

from pulumi_aws_standin.autoname import Autoname
from pulumi_aws_standin.errors import PropertyError, ProviderError, applying
from pulumi_aws_standin.resource import Computed, Observed, Resource
from pulumi_aws_standin.resources import dynamodb_import, dynamodb_indexes
from pulumi_aws_standin.resources.dynamodb_import import IMPORT
from pulumi_aws_standin.resources.dynamodb_indexes import CEILING, INDEXES, WARM
from pulumi_aws_standin.schema import Boolean, Integer, ListOf, Object, Problem, Property, String
from pulumi_aws_standin.tags import DYNAMODB, TAGS
from pulumi_aws_standin.values import as_boolean, as_object, as_objects, as_string, present
from pulumi_aws_standin.wire import contains_unknown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pulumi_aws_standin.resource import Known, Update
    from pulumi_aws_standin.resources.dynamodb_indexes import IndexChange
    from pulumi_aws_standin.schema import Change
    from pulumi_aws_standin.session import Session

_PROVISIONED = "PROVISIONED"
_ON_DEMAND = "PAY_PER_REQUEST"
_CAPACITY = ("readCapacity", "writeCapacity")


def _enabled_or_nothing(value: dict[str, object]) -> dict[str, object]:
    return value if value.get("enabled") else {}


_ATTRIBUTE: Final = Object(
    properties=(
        Property(name="name", type=String(), required=True),
        Property(name="type", type=String(values=("S", "N", "B")), required=True),
    )
)
_RECOVERY: Final = Object(
    properties=(
        Property(name="enabled", type=Boolean(), required=True),
        Property(name="recoveryPeriodInDays", type=Integer(minimum=1, maximum=35)),
    ),
    meaning=_enabled_or_nothing,
)
_ENCRYPTION: Final = Object(
    properties=(
        Property(name="enabled", type=Boolean(), required=True),
        Property(name="kmsKeyArn", type=String(pattern=r"arn:[^:]+:kms:[^:]+:\d{12}:key/.+")),
    ),
    meaning=_enabled_or_nothing,
)
_TTL: Final = Object(
    properties=(
        Property(name="enabled", type=Boolean(), default=False),
        Property(name="attributeName", type=String()),
    ),
    meaning=_enabled_or_nothing,
)


class Table(Resource):
    """A table without local indexes, streams and replicas. Its id is its name.

    As with the AWS provider, settings that a program drops stay as they are (`sticky`). That
    includes the last index: see `counted`.
    """

    type_name: ClassVar[str] = "aws:dynamodb/table:Table"
    properties = (
        Property(
            name="name",
            type=String(pattern=r"[A-Za-z0-9_.-]{3,255}"),
            force_new=True,
            autoname=Autoname(max_length=255),
        ),
        Property(
            name="attributes",
            type=ListOf(item=_ATTRIBUTE, ordered=False),
            required=True,
        ),
        Property(name="hashKey", type=String(), required=True, force_new=True),
        Property(name="rangeKey", type=String(), force_new=True),
        Property(
            name="billingMode", type=String(values=(_PROVISIONED, _ON_DEMAND)), default=_PROVISIONED
        ),
        Property(name="readCapacity", type=Integer(minimum=1)),
        Property(name="writeCapacity", type=Integer(minimum=1)),
        Property(name="globalSecondaryIndexes", type=INDEXES, sticky=True),
        Property(name="onDemandThroughput", type=CEILING),
        Property(name="warmThroughput", type=WARM, sticky=True),
        Property(name="pointInTimeRecovery", type=_RECOVERY, sticky=True),
        Property(name="serverSideEncryption", type=_ENCRYPTION, sticky=True),
        Property(name="ttl", type=_TTL, sticky=True),
        Property(name="deletionProtectionEnabled", type=Boolean(), default=False),
        Property(name="importTable", type=IMPORT, force_new=True),
        TAGS,
    )
    computed = (Computed(name="arn"), Computed(name="region"))
    missing = ("ResourceNotFoundException", "TableNotFoundException")
    tagging = DYNAMODB

    @override
    def validate(self, inputs: Mapping[str, object]) -> Iterator[Problem]:
        keys = [inputs.get("hashKey"), inputs.get("rangeKey")]
        indexes = inputs.get("globalSecondaryIndexes")
        if not contains_unknown([keys, inputs["attributes"], indexes]):
            defined = [attribute["name"] for attribute in as_objects(inputs["attributes"])]
            indexed = {key for key in keys if key is not None}
            indexed |= dynamodb_indexes.attribute_names(indexes)
            if sorted(map(str, defined)) != sorted(map(str, indexed)):
                reason = "must be the attributes of the table's and the indexes' keys and no others"
                yield Problem("attributes", reason)
        provisioned = inputs["billingMode"] == _PROVISIONED
        yield from dynamodb_indexes.problems(indexes, provisioned=provisioned)
        if provisioned and inputs.get("onDemandThroughput"):
            yield Problem("onDemandThroughput", "must not be given in PROVISIONED mode")
        capacity = [inputs.get(name) is not None for name in _CAPACITY]
        if inputs["billingMode"] == _PROVISIONED and not all(capacity):
            yield Problem("readCapacity", "is required with writeCapacity in PROVISIONED mode")
        if inputs["billingMode"] == _ON_DEMAND and any(capacity):
            yield Problem("readCapacity", "must not be given in PAY_PER_REQUEST mode")
        ttl = as_object(inputs.get("ttl"))
        if ttl.get("enabled") is True and not ttl.get("attributeName"):
            yield Problem("ttl.attributeName", "is required when ttl is enabled")

    @override
    def counted(
        self, changes: list[Change], old: Mapping[str, object], new: Mapping[str, object]
    ) -> list[Change]:
        """Return the changes without those that the AWS provider overlooks.

        To it, a table without indexes in the program keeps those that it has, and attributes differ
        only where an index differs as well: neither the removal of the last index nor another type
        of an index's key is seen (hashicorp/terraform-provider-aws, internal/service/dynamodb/
        table.go and issue 47490).

        Raises
        ------
        ProviderError
            If warm throughput is lowered (terraform-provider-aws, pull request 49032).
        """
        if dynamodb_indexes.cools(old, new):
            raise ProviderError("warmThroughput: DynamoDB cannot lower that of a table")
        indexes = "globalSecondaryIndexes"
        overlooked = set()
        if not dynamodb_indexes.differ(old.get(indexes), new.get(indexes)):
            overlooked.add(indexes)
        left = [change for change in changes if change.path not in overlooked]
        if not any(change.path == indexes for change in left):
            overlooked.add("attributes")
        return [change for change in left if change.path not in overlooked]

    @override
    def create(self, session: Session, inputs: Mapping[str, object]) -> str:
        ceiling = dynamodb_indexes.ceiling(inputs)
        if ceiling is not None and min(ceiling.values()) < 1:
            raise ProviderError(
                "onDemandThroughput: DynamoDB takes -1 for an existing table only: leave it out"
            )
        key = [{"AttributeName": inputs["hashKey"], "KeyType": "HASH"}]
        if inputs.get("rangeKey") is not None:
            key.append({"AttributeName": inputs["rangeKey"], "KeyType": "RANGE"})
        encryption = as_object(inputs.get("serverSideEncryption"))
        request = present(
            {
                "TableName": inputs["name"],
                "KeySchema": key,
                "AttributeDefinitions": _definitions(inputs),
                **_billing(inputs),
                "GlobalSecondaryIndexes": [
                    dynamodb_indexes.definition(index)
                    for index in as_objects(inputs.get("globalSecondaryIndexes"))
                ]
                or None,
                "OnDemandThroughput": ceiling,
                "SSESpecification": _encryption(encryption) if encryption.get("enabled") else None,
            }
        )
        source = as_object(inputs.get("importTable"))
        if source:
            # `update` adds what an import cannot set.
            return dynamodb_import.run(session, source, request, self.timeout_seconds)
        request |= present(
            {
                "WarmThroughput": dynamodb_indexes.warmth(inputs),
                "DeletionProtectionEnabled": inputs["deletionProtectionEnabled"],
            }
        )
        return session.dynamodb.create_table(**request)["TableDescription"]["TableName"]

    @override
    def read(self, session: Session, identifier: str, known: Known) -> Observed | None:
        table = session.dynamodb.describe_table(TableName=identifier)["Table"]
        if table["TableStatus"] == "DELETING":
            return Observed(inputs={}, pending="DELETING")
        billing = table.get("BillingModeSummary", {}).get("BillingMode", _PROVISIONED)
        capacity = table.get("ProvisionedThroughput", {})
        key = {part["KeyType"]: part["AttributeName"] for part in table["KeySchema"]}
        arn = table["TableArn"]
        indexes = table.get("GlobalSecondaryIndexes", [])
        inputs: dict[str, object] = {
            "name": table["TableName"],
            # They follow from the keys, and the AWS provider never finds a drift: see `counted`.
            "attributes": known.inputs.get("attributes")
            or [
                {"name": definition["AttributeName"], "type": definition["AttributeType"]}
                for definition in table["AttributeDefinitions"]
            ],
            "globalSecondaryIndexes": [dynamodb_indexes.observed(index) for index in indexes],
            "onDemandThroughput": dynamodb_indexes.observed_ceiling(
                table.get("OnDemandThroughput", {})
            ),
            "hashKey": key["HASH"],
            "rangeKey": key.get("RANGE"),
            "billingMode": billing,
            "deletionProtectionEnabled": table.get("DeletionProtectionEnabled", False),
        }
        if billing == _PROVISIONED:
            inputs["readCapacity"] = capacity.get("ReadCapacityUnits")
            inputs["writeCapacity"] = capacity.get("WriteCapacityUnits")
        status = table["TableStatus"]
        pending = None if status == "ACTIVE" else str(status)
        for index in indexes:
            if index.get("IndexStatus", "ACTIVE") != "ACTIVE":
                pending = pending or f"index {index['IndexName']} {index['IndexStatus']}"
        encryption = table.get("SSEDescription", {})
        inputs["serverSideEncryption"] = None
        if encryption.get("Status") in ("ENABLING", "DISABLING", "UPDATING"):
            pending = pending or f"encryption {encryption['Status']}"
        if encryption.get("Status") in ("ENABLED", "ENABLING", "UPDATING"):
            own_key = encryption.get("KMSMasterKeyArn", "")
            inputs["serverSideEncryption"] = {
                "enabled": True,
                "kmsKeyArn": None if own_key.endswith("alias/aws/dynamodb") else own_key,
            }
        inputs["pointInTimeRecovery"] = _recovery(session, identifier)
        ttl, ttl_pending = _ttl(session, identifier)
        inputs["ttl"] = ttl
        return Observed(
            inputs=inputs,
            computed={"arn": arn},
            pending=pending or ttl_pending,
            failure=dynamodb_import.failure(session, arn)
            if known.inputs.get("importTable")
            else None,
        )

    @override
    def update(self, session: Session, identifier: str, change: Update) -> None:
        client = session.dynamodb
        settings: dict[str, dict[str, object]] = {
            "billingMode": _billing(change.wanted) if change.any("billingMode", *_CAPACITY) else {},
            "serverSideEncryption": (
                {
                    "SSESpecification": _encryption(
                        as_object(change.wanted.get("serverSideEncryption"))
                    )
                }
                if "serverSideEncryption" in change
                else {}
            ),
            "deletionProtectionEnabled": (
                {"DeletionProtectionEnabled": change.wanted["deletionProtectionEnabled"]}
                if "deletionProtectionEnabled" in change
                else {}
            ),
            "onDemandThroughput": (
                {"OnDemandThroughput": _new_ceiling(change)}
                if "onDemandThroughput" in change
                else {}
            ),
            "warmThroughput": (
                {"WarmThroughput": dynamodb_indexes.warmth(change.wanted)}
                if "warmThroughput" in change
                else {}
            ),
        }
        indexes = "globalSecondaryIndexes"
        found = (
            dynamodb_indexes.changes(
                dynamodb_indexes.as_in_state(change.before[indexes], change.former.get(indexes)),
                change.wanted.get(indexes),
            )
            if indexes in change
            else []
        )
        # Before the mode changes, which an index without a capacity would prevent.
        self._apply_indexes(session, identifier, change, found, only=("Delete",))
        # One at a time: UpdateTable accepts one kind of change in one call.
        for name, request in settings.items():
            if request:
                with applying(name):
                    client.update_table(**present({"TableName": identifier, **request}))
                self.wait_until_usable(session, identifier)
        self._apply_indexes(session, identifier, change, found, only=("Update", "Create"))
        if "pointInTimeRecovery" in change:
            recovery = as_object(change.wanted.get("pointInTimeRecovery"))
            enabled = as_boolean(recovery.get("enabled"))
            specification = present(
                {
                    "PointInTimeRecoveryEnabled": enabled,
                    "RecoveryPeriodInDays": (
                        recovery.get("recoveryPeriodInDays") if enabled else None
                    ),
                }
            )
            with applying("pointInTimeRecovery"):
                client.update_continuous_backups(
                    TableName=identifier,
                    PointInTimeRecoverySpecification=specification,  # type: ignore[arg-type]
                )
        if "ttl" in change:
            self._set_ttl(session, identifier, change)

    @override
    def delete(self, session: Session, identifier: str, known: Known) -> None:
        session.dynamodb.delete_table(TableName=identifier)

    def _apply_indexes(
        self,
        session: Session,
        identifier: str,
        change: Update,
        found: list[IndexChange],
        *,
        only: tuple[str, ...],
    ) -> None:
        """Apply changes of indexes one by one, and wait after each."""
        for one in found:
            if one.action not in only:
                continue
            updates: list[Any] = [{one.action: one.request}]
            request: dict[str, Any] = {"GlobalSecondaryIndexUpdates": updates}
            if one.action == "Create":
                request["AttributeDefinitions"] = _definitions(change.wanted)
            with applying(f"globalSecondaryIndexes ({one.action} {one.request['IndexName']})"):
                session.dynamodb.update_table(TableName=identifier, **request)
            self.wait_until_usable(session, identifier)

    def _set_ttl(self, session: Session, identifier: str, change: Update) -> None:
        before, after = as_object(change.before.get("ttl")), as_object(change.wanted.get("ttl"))
        # Changing the attribute means switching the feature off and on again.
        steps = [(before, False)] if before.get("enabled") else []
        if after.get("enabled"):
            steps.append((after, True))
        with applying("ttl"):
            for setting, enabled in steps:
                session.dynamodb.update_time_to_live(
                    TableName=identifier,
                    TimeToLiveSpecification={
                        "AttributeName": as_string(setting["attributeName"]),
                        "Enabled": enabled,
                    },
                )
                self.wait_until_usable(session, identifier)


def _billing(inputs: Mapping[str, object]) -> dict[str, object]:
    if inputs["billingMode"] == _ON_DEMAND:
        return {"BillingMode": _ON_DEMAND}
    return {
        "BillingMode": _PROVISIONED,
        "ProvisionedThroughput": {
            "ReadCapacityUnits": inputs["readCapacity"],
            "WriteCapacityUnits": inputs["writeCapacity"],
        },
    }


def _definitions(inputs: Mapping[str, object]) -> list[dict[str, object]]:
    return [
        {"AttributeName": attribute["name"], "AttributeType": attribute["type"]}
        for attribute in as_objects(inputs["attributes"])
    ]


def _new_ceiling(change: Update) -> dict[str, object]:
    """Return OnDemandThroughput for UpdateTable, which leaves what it does not name.

    Raises
    ------
    PropertyError
        If the program drops the whole property. The AWS provider then sends an UpdateTable without
        any change, which DynamoDB refuses.
    """
    wanted = dynamodb_indexes.ceiling(change.wanted)
    if wanted is None:
        raise PropertyError(
            "applying onDemandThroughput: the AWS provider cannot remove it from the program:"
            " set maxReadRequestUnits and maxWriteRequestUnits to -1"
        )
    return {**(dynamodb_indexes.ceiling(change.before) or {}), **wanted}


def _encryption(setting: Mapping[str, object]) -> dict[str, object]:
    if not setting.get("enabled"):
        return {"Enabled": False}
    return present(
        {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": setting.get("kmsKeyArn") or None}
    )


def _recovery(session: Session, name: str) -> dict[str, object]:
    answer = session.dynamodb.describe_continuous_backups(TableName=name)
    reported = answer["ContinuousBackupsDescription"].get("PointInTimeRecoveryDescription", {})
    return present(
        {
            "enabled": reported.get("PointInTimeRecoveryStatus") == "ENABLED",
            "recoveryPeriodInDays": reported.get("RecoveryPeriodInDays"),
        }
    )


def _ttl(session: Session, name: str) -> tuple[dict[str, object], str | None]:
    reported = session.dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    status = reported["TimeToLiveStatus"]
    setting = present(
        {"enabled": status == "ENABLED", "attributeName": reported.get("AttributeName")}
    )
    return setting, f"ttl {status}" if status in ("ENABLING", "DISABLING") else None
