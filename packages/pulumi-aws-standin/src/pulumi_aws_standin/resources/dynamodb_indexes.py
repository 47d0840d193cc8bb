"""Global secondary indexes of DynamoDB tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pulumi_aws_standin.schema import Integer, ListOf, Object, Problem, Property, String, same
from pulumi_aws_standin.values import as_object, as_objects, as_string, as_strings, present
from pulumi_aws_standin.wire import contains_unknown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_CAPACITY = ("readCapacity", "writeCapacity")
_MIN_WARM_READS: Final = 12_000
_MIN_WARM_WRITES: Final = 4_000
_NO_CEILING: Final = -1


def _ceilings(value: dict[str, object]) -> dict[str, object]:
    return {name: units for name, units in value.items() if units != _NO_CEILING}


CEILING: Final = Object(
    properties=(
        Property(name="maxReadRequestUnits", type=Integer(minimum=1, also=(_NO_CEILING,))),
        Property(name="maxWriteRequestUnits", type=Integer(minimum=1, also=(_NO_CEILING,))),
    ),
    meaning=_ceilings,
)
"""The `onDemandThroughput` of a table or index; -1 removes a ceiling (API, UpdateTable)."""


WARM: Final = Object(
    properties=(
        Property(name="readUnitsPerSecond", type=Integer(minimum=_MIN_WARM_READS)),
        Property(name="writeUnitsPerSecond", type=Integer(minimum=_MIN_WARM_WRITES)),
    )
)
"""The `warmThroughput` of a table or index."""


def _as_key_schema(index: dict[str, object]) -> dict[str, object]:
    """Return an index whose key is in `keySchemas`, whichever way the program wrote it."""
    kept = {name: value for name, value in index.items() if name not in ("hashKey", "rangeKey")}
    return {**kept, "keySchemas": index.get("keySchemas") or _key_schemas(index)}


def _key_schemas(index: Mapping[str, object]) -> list[dict[str, object]]:
    return [
        {"attributeName": index[name], "keyType": kind}
        for name, kind in (("hashKey", "HASH"), ("rangeKey", "RANGE"))
        if index.get(name) is not None
    ]


_KEY: Final = Object(
    properties=(
        Property(name="attributeName", type=String(), required=True),
        Property(name="keyType", type=String(values=("HASH", "RANGE")), required=True),
    )
)
_INDEX: Final = Object(
    properties=(
        Property(name="name", type=String(pattern=r"[A-Za-z0-9_.-]{3,255}"), required=True),
        Property(name="hashKey", type=String()),
        Property(name="rangeKey", type=String()),
        Property(name="keySchemas", type=ListOf(item=_KEY)),
        Property(
            name="projectionType",
            type=String(values=("ALL", "INCLUDE", "KEYS_ONLY")),
            required=True,
        ),
        Property(name="nonKeyAttributes", type=ListOf(item=String(), ordered=False)),
        Property(name="readCapacity", type=Integer(minimum=1)),
        Property(name="writeCapacity", type=Integer(minimum=1)),
        Property(name="onDemandThroughput", type=CEILING),
        Property(name="warmThroughput", type=WARM),
    ),
    meaning=_as_key_schema,
)

INDEXES: Final = ListOf(item=_INDEX, ordered=False, maximum=20)
"""The `globalSecondaryIndexes` of a table; 20 is the default quota (developer guide, "Quotas")."""

_CHANGEABLE: Final = (*_CAPACITY, "onDemandThroughput", "warmThroughput")
"""What UpdateTable changes of an existing index; anything else requires a new index."""


_UNREAD: Final = ("onDemandThroughput", "warmThroughput")


@dataclass(frozen=True, kw_only=True)
class IndexChange:
    """One member of GlobalSecondaryIndexUpdates.

    Attributes
    ----------
    action
        Delete, Update or Create.
    request
        The argument of the action.
    """

    action: str
    request: dict[str, Any]


def attribute_names(value: object) -> set[object]:
    """Return the names of the attributes in the keys of indexes."""
    return {
        key["attributeName"]
        for index in as_objects(value)
        for key in as_objects(_as_key_schema(index)["keySchemas"])
    }


def problems(indexes: object, *, provisioned: bool) -> Iterator[Problem]:
    """Yield the problems of indexes that concern several of their properties.

    Parameters
    ----------
    indexes
        The input `globalSecondaryIndexes`.
    provisioned
        Whether the table's mode is PROVISIONED.
    """
    names: set[object] = set()
    for position, index in enumerate(as_objects(indexes)):
        path = f"globalSecondaryIndexes[{position}]"
        if contains_unknown(index):
            continue
        if index["name"] in names:
            yield Problem(f"{path}.name", "names an index twice")
        names.add(index["name"])
        spelled = [index.get(name) is not None for name in ("hashKey", "rangeKey")]
        key = [part["keyType"] for part in as_objects(_as_key_schema(index)["keySchemas"])]
        if index.get("keySchemas") and any(spelled):
            yield Problem(f"{path}.keySchemas", "must not be given with hashKey or rangeKey")
        # Several attributes of one type (multi-attribute keys) are unknown to the emulator.
        elif key not in (["HASH"], ["HASH", "RANGE"]):
            yield Problem(f"{path}.keySchemas", "must be one HASH and at most one RANGE attribute")
        included = index["projectionType"] == "INCLUDE"
        if included != bool(index.get("nonKeyAttributes")):
            yield Problem(
                f"{path}.nonKeyAttributes", "is required with, and only with, INCLUDE projection"
            )
        capacity = [index.get(name) is not None for name in _CAPACITY]
        if provisioned and not all(capacity):
            yield Problem(f"{path}.readCapacity", "is required with writeCapacity if PROVISIONED")
        if not provisioned and any(capacity):
            yield Problem(f"{path}.readCapacity", "must not be given if PAY_PER_REQUEST")
        if provisioned and index.get("onDemandThroughput"):
            yield Problem(f"{path}.onDemandThroughput", "must not be given if PROVISIONED")


def definition(index: Mapping[str, object]) -> dict[str, Any]:
    """Return an index as CreateTable and UpdateTable's Create take it."""
    key = as_objects(_as_key_schema(dict(index))["keySchemas"])
    return present(
        {
            "IndexName": index["name"],
            "KeySchema": [
                {"AttributeName": part["attributeName"], "KeyType": part["keyType"]} for part in key
            ],
            "Projection": present(
                {
                    "ProjectionType": index["projectionType"],
                    "NonKeyAttributes": as_strings(index.get("nonKeyAttributes")) or None,
                }
            ),
            "ProvisionedThroughput": _capacity(index),
            "OnDemandThroughput": ceiling(index),
            "WarmThroughput": warmth(index),
        }
    )


