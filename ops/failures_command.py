"""The command `python -m ops failures`."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from ops import connections, stack_option
from ops.command import STATUS_OK, Command
from ops.errors import OpsError
from ops.failure_object import Description, UnreadableObjectError
from ops.failure_objects import DISCARDED_PREFIX, PREFIXES, describe, payloads
from ops.ion_text import ion_text
from ops.terminal_text import printable

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator, Sequence

    from rich.console import Console

    from ops.failure_bucket import FailureBucket, StoredObject

_DESCRIPTION = """\
Lists the failure bucket: key (stream, shard, sequence number, place in the
aggregate), reason, code, time, size and number of redrives. Only --show prints
documents: records as Ion text, text that is not Ion as a string, other bytes as
a blob in base64, each with a comment that says so.
"""

_EXAMPLES = """\
  python -m ops failures --stack dev                  list pending failures and
                                                      reasons (no document data)
  python -m ops failures --stack dev --json | jq .counts
  python -m ops failures --stack dev --show KEY       one object with its
                                                      documents, as Ion text
  python -m ops failures --stack dev --discarded      what `discard` discarded
"""

_UNITS = ((1024 * 1024, "MiB"), (1024, "KiB"))


def _add_options(parser: argparse.ArgumentParser) -> None:
    stack_option.add_to(parser)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print JSON")
    form.add_argument("--show", metavar="KEY", help="print one object with its documents")
    parser.add_argument(
        "--discarded",
        action="store_true",
        help=f"list discarded objects ({DISCARDED_PREFIX}KEY) instead of pending ones",
    )


def _run(options: argparse.Namespace, console: Console) -> int:
    bucket = connections.failure_bucket(stack_option.read(options, console))
    if options.show is not None:
        _show(bucket, options.show)
    else:
        found = list(descriptions(bucket, (DISCARDED_PREFIX,) if options.discarded else PREFIXES))
        if options.json:
            print(json_text(found))
        elif found:
            print("\n".join(list_lines(found)))
        else:
            print(f"There are no {'discarded' if options.discarded else 'pending'} failures.")
    return STATUS_OK


COMMAND = Command(
    name="failures",
    summary="list pending failures",
    description=_DESCRIPTION,
    examples=_EXAMPLES,
    add_options=_add_options,
    run=_run,
)


def _show(bucket: FailureBucket, key: str) -> None:
    """Print one object with its documents."""
    stored = bucket.get(key)
    if stored is None:
        raise OpsError(
            f"bucket {bucket.name} has no object {key}: `python -m ops failures` lists the keys"
        )
    print("\n".join(show_lines(key, stored)))


def descriptions(
    bucket: FailureBucket, prefixes: Sequence[str] = PREFIXES
) -> Iterator[Description]:
    """Return descriptions of the objects under some prefixes, in the order of their keys."""
    keys = (key for prefix in prefixes for key in bucket.keys(prefix))

    def one(key: str) -> Description | None:
        stored = bucket.get(key)
        return None if stored is None else describe(key, stored.body)

    with ThreadPoolExecutor(connections.PARALLEL_READS) as pool:
        # In groups, to limit the number of bodies in memory.
        while group := list(islice(keys, connections.PARALLEL_READS * 4)):
            yield from (found for found in pool.map(one, group) if found is not None)


def list_lines(found: Iterable[Description]) -> list[str]:
    """Return descriptions as text: two lines for each object, then the counts."""
    lines: list[str] = []
    counts: Counter[tuple[str, str]] = Counter()
    for each in found:
        counts[each.reason, each.code] += 1
        lines += description_lines(each)
    number = counts.total()
    lines += ["", "1 object" if number == 1 else f"{number} objects"]
    lines += [
        f"{number:>6}  {printable(f'{reason}: {code}')}"
        for (reason, code), number in counts.most_common()
    ]
    return lines


def description_lines(each: Description) -> list[str]:
    """Return the key of an object and the facts about it, without document data."""
    return [printable(each.key), f"    {_facts(each)}"]


def _facts(each: Description) -> str:
    tried = {0: "not redriven yet", 1: "redriven once"}.get(
        each.attempts, f"redriven {each.attempts} times"
    )
    facts = ", ".join(
        fact
        for fact in (
            f"{each.reason}: {each.code}",
            _time(each.failed_at),
            f"{each.records} records" if each.records > 1 else None,
            f"up to sequence number {each.last_sequence_number}"
            if each.last_sequence_number not in (None, each.sequence_number)
            else None,
            _size(each.size),
            tried,
        )
        if fact
    )
    return printable(facts)


def json_text(found: Iterable[Description]) -> str:
    """Return descriptions as JSON."""
    failures = list(found)
    counts = Counter((each.reason, each.code) for each in failures)
    return json.dumps(
        {
            "failures": [_fields(each) for each in failures],
            "counts": [
                {"reason": reason, "code": code, "objects": number}
                for (reason, code), number in counts.most_common()
            ],
        },
        indent=2,
    )


def _fields(each: Description) -> dict[str, Any]:
    return {
        "key": each.key,
        "reason": each.reason,
        "code": each.code,
        "failedAt": _time(each.failed_at),
        "attempts": each.attempts,
        "size": each.size,
        "records": each.records,
        "streamArn": each.stream_arn,
        "shardId": each.shard_id,
        "sequenceNumber": each.sequence_number,
        "lastSequenceNumber": each.last_sequence_number,
        "subSequenceNumber": each.sub_sequence_number,
    }


def show_lines(key: str, stored: StoredObject) -> list[str]:
    """Return an object with its documents, as Ion text with comments."""
    description = describe(key, stored.body)
    lines = [f"// {printable(key)}", f"// {_facts(description)}"]
    try:
        records = payloads(key, stored.body)
    except UnreadableObjectError:
        return [*lines, ion_text(stored.body)]
    if not records:
        return [*lines, "", "// (an aggregate without any record)"]
    for payload in records:
        lines += ["", f"// {payload.place}", ion_text(payload.data)]
    return lines


def _time(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError):  # a damaged object may hold any time
        return None


def _size(size: int) -> str:
    for unit, name in _UNITS:
        if size >= unit:
            return f"{size / unit:.1f} {name}"
    return f"{size} bytes"
