"""boto3 clients of the emulator, as its root user."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.config import Config

from local.environment import REGION


def client(service: Any, endpoint: str) -> Any:  # noqa: ANN401 (boto3's clients share no type)
    """Return a boto3 client of the emulator, regardless of environment variables.

    Parameters
    ----------
    service
        boto3's name of the AWS service.
    endpoint
        URL of the emulator.
    """
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 (the emulator's root user, the same everywhere)
        config=Config(proxies={}),
    )