def changes(before: object, after: object) -> list[IndexChange]:
    """Return the changes that lead from some indexes to others, in the order to apply them.

    The order is the AWS provider's: deletions, updates, creations. DynamoDB creates or deletes one
    index in one request (API, UpdateTable), and gets one change in each here.
    """
    old = {index["name"]: index for index in as_objects(before)}
    new = {index["name"]: index for index in as_objects(after)}
    rebuilt = [name for name in old if name in new and not _same_data(old[name], new[name])]
    gone = [name for name in old if name not in new] + rebuilt
    made = [name for name in new if name not in old] + rebuilt
    found = [IndexChange(action="Delete", request={"IndexName": name}) for name in gone]
    for name in old.keys() & new.keys() - set(rebuilt):
        found += _updates(old[name], new[name])
    found += [IndexChange(action="Create", request=definition(new[name])) for name in made]
    return found


def as_in_state(reported: object, former: object) -> list[dict[str, object]]:
    """Return reported indexes with what only the state knows: see `quirks.NOT_READ`.

    Parameters
    ----------
    reported
        The indexes that the service describes.
    former
        The indexes in the state.
    """
    state = {index["name"]: index for index in as_objects(former)}
    return [
        present({**index, **{name: state[index["name"]].get(name) for name in _UNREAD}})
        if index["name"] in state
        else index
        for index in as_objects(reported)
    ]


