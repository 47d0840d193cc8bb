"""Base class of the settings of an S3 bucket."""

from __future__ import annotations

from typing import Final

from pulumi_aws_standin.resource import Computed, Setting
from pulumi_aws_standin.schema import Property, String

BUCKET: Final = Property(name="bucket", type=String(), required=True, force_new=True)
"""The input with the bucket's name."""


class BucketSetting(Setting):
    """A setting that a bucket has once. Its id is the bucket's name."""

    computed = (Computed(name="region"),)
    identity = ("bucket",)
