"""Types of the properties that resources declare."""

from __future__ import annotations

from pulumi_aws_standin.schema.base import Change, ChangeKind, Problem, Type, check_value, same
from pulumi_aws_standin.schema.containers import (
    ListOf,
    Object,
    Property,
    StringMap,
    completed,
    object_problems,
)
from pulumi_aws_standin.schema.scalars import (
    Boolean,
    Code,
    Integer,
    JsonObject,
    Number,
    Policy,
    String,
    policy_text,
)

__all__ = [
    "Boolean",
    "Change",
    "ChangeKind",
    "Code",
    "Integer",
    "JsonObject",
    "ListOf",
    "Number",
    "Object",
    "Policy",
    "Problem",
    "Property",
    "String",
    "StringMap",
    "Type",
    "check_value",
    "completed",
    "object_problems",
    "policy_text",
    "same",
]