def differ(before: object, after: object) -> bool:
    """Return whether the AWS provider sees a difference: an absent warm throughput is none."""
    old = {index["name"]: index for index in as_objects(before)}
    compared = [
        index
        if index.get("warmThroughput")
        else present({**index, "warmThroughput": old.get(index["name"], {}).get("warmThroughput")})
        for index in as_objects(after)
    ]
    return not same(INDEXES, before, compared)


def observed(description: Mapping[str, Any]) -> dict[str, object]:
    """Return an index as the service describes it."""
    ceilings = description.get("OnDemandThroughput", {})
    capacity = description.get("ProvisionedThroughput", {})
    return present(
        {
            "name": description["IndexName"],
            "keySchemas": [
                {"attributeName": part["AttributeName"], "keyType": part["KeyType"]}
                for part in description["KeySchema"]
            ],
            "projectionType": description["Projection"]["ProjectionType"],
            "nonKeyAttributes": list(description["Projection"].get("NonKeyAttributes", [])) or None,
            # Zero if the table is in PAY_PER_REQUEST mode.
            "readCapacity": capacity.get("ReadCapacityUnits") or None,
            "writeCapacity": capacity.get("WriteCapacityUnits") or None,
            "onDemandThroughput": observed_ceiling(ceilings),
        }
    )


def observed_ceiling(reported: Mapping[str, Any]) -> dict[str, object] | None:
    """Return the `onDemandThroughput` that the service describes."""
    return (
        present(
            {
                "maxReadRequestUnits": reported.get("MaxReadRequestUnits"),
                "maxWriteRequestUnits": reported.get("MaxWriteRequestUnits"),
            }
        )
        or None
    )


def ceiling(inputs: Mapping[str, object]) -> dict[str, Any] | None:
    """Return OnDemandThroughput for a table or index; None without one."""
    units = as_object(inputs.get("onDemandThroughput"))
    return (
        present(
            {
                "MaxReadRequestUnits": units.get("maxReadRequestUnits"),
                "MaxWriteRequestUnits": units.get("maxWriteRequestUnits"),
            }
        )
        or None
    )


def warmth(inputs: Mapping[str, object]) -> dict[str, Any] | None:
    """Return WarmThroughput for a table or index; None without one."""
    units = as_object(inputs.get("warmThroughput"))
    return (
        present(
            {
                "ReadUnitsPerSecond": units.get("readUnitsPerSecond"),
                "WriteUnitsPerSecond": units.get("writeUnitsPerSecond"),
            }
        )
        or None
    )


def _capacity(index: Mapping[str, object]) -> dict[str, Any] | None:
    if index.get("readCapacity") is None:
        return None
    return {
        "ReadCapacityUnits": index["readCapacity"],
        "WriteCapacityUnits": index["writeCapacity"],
    }


def _same_data(old: Mapping[str, object], new: Mapping[str, object]) -> bool:
    """Return whether an index need not be built again: key, projection, no less warm throughput."""
    kept = [
        {name: value for name, value in index.items() if name not in _CHANGEABLE}
        for index in (old, new)
    ]
    after = as_object(new.get("warmThroughput"))
    missing = dict.fromkeys(as_object(old.get("warmThroughput")), 0)
    return same(_INDEX, *kept) and not (after and cools(old, {"warmThroughput": missing | after}))


def cools(old: Mapping[str, object], new: Mapping[str, object]) -> bool:
    """Return whether a warm throughput is lower than before: DynamoDB does not lower it.

    DynamoDB developer guide, "Understanding DynamoDB warm throughput".
    """
    before, after = as_object(old.get("warmThroughput")), as_object(new.get("warmThroughput"))
    return any(int(str(after[name])) < int(str(before[name])) for name in before.keys() & after)


def _updates(old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[IndexChange]:
    name = as_string(new["name"])
    candidates = (
        ("ProvisionedThroughput", _capacity(old), _capacity(new)),
        ("OnDemandThroughput", ceiling(old), ceiling(new)),
        ("WarmThroughput", warmth(old), warmth(new)),
    )
    for setting, before, after in candidates:
        if after is not None and after != before:
            yield IndexChange(action="Update", request={"IndexName": name, setting: after})
