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
class SimulatorConfig:
    """Configuration of the simulated QLDB.

    Attributes
    ----------
    aws_endpoint
        URL of Kinesis, IAM and STS, such as an AWS emulator's.
    region, account
        Part of every ARN.
    timing
        Delays of deliveries.
    policy_recheck_seconds
        How long a copy of the policies of QLDB's role is considered current.
    """

    aws_endpoint: str
    region: str = "us-east-1"
    account: str = "000000000000"
    timing: Timing = field(default_factory=Timing)
    policy_recheck_seconds: float = 2.0
