"""The QLDB control plane: ledgers, their streams and tags, in memory.

Operations, members, rules of validation and errors follow the API model 2019-01-02. A ledger is
ACTIVE as soon as it is described, and gone as soon as it is deleted.
"""

from __future__ import annotations

import re
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from qldb_simulator.delivery import TERMINAL, StreamDelivery, StreamTarget, Timing
from qldb_simulator.delivery_role import DeliveryRole
from qldb_simulator.journal import Ledger, new_ids, utc_now
from qldb_simulator.records import DeliveryOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from qldb_simulator.delivery import ClientSource
    from qldb_simulator.journal import Block, Operation, Revision

MAX_ACTIVE_STREAMS: Final = 5
MAX_TAGS: Final = 200
FIRST_ATTEMPT_SECONDS: Final = 5.0
"""How long StreamJournalToKinesis waits for the first record, so that the status is a true one."""

_NAME: Final = re.compile(r"(?!.*--)(?!\d+$)(?!-)(?!.*-$)[A-Za-z0-9-]{1,32}")
_ROLE_ARN: Final = re.compile(r"arn:[a-z-]+:iam::\d{12}:role/.{1,512}")
_KINESIS_ARN: Final = re.compile(r"arn:[a-z-]+:kinesis:[a-z0-9-]+:\d{12}:stream/[a-zA-Z0-9_.-]+")
_PERMISSIONS_MODES: Final = ("ALLOW_ALL", "STANDARD")
_MAX_PAGE: Final = 100
_MAX_KMS_KEY: Final = 1600
_MAX_TAG_KEY: Final = 128
_MAX_TAG_VALUE: Final = 256

_STATUS_CODES: Final = {
    "InvalidParameterException": 400,
    "LimitExceededException": 400,
    "ResourceNotFoundException": 404,
    "ResourceAlreadyExistsException": 409,
    "ResourceInUseException": 409,
    "ResourcePreconditionNotMetException": 412,
}


class ApiError(Exception):
    """An error that the API model declares.

    Attributes
    ----------
    code
        Name of the error's shape.
    status
        HTTP status.
    members
        The error's members, Message included.
    """

    def __init__(self, code: str, message: str, **members: str) -> None:
        super().__init__(message)
        self.code = code
        self.status = _STATUS_CODES[code]
        self.members = {"Message": message, **members}


@dataclass(kw_only=True)
class _Stream:
    stream_id: str
    name: str
    arn: str
    role_arn: str
    created: datetime
    tags: dict[str, str]
    delivery: StreamDelivery


@dataclass(kw_only=True)
class LedgerResource:
    """A ledger with its journal, its streams and its settings."""

    name: str
    arn: str
    created: datetime
    permissions_mode: str
    deletion_protection: bool
    kms_key: str | None
    tags: dict[str, str]
    journal: Ledger
    options: DeliveryOptions = field(default_factory=DeliveryOptions)
    streams: dict[str, _Stream] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def commit(self, operations: Iterable[Operation]) -> Block:
        """Commit a transaction and let the streams know."""
        with self.lock:
            block = self.journal.commit(operations)
        # Without the lock: a stream that looks for blocks holds its own lock and takes this one.
        for stream in list(self.streams.values()):
            stream.delivery.wake()
        return block

    def read_blocks(self, sequence_no: int, limit: int) -> list[Block]:
        """Give at most ``limit`` blocks from a sequence number on."""
        with self.lock:
            return self.journal.blocks_from(sequence_no)[: max(limit, 0)]

    def count_blocks(self) -> int:
        """Tell how many blocks are committed."""
        return self.journal.block_count

    def state(self, table: str) -> dict[str, Revision]:
        """Give the latest revision of every document of a table."""
        with self.lock:
            return self.journal.state(table)

    def active_streams(self) -> list[_Stream]:
        """Give the streams that have not ended."""
        streams = list(self.streams.values())
        return [s for s in streams if s.delivery.progress.status not in TERMINAL]


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """Where the simulated QLDB is.

    Attributes
    ----------
    aws_endpoint
        URL of the emulator: Kinesis, IAM and STS.
    region, account
        Part of every ARN.
    timing
        Waits of deliveries.
    policy_recheck_seconds
        How long QLDB's permission is taken for the present.
    """

    aws_endpoint: str
    region: str = "us-east-1"
    account: str = "000000000000"
    timing: Timing = field(default_factory=Timing)
    policy_recheck_seconds: float = 2.0


