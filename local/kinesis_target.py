"""The Kinesis stream that a simulated ledger writes to, in the account of the environment."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.errors import LocalError
from ops import connections
from ops.errors import aws_errors

if TYPE_CHECKING:
    from typing import Self

_NAME = re.compile(r"[a-zA-Z0-9_.-]{1,128}")
"""Kinesis API reference, ``CreateStream``."""

_ARN = re.compile(
    r"arn:[\w-]+:kinesis:(?P<region>[\w-]+):\d+:stream/(?P<name>[a-zA-Z0-9_.-]{1,128})"
)

_WRITABLE = ("ACTIVE", "UPDATING")
"""States in which a stream takes records (Kinesis API reference, ``StreamDescriptionSummary``)."""


@dataclass(frozen=True, kw_only=True)
class KinesisTarget:
    """A stream that exists and takes records.

    Attributes
    ----------
    client
        boto3's client, with the usual credentials, region and endpoints.
    arn
        The stream's ARN.
    shards
        Number of open shards.
    """

    client: Any
    arn: str
    shards: int

    @property
    def label(self) -> str:
        """Name and region, for messages."""
        region, name = self.arn.split(":")[3], self.arn.rpartition("/")[2]
        return f"stream {name} in {region}"

    @classmethod
    def find(cls, stream: str) -> Self:
        """Look a stream up.

        Parameters
        ----------
        stream
            Name or ARN; an ARN names its region too.

        Raises
        ------
        LocalError
            If it is neither a name nor an ARN, or the stream takes no records yet or any more.
        OpsError
            If it does not exist, or AWS refuses.
        """
        arn = _ARN.fullmatch(stream)
        if arn is None and _NAME.fullmatch(stream) is None:
            raise LocalError(
                f"{stream!r} is neither the name nor the ARN of a Kinesis stream; a stack of this "
                "project has both as outputs: `pulumi stack output streamName`"
            )
        client = connections.client("kinesis", arn and arn["region"])
        label = f"stream {arn['name'] if arn else stream} in {client.meta.region_name}"
        with aws_errors(label):
            selector = {"StreamARN" if arn else "StreamName": stream}
            summary = client.describe_stream_summary(**selector)["StreamDescriptionSummary"]
        if summary["StreamStatus"] not in _WRITABLE:
            raise LocalError(
                f"{label} is {summary['StreamStatus']}: wait until it is ACTIVE, and run the "
                "command again"
            )
        return cls(client=client, arn=summary["StreamARN"], shards=summary["OpenShardCount"])
