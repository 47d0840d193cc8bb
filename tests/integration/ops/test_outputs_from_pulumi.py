"""A stack's outputs come from the `pulumi` on the PATH.

Proves it with a program of that name that only prints; `tests/e2e/test_redrive.py` runs the real
one.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from handler.contract import Variable
from handler.version import project_version
from ops.command_line import main
from ops.errors import OpsError
from ops.stack_outputs import from_pulumi, parse
from tests.support.fake_pulumi import install_pulumi

if TYPE_CHECKING:
    from pathlib import Path

OUTPUTS: dict[str, Any] = {
    "version": project_version(),
    "streamArn": "arn:aws:kinesis:eu-west-1:000000000000:stream/journal-1a2b3c",
    "failureQueueUrl": "https://sqs/failures",
    "handlerEnvironment": {
        Variable.REPLICA_TABLES: '{"Person":{"tableName":"person-1a2b3c"}}',
        Variable.FAILURE_BUCKET: "failures-1a2b3c",
    },
}


def _put_on_path(folder: Path, monkeypatch: pytest.MonkeyPatch, lines: str) -> None:
    install_pulumi(folder, lines)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def test_the_outputs_are_those_of_the_chosen_stack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a Pulumi that has outputs for one stack only
    _put_on_path(
        tmp_path,
        monkeypatch,
        "assert 'output' in sys.argv and 'dev' in sys.argv\n" + f"print({json.dumps(OUTPUTS)!r})",
    )
    # then
    assert from_pulumi("dev") == parse(OUTPUTS)


@pytest.mark.parametrize(
    ("refusal", "remedy"),
    [
        ("error: no stack named 'dev' found", "stack dev does not exist: `pulumi stack ls`"),
        ("error: PULUMI_ACCESS_TOKEN must be set", "PULUMI_ACCESS_TOKEN must be set"),
    ],
)
def test_a_refusal_of_pulumi_becomes_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusal: str, remedy: str
) -> None:
    _put_on_path(tmp_path, monkeypatch, f"sys.exit({refusal!r})")
    with pytest.raises(OpsError) as caught:
        from_pulumi("dev")
    assert remedy in str(caught.value)
    assert "\n" not in str(caught.value)


def test_without_pulumi_the_error_names_the_alternative(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["failures", "--stack", "dev"]) == 1
    message = capsys.readouterr().err
    assert "`pulumi` is not on the PATH" in message
    assert "--outputs FILE" in message
