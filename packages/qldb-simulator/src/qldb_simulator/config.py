"""Configuration of the simulated QLDB."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Timing:
    """Waits of a delivery, in seconds.

    Attributes
    ----------
    retry
        Before an impaired stream or a failed entry is tried again.
    shuffle_window
        How long to gather blocks that are then delivered in a random order.
    """

    retry: float = 0.5
    shuffle_window: float = 0.25


@dataclass(frozen=True, kw_only=True)
class SimulatorConfig:
    """Where the simulated QLDB runs, and how patient it is.

    Attributes
    ----------
    aws_endpoint
        URL that serves Kinesis, IAM and STS, such as an AWS emulator's.
    region, account
        Part of every ARN.
    timing
        Waits of deliveries.
    policy_recheck_seconds
        How long a copy of the policies of QLDB's role is considered current.
    """

    aws_endpoint: str
    region: str = "us-east-1"
    account: str = "000000000000"
    timing: Timing = field(default_factory=Timing)
    policy_recheck_seconds: float = 2.0
