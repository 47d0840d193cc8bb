"""A deployed stack on the local AWS, and the commands that operators type for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from local import aws
from tests.support.paths import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

COMMAND_SECONDS = 400


class LoadedStack:
    """A stack with tables that exports are loaded into.

    Parameters
    ----------
    endpoint
        URL of the local AWS.
    outputs
        The stack's outputs.
    folder
        Where the commands find the outputs.
    """

    def __init__(self, endpoint: str, outputs: Mapping[str, Any], folder: Path) -> None:
        self.outputs = outputs
        self.endpoint = endpoint
        self._file = folder / "outputs.json"
        self._file.write_text(json.dumps(outputs))
        self.dynamodb = self.client("dynamodb")

    def client(self, service: str) -> Any:  # noqa: ANN401 (boto3's clients have no common type)
        """Return a client of a service."""
        return aws.client(service, self.endpoint)

    def start(self, *command: str) -> subprocess.Popen[str]:
        """Start a command of ``python -m ops`` for the stack."""
        return subprocess.Popen(
            [sys.executable, "-m", "ops", *command, "--outputs", str(self._file)],
            cwd=REPOSITORY,
            env={
                "PATH": os.environ["PATH"],
                "AWS_ENDPOINT_URL": self.endpoint,
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
                "AWS_REGION": "us-east-1",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *command: str) -> str:
        """Run a command that succeeds, and return what it printed."""
        status, text = self.ended(self.start(*command))
        assert status == 0, text
        return text

    def ended(self, process: subprocess.Popen[str]) -> tuple[int, str]:
        """Wait for a command, and return its exit status and what it printed."""
        text, _ = process.communicate(timeout=COMMAND_SECONDS)
        return process.returncode, text

    def empty(self) -> None:
        """Remove every item."""
        for name, keys in self._keys().items():
            for page in self.dynamodb.get_paginator("scan").paginate(TableName=name):
                items = page["Items"]
                for start in range(0, len(items), 25):
                    requests = [
                        {"DeleteRequest": {"Key": {key: item[key] for key in keys}}}
                        for item in items[start : start + 25]
                    ]
                    self.dynamodb.batch_write_item(RequestItems={name: requests})

    def _keys(self) -> Mapping[str, tuple[str, ...]]:
        tables = dict.fromkeys(self.outputs["tableNames"].values(), ("pk",))
        return tables | {self.outputs["historyTableName"]: ("pk", "version")}
