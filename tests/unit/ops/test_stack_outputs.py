"""Stack outputs are read from a file or from Pulumi; what is wrong is named with its remedy.

Proves the reading with a `pulumi` that only prints; `tests/e2e/test_redrive.py` asks the real one.
"""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

from ops.errors import OpsError
from ops.stack_outputs import from_file, from_pulumi, parse
from tests.support.kinesis_events import STREAM_ARN

if TYPE_CHECKING:
    from pathlib import Path

OUTPUTS: dict[str, Any] = {
    "streamArn": STREAM_ARN,
    "failureBucketName": "failures",
    "failureQueueUrl": "https://sqs/failures",
    "replicaTables": '{"Person":{"tableName":"person-1a2b3c"}}',
    "tombstoneLifetimeDays": 400,
}


def test_the_outputs_are_the_configuration_of_the_deployed_handler() -> None:
    outputs = parse(OUTPUTS)
    assert outputs.region == "eu-west-1"
    assert outputs.failure_bucket == "failures"
    assert outputs.failure_queue_url == "https://sqs/failures"
    assert outputs.settings.replica_tables["Person"].table_name == "person-1a2b3c"
    assert outputs.settings.tombstone_lifetime_days == 400


@pytest.mark.parametrize(("given", "days"), [(None, None), (400.0, 400), ("400", 400)])
def test_the_forms_of_a_lifetime(given: object, days: int | None) -> None:
    outputs = parse({**OUTPUTS, "tombstoneLifetimeDays": given})
    assert outputs.settings.tombstone_lifetime_days == days


def test_replica_tables_that_somebody_took_apart() -> None:
    outputs = parse({**OUTPUTS, "replicaTables": json.loads(OUTPUTS["replicaTables"])})
    assert outputs.settings.replica_tables["Person"].table_name == "person-1a2b3c"


@pytest.mark.parametrize("name", ["streamArn", "failureBucketName", "failureQueueUrl"])
def test_a_missing_output_is_named(name: str) -> None:
    outputs = {key: value for key, value in OUTPUTS.items() if key != name}
    with pytest.raises(OpsError, match=f"no output {name}: deploy it"):
        parse(outputs)


def test_outputs_of_another_program_are_refused() -> None:
    with pytest.raises(OpsError, match="REPLICA_TABLES"):
        parse({**OUTPUTS, "replicaTables": '{"Person":{"name":"x"}}'})
    with pytest.raises(OpsError, match="streamArn"):
        parse({**OUTPUTS, "streamArn": "stream"})


def test_a_file_is_read_or_its_fault_told(tmp_path: Path) -> None:
    file = tmp_path / "outputs.json"
    with pytest.raises(OpsError, match="cannot be read"):
        from_file(file)
    for text in ("no JSON", "[]"):
        file.write_text(text)
        with pytest.raises(OpsError, match="pulumi stack output --json"):
            from_file(file)
    file.write_text(json.dumps(OUTPUTS))
    assert from_file(file) == parse(OUTPUTS)


def _pulumi(folder: Path, monkeypatch: pytest.MonkeyPatch, lines: str) -> None:
    command = folder / "pulumi"
    command.write_text(f"#!{sys.executable}\nimport sys\n{lines}\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


_VERSION = "if sys.argv[1:] == ['version']: print('v3.259.0'); sys.exit()"


def test_pulumi_is_asked_for_the_stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _pulumi(
        tmp_path,
        monkeypatch,
        f"{_VERSION}\nassert 'output' in sys.argv and 'dev' in sys.argv\n"
        f"print({json.dumps(OUTPUTS)!r})",
    )
    assert from_pulumi("dev") == parse(OUTPUTS)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("error: no stack named 'dev' found", "no stack dev: `pulumi stack ls`"),
        ("error: PULUMI_ACCESS_TOKEN must be set", "PULUMI_ACCESS_TOKEN must be set"),
    ],
)
def test_what_pulumi_refuses_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, told: str
) -> None:
    _pulumi(tmp_path, monkeypatch, f"{_VERSION}\nsys.exit({said!r})")
    with pytest.raises(OpsError) as caught:
        from_pulumi("dev")
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_pulumi_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OpsError, match="--outputs FILE"):
        from_pulumi("dev")
