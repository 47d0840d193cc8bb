"""Configuration of the simulated QLDB."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Timing:
    """Delays of a delivery, in seconds.

    Attributes
    ----------
    retry
        Delay before an impaired stream or a failed entry is retried.
    shuffle_window
        Time during which blocks are gathered before they are shuffled.
    """

    retry: float = 0.5
    shuffle_window: float = 0.25


@dataclass(frozen=True, kw_only=True)
class ExportLayout:
    """Maximum size of a data object of an export. QLDB's own division is published nowhere.

    Attributes
    ----------
    blocks_per_object
        Number of blocks.
    bytes_per_object
        Size in bytes; a larger block has an object to itself.

    Raises
    ------
    ValueError
        If a limit is below 1.
    """

    blocks_per_object: int = 1_000
    bytes_per_object: int = 4 * 1024 * 1024

    def __post_init__(self) -> None:
        """Check the limits."""
        if min(self.blocks_per_object, self.bytes_per_object) < 1:
            raise ValueError("an object of an export holds at least 1 block and 1 byte")


@dataclass(frozen=True, kw_only=True)
class SimulatorConfig:
    """Configuration of the simulated QLDB.

    Attributes
    ----------
    aws_endpoint
        URL of Kinesis, S3, IAM and STS, such as an AWS emulator's.
    region, account
        Part of every ARN.
    timing
        Delays of deliveries.
    policy_recheck_seconds
        How long a copy of the policies of QLDB's role is considered current.
    export_layout
        Size of the objects of exports, for ledgers that set no other.
    """

    aws_endpoint: str
    region: str = "us-east-1"
    account: str = "000000000000"
    timing: Timing = field(default_factory=Timing)
    policy_recheck_seconds: float = 2.0
    export_layout: ExportLayout = field(default_factory=ExportLayout)
