"""DynamoDB tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pulumi_aws_standin.autoname import Autoname
from pulumi_aws_standin.errors import applying, missing_is_fine
from pulumi_aws_standin.resource import Changed, Computed, Known, Observed, Resource
from pulumi_aws_standin.schema import Flag, ListOf, Problem, Property, Record, Text, Whole
from pulumi_aws_standin.tags import DYNAMODB, TAGS
from pulumi_aws_standin.values import flag, present, record, records, text
from pulumi_aws_standin.wire import contains_unknown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pulumi_aws_standin.session import Session

_MISSING = "ResourceNotFoundException"
_PROVISIONED = "PROVISIONED"
_ON_DEMAND = "PAY_PER_REQUEST"
_CAPACITY = ("readCapacity", "writeCapacity")


def _enabled_or_nothing(value: dict[str, object]) -> dict[str, object]:
    return value if value.get("enabled") else {}


class Table(Resource):
    """A table without indexes, streams and replicas. Its id is its name."""

    type_name: ClassVar[str] = "aws:dynamodb/table:Table"
    properties = (
        Property(
            name="name",
            type=Text(pattern=r"[A-Za-z0-9_.-]{3,255}"),
            force_new=True,
            autoname=Autoname(longest=255),
        ),
        Property(
            name="attributes",
            type=ListOf(
                item=Record(
                    properties=(
                        Property(name="name", type=Text(), required=True),
                        Property(name="type", type=Text(values=("S", "N", "B")), required=True),
                    )
                ),
                ordered=False,
            ),
            required=True,
            force_new=True,
        ),
        Property(name="hashKey", type=Text(), required=True, force_new=True),
        Property(name="rangeKey", type=Text(), force_new=True),
        Property(
            name="billingMode", type=Text(values=(_PROVISIONED, _ON_DEMAND)), default=_PROVISIONED
        ),
        Property(name="readCapacity", type=Whole(minimum=1)),
        Property(name="writeCapacity", type=Whole(minimum=1)),
        Property(
            name="pointInTimeRecovery",
            type=Record(
                properties=(
                    Property(name="enabled", type=Flag(), required=True),
                    Property(name="recoveryPeriodInDays", type=Whole(minimum=1, maximum=35)),
                ),
                meaning=_enabled_or_nothing,
            ),
        ),
        Property(
            name="serverSideEncryption",
            type=Record(
                properties=(
                    Property(name="enabled", type=Flag(), required=True),
                    Property(name="kmsKeyArn", type=Text()),
                ),
                meaning=_enabled_or_nothing,
            ),
        ),
        Property(
            name="ttl",
            type=Record(
                properties=(
                    Property(name="enabled", type=Flag(), default=False),
                    Property(name="attributeName", type=Text()),
                ),
                meaning=_enabled_or_nothing,
            ),
        ),
        Property(name="deletionProtectionEnabled", type=Flag(), default=False),
        TAGS,
    )
    computed = (Computed(name="arn"), Computed(name="region"))
    missing = (_MISSING, "TableNotFoundException")
    tagging = DYNAMODB

    def validate(self, inputs: Mapping[str, object]) -> Iterator[Problem]:
        """See the base class."""
        keys = [inputs.get("hashKey"), inputs.get("rangeKey")]
        if not contains_unknown([keys, inputs["attributes"]]):
            defined = {attribute["name"] for attribute in records(inputs["attributes"])}
            indexed = {key for key in keys if key is not None}
            if defined != indexed:
                yield Problem("attributes", "must be the attributes of the key and no others")
        capacity = [inputs.get(name) is not None for name in _CAPACITY]
        if inputs["billingMode"] == _PROVISIONED and not all(capacity):
            yield Problem("readCapacity", "is required with writeCapacity in PROVISIONED mode")
        if inputs["billingMode"] == _ON_DEMAND and any(capacity):
            yield Problem("readCapacity", "must not be given in PAY_PER_REQUEST mode")
        ttl = record(inputs.get("ttl"))
        if ttl.get("enabled") is True and not ttl.get("attributeName"):
            yield Problem("ttl.attributeName", "is required when ttl is enabled")

    def create(self, session: Session, inputs: Mapping[str, object]) -> str:
        """See the base class."""
        key = [{"AttributeName": inputs["hashKey"], "KeyType": "HASH"}]
        if inputs.get("rangeKey") is not None:
            key.append({"AttributeName": inputs["rangeKey"], "KeyType": "RANGE"})
        encryption = record(inputs.get("serverSideEncryption"))
        request = present(
            {
                "TableName": inputs["name"],
                "KeySchema": key,
                "AttributeDefinitions": [
                    {"AttributeName": attribute["name"], "AttributeType": attribute["type"]}
                    for attribute in records(inputs["attributes"])
                ],
                **_billing(inputs),
                "SSESpecification": _encryption(encryption) if encryption.get("enabled") else None,
                "DeletionProtectionEnabled": inputs["deletionProtectionEnabled"],
            }
        )
        return session.dynamodb.create_table(**request)["TableDescription"]["TableName"]

    def read(self, session: Session, identifier: str, known: Known) -> Observed | None:
        """See the base class."""
        del known
        with missing_is_fine(_MISSING, "TableNotFoundException"):
            table = session.dynamodb.describe_table(TableName=identifier)["Table"]
            if table["TableStatus"] == "DELETING":
                return Observed(inputs={}, pending="DELETING")
            billing = table.get("BillingModeSummary", {}).get("BillingMode", _PROVISIONED)
            capacity = table.get("ProvisionedThroughput", {})
            key = {part["KeyType"]: part["AttributeName"] for part in table["KeySchema"]}
            arn = table["TableArn"]
            inputs: dict[str, object] = {
                "name": table["TableName"],
                "attributes": [
                    {"name": definition["AttributeName"], "type": definition["AttributeType"]}
                    for definition in table["AttributeDefinitions"]
                ],
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
            encryption = table.get("SSEDescription", {})
            inputs["serverSideEncryption"] = None
            if encryption.get("Status") in ("ENABLED", "UPDATING"):
                own_key = encryption.get("KMSMasterKeyArn", "")
                inputs["serverSideEncryption"] = {
                    "enabled": True,
                    "kmsKeyArn": None if own_key.endswith("alias/aws/dynamodb") else own_key,
                }
            inputs["pointInTimeRecovery"] = _recovery(session, identifier)
            ttl, ttl_pending = _ttl(session, identifier)
            inputs["ttl"] = ttl
            return Observed(inputs=inputs, computed={"arn": arn}, pending=pending or ttl_pending)
        return None

    def converge(
        self, session: Session, identifier: str, wanted: Mapping[str, object], changed: Changed
    ) -> None:
        """See the base class."""
        client = session.dynamodb
        settings: dict[str, dict[str, object]] = {
            "billingMode": _billing(wanted) if changed.any("billingMode", *_CAPACITY) else {},
            "serverSideEncryption": (
                {"SSESpecification": _encryption(record(wanted.get("serverSideEncryption")))}
                if "serverSideEncryption" in changed
                else {}
            ),
            "deletionProtectionEnabled": (
                {"DeletionProtectionEnabled": wanted["deletionProtectionEnabled"]}
                if "deletionProtectionEnabled" in changed
                else {}
            ),
        }
        # One at a time, for UpdateTable takes one kind of change in one call.
        for name, request in settings.items():
            if request:
                with applying(name):
                    client.update_table(**present({"TableName": identifier, **request}))
                self._wait(session, identifier)
        if "pointInTimeRecovery" in changed:
            recovery = record(wanted.get("pointInTimeRecovery"))
            enabled = flag(recovery.get("enabled"))
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
        if "ttl" in changed:
            self._set_ttl(session, identifier, wanted, changed)

    def delete(self, session: Session, identifier: str, known: Known) -> None:
        """See the base class."""
        del known
        with missing_is_fine(_MISSING):
            session.dynamodb.delete_table(TableName=identifier)

    def _set_ttl(
        self, session: Session, identifier: str, wanted: Mapping[str, object], changed: Changed
    ) -> None:
        before, after = record(changed.before.get("ttl")), record(wanted.get("ttl"))
        # An attribute is exchanged by switching the feature off and on again.
        steps = [(before, False)] if before.get("enabled") else []
        if after.get("enabled"):
            steps.append((after, True))
        with applying("ttl"):
            for setting, enabled in steps:
                session.dynamodb.update_time_to_live(
                    TableName=identifier,
                    TimeToLiveSpecification={
                        "AttributeName": text(setting["attributeName"]),
                        "Enabled": enabled,
                    },
                )
                self._wait(session, identifier)

    def _wait(self, session: Session, identifier: str) -> None:
        def active() -> bool:
            observed = self.read(session, identifier, Known())
            return observed is not None and observed.pending is None

        session.wait("the table did not become ACTIVE", active, self.timeout_seconds)


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


def _encryption(setting: Mapping[str, object]) -> dict[str, object]:
    if not setting.get("enabled"):
        return {"Enabled": False}
    return present(
        {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": setting.get("kmsKeyArn") or None}
    )


def _recovery(session: Session, name: str) -> dict[str, object]:
    answer = session.dynamodb.describe_continuous_backups(TableName=name)
    told = answer["ContinuousBackupsDescription"].get("PointInTimeRecoveryDescription", {})
    return present(
        {
            "enabled": told.get("PointInTimeRecoveryStatus") == "ENABLED",
            "recoveryPeriodInDays": told.get("RecoveryPeriodInDays"),
        }
    )


def _ttl(session: Session, name: str) -> tuple[dict[str, object], str | None]:
    told = session.dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    status = told["TimeToLiveStatus"]
    setting = present({"enabled": status == "ENABLED", "attributeName": told.get("AttributeName")})
    return setting, f"ttl {status}" if status in ("ENABLING", "DISABLING") else None