class ControlPlane:
    """All ledgers of one account in one region. Safe for threads.

    Parameters
    ----------
    surroundings
        Where it is.
    clients
        Makes the source of Kinesis clients of a stream; a role of the simulator's own by default.
    clock
        Tells the time to ledgers and streams.
    """

    def __init__(
        self,
        surroundings: Surroundings,
        *,
        clients: Callable[[str, str, str], ClientSource] | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._surroundings = surroundings
        self._clients = clients or self._delivery_role
        self._clock = clock
        self._new_id = new_ids()
        self._lock = threading.RLock()
        self._ledgers: dict[str, LedgerResource] = {}

    def close(self) -> None:
        """Cancel all streams; their roles are removed, unless they went with the emulator."""
        with self._lock:
            for ledger in self._ledgers.values():
                for stream in ledger.active_streams():
                    with suppress(BotoCoreError, ClientError):
                        stream.delivery.cancel()

    def ledger(self, name: str) -> LedgerResource:
        """Find a ledger.

        Raises
        ------
        ApiError
            ResourceNotFoundException, or InvalidParameterException for an impossible name.
        """
        _check_name(name, "Name")
        with self._lock:
            found = self._ledgers.get(name)
        if found is None:
            raise not_found("Ledger", name)
        return found

    def create_ledger(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """CreateLedger."""
        name = _required(body, "Name", str)
        _check_name(name, "Name")
        mode = _permissions_mode(body)
        protection = _optional(body, "DeletionProtection", bool)
        kms_key = _kms_key(body)
        tags = _tags(body.get("Tags") or {})
        with self._lock:
            if name in self._ledgers:
                raise ApiError(
                    "ResourceAlreadyExistsException",
                    f"the ledger {name} exists",
                    ResourceType="Ledger",
                    ResourceName=name,
                )
            ledger = LedgerResource(
                name=name,
                arn=self._arn(f"ledger/{name}"),
                created=self._clock(),
                permissions_mode=mode,
                deletion_protection=True if protection is None else protection,
                kms_key=kms_key,
                tags=tags,
                journal=Ledger(clock=self._clock),
            )
            self._ledgers[name] = ledger
        answer = _ledger_summary(ledger, state="CREATING")
        answer["PermissionsMode"] = mode
        if kms_key:
            answer["KmsKeyArn"] = kms_key
        return answer

    def describe_ledger(self, name: str) -> dict[str, Any]:
        """DescribeLedger."""
        ledger = self.ledger(name)
        return _ledger_description(ledger) | {"PermissionsMode": ledger.permissions_mode}

    def update_ledger(self, name: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """UpdateLedger."""
        ledger = self.ledger(name)
        protection = _optional(body, "DeletionProtection", bool)
        kms_key = _kms_key(body)
        with self._lock:
            if protection is not None:
                ledger.deletion_protection = protection
            if kms_key is not None:
                ledger.kms_key = kms_key
        return _ledger_description(ledger)

    def update_permissions_mode(self, name: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """UpdateLedgerPermissionsMode."""
        ledger = self.ledger(name)
        ledger.permissions_mode = _permissions_mode(body)
        return {
            "Name": name,
            "Arn": ledger.arn,
            "PermissionsMode": ledger.permissions_mode,
        }

    def delete_ledger(self, name: str) -> dict[str, Any]:
        """DeleteLedger: refused while the deletion protection is on or a stream is active."""
        with self._lock:
            ledger = self.ledger(name)
            if ledger.deletion_protection:
                raise ApiError(
                    "ResourcePreconditionNotMetException",
                    f"the deletion protection of ledger {name} is on; switch it off first",
                    ResourceType="Ledger",
                    ResourceName=name,
                )
            if ledger.active_streams():
                raise ApiError(
                    "ResourceInUseException",
                    f"ledger {name} has active streams; cancel them first",
                    ResourceType="Ledger",
                    ResourceName=name,
                )
            del self._ledgers[name]
        return {}

    def list_ledgers(self, query: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        """ListLedgers."""
        with self._lock:
            ledgers = sorted(self._ledgers.values(), key=lambda ledger: ledger.name)
        summaries = [
            {
                "Name": ledger.name,
                "State": "ACTIVE",
                "CreationDateTime": ledger.created.timestamp(),
            }
            for ledger in ledgers
        ]
        return _page("Ledgers", summaries, query)

    def stream_journal(self, name: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """StreamJournalToKinesis."""
        ledger = self.ledger(name)
        stream_name = _required(body, "StreamName", str)
        _check_name(stream_name, "StreamName")
        role_arn = _required(body, "RoleArn", str)
        _check_pattern(role_arn, _ROLE_ARN, "RoleArn")
        kinesis = _required(body, "KinesisConfiguration", dict)
        kinesis_arn = _required(kinesis, "StreamArn", str)
        _check_pattern(kinesis_arn, _KINESIS_ARN, "StreamArn")
        aggregation = _optional(kinesis, "AggregationEnabled", bool)
        start, end = self._time_range(body)
        tags = _tags(body.get("Tags") or {})
        stream_id = self._new_id()
        arn = self._arn(f"stream/{name}/{stream_id}")
        target = StreamTarget(
            stream_arn=arn,
            kinesis_stream_arn=kinesis_arn,
            inclusive_start=start,
            exclusive_end=end,
            aggregation=True if aggregation is None else aggregation,
        )
        delivery = StreamDelivery(
            source=ledger,
            target=target,
            clients=self._clients(role_arn, stream_id, arn),
            options=ledger.options,
            timing=self._surroundings.timing,
            now=self._clock,
        )
        with self._lock:
            _check_room_for_stream(ledger, stream_name)
            ledger.streams[stream_id] = _Stream(
                stream_id=stream_id,
                name=stream_name,
                arn=arn,
                role_arn=role_arn,
                created=self._clock(),
                tags=tags,
                delivery=delivery,
            )
            delivery.start()
        delivery.wait_for_first_attempt(FIRST_ATTEMPT_SECONDS)
        return {"StreamId": stream_id}

    def describe_stream(self, name: str, stream_id: str) -> dict[str, Any]:
        """DescribeJournalKinesisStream."""
        return {"Stream": _stream_description(name, self._stream(name, stream_id))}

    def cancel_stream(self, name: str, stream_id: str) -> dict[str, Any]:
        """CancelJournalKinesisStream: refused for a stream that has ended."""
        stream = self._stream(name, stream_id)
        if stream.delivery.progress.status in TERMINAL:
            raise ApiError(
                "ResourcePreconditionNotMetException",
                f"stream {stream_id} has ended",
                ResourceType="Stream",
                ResourceName=stream_id,
            )
        stream.delivery.cancel()
        return {"StreamId": stream_id}

    def list_streams(self, name: str, query: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        """ListJournalKinesisStreamsForLedger, ended ones included."""
        ledger = self.ledger(name)
        streams = [_stream_description(name, s) for s in list(ledger.streams.values())]
        return _page("Streams", streams, query)

    def list_tags(self, arn: str) -> dict[str, Any]:
        """ListTagsForResource."""
        return {"Tags": dict(self._tagged(arn))}

    def tag(self, arn: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """TagResource."""
        tags = self._tagged(arn)
        new = _tags(_required(body, "Tags", dict))
        with self._lock:
            if len(tags | new) > MAX_TAGS:
                raise invalid("Tags", f"a resource has at most {MAX_TAGS} tags")
            tags.update(new)
        return {}

    def untag(self, arn: str, keys: Iterable[str]) -> dict[str, Any]:
        """UntagResource."""
        tags = self._tagged(arn)
        with self._lock:
            for key in keys:
                tags.pop(key, None)
        return {}

    def _arn(self, resource: str) -> str:
        return f"arn:aws:qldb:{self._surroundings.region}:{self._surroundings.account}:{resource}"

    def _delivery_role(self, role_arn: str, stream_id: str, stream_arn: str) -> ClientSource:
        return DeliveryRole(
            endpoint=self._surroundings.aws_endpoint,
            region=self._surroundings.region,
            account=self._surroundings.account,
            role_arn=role_arn,
            stream_id=stream_id,
            stream_arn=stream_arn,
            recheck_seconds=self._surroundings.policy_recheck_seconds,
        )

    def _time_range(self, body: Mapping[str, Any]) -> tuple[datetime, datetime | None]:
        start = _time(
            _required(body, "InclusiveStartTime", int | float | str), "InclusiveStartTime"
        )
        if start > self._clock():
            raise invalid("InclusiveStartTime", "the start is not in the future")
        end = None
        if body.get("ExclusiveEndTime") is not None:
            end = _time(body["ExclusiveEndTime"], "ExclusiveEndTime")
            if end <= start:
                raise invalid("ExclusiveEndTime", "the end is after the start")
        return start, end

    def _stream(self, name: str, stream_id: str) -> _Stream:
        stream = self.ledger(name).streams.get(stream_id)
        if stream is None:
            raise not_found("Stream", stream_id)
        return stream

    def _tagged(self, arn: str) -> dict[str, str]:
        with self._lock:
            for ledger in self._ledgers.values():
                if ledger.arn == arn:
                    return ledger.tags
                for stream in ledger.streams.values():
                    if stream.arn == arn:
                        return stream.tags
        raise not_found("Resource", arn)


def not_found(kind: str, name: str) -> ApiError:
    """Make the error for a resource that does not exist."""
    return ApiError(
        "ResourceNotFoundException",
        f"there is no {kind.lower()} {name}",
        ResourceType=kind,
        ResourceName=name,
    )


def invalid(parameter: str, reason: str) -> ApiError:
    """Make the error for a parameter that breaks a rule."""
    return ApiError("InvalidParameterException", f"{parameter}: {reason}", ParameterName=parameter)


def _required(body: Mapping[str, Any], name: str, kind: Any) -> Any:  # noqa: ANN401 - JSON
    value = _optional(body, name, kind)
    if value is None:
        raise invalid(name, "is required")
    return value


def _optional(body: Mapping[str, Any], name: str, kind: Any) -> Any:  # noqa: ANN401 - JSON
    value = body.get(name)
    if value is not None and not isinstance(value, kind):
        raise invalid(name, f"is not a {getattr(kind, '__name__', kind)}")
    return value


def _check_name(name: str, parameter: str) -> None:
    if not _NAME.fullmatch(name):
        raise invalid(
            parameter,
            "1 to 32 letters, digits and hyphens, not only digits, no hyphen at either end or "
            "twice in a row",
        )


def _check_pattern(value: str, pattern: re.Pattern[str], parameter: str) -> None:
    if not pattern.fullmatch(value):
        raise invalid(parameter, "is not an ARN of the right kind")


def _permissions_mode(body: Mapping[str, Any]) -> str:
    mode: str = _required(body, "PermissionsMode", str)
    if mode not in _PERMISSIONS_MODES:
        raise invalid("PermissionsMode", f"is one of {', '.join(_PERMISSIONS_MODES)}")
    return mode


def _kms_key(body: Mapping[str, Any]) -> str | None:
    key: str | None = _optional(body, "KmsKey", str)
    if key is not None and len(key) > _MAX_KMS_KEY:
        raise invalid("KmsKey", f"has at most {_MAX_KMS_KEY} characters")
    return key


def _tags(tags: object) -> dict[str, str]:
    if not isinstance(tags, dict) or len(tags) > MAX_TAGS:
        raise invalid("Tags", f"is a map of at most {MAX_TAGS} entries")
    for key, value in tags.items():
        if not 1 <= len(key) <= _MAX_TAG_KEY:
            raise invalid("Tags", f"a key has 1 to {_MAX_TAG_KEY} characters")
        if not isinstance(value, str) or len(value) > _MAX_TAG_VALUE:
            raise invalid("Tags", f"a value is a string of at most {_MAX_TAG_VALUE} characters")
    return dict(tags)


def _time(value: float | str, parameter: str) -> datetime:
    """Read seconds since the epoch, as the protocol sends them, or an ISO 8601 time."""
    try:
        if isinstance(value, str):
            return datetime.fromisoformat(value).astimezone(UTC)
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError, TypeError):
        raise invalid(parameter, "is not a time") from None


def _ledger_summary(ledger: LedgerResource, *, state: str) -> dict[str, Any]:
    return {
        "Name": ledger.name,
        "Arn": ledger.arn,
        "State": state,
        "CreationDateTime": ledger.created.timestamp(),
        "DeletionProtection": ledger.deletion_protection,
    }


def _ledger_description(ledger: LedgerResource) -> dict[str, Any]:
    encryption = {
        "KmsKeyArn": ledger.kms_key or "AWS_OWNED_KMS_KEY",
        "EncryptionStatus": "ENABLED",
    }
    return _ledger_summary(ledger, state="ACTIVE") | {"EncryptionDescription": encryption}


def _stream_description(ledger_name: str, stream: _Stream) -> dict[str, Any]:
    target, progress = stream.delivery.target, stream.delivery.progress
    description: dict[str, Any] = {
        "LedgerName": ledger_name,
        "CreationTime": stream.created.timestamp(),
        "InclusiveStartTime": target.inclusive_start.timestamp(),
        "RoleArn": stream.role_arn,
        "StreamId": stream.stream_id,
        "Arn": stream.arn,
        "Status": progress.status,
        "KinesisConfiguration": {
            "StreamArn": target.kinesis_stream_arn,
            "AggregationEnabled": target.aggregation,
        },
        "StreamName": stream.name,
    }
    if target.exclusive_end is not None:
        description["ExclusiveEndTime"] = target.exclusive_end.timestamp()
    if progress.error_cause is not None:
        description["ErrorCause"] = progress.error_cause
    return description


def _check_room_for_stream(ledger: LedgerResource, stream_name: str) -> None:
    active = ledger.active_streams()
    if any(stream.name == stream_name for stream in active):
        raise ApiError(
            "ResourcePreconditionNotMetException",
            f"ledger {ledger.name} has an active stream {stream_name}",
            ResourceType="Stream",
            ResourceName=stream_name,
        )
    if len(active) >= MAX_ACTIVE_STREAMS:
        raise ApiError(
            "LimitExceededException",
            f"ledger {ledger.name} has {MAX_ACTIVE_STREAMS} active streams, which is the most",
            ResourceType="Stream",
        )


def _page(
    member: str, items: Sequence[dict[str, Any]], query: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """Cut a page; a token is the place of the next item, padded to the model's least length."""
    most, token = query.get("max_results", ["100"])[0], query.get("next_token", ["0000"])[0]
    if not most.isdecimal() or not 1 <= int(most) <= _MAX_PAGE:
        raise invalid("MaxResults", f"is between 1 and {_MAX_PAGE}")
    if not token.isdecimal():
        raise invalid("NextToken", "is not a token of this service")
    start, end = int(token), int(token) + int(most)
    page: dict[str, Any] = {member: list(items[start:end])}
    if end < len(items):
        page["NextToken"] = f"{end:04}"
    return page
