"""The faults that a schedule can inject, chosen at random."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from handler.dynamodb_transport import ChecksumError
from tests.reliability.poison import POISON_KINDS
from tests.support.faults import RequestFault, client_error
from tests.support.sentinel import MESSAGE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from random import Random

    from tests.reliability.plan import Plan

_ENDPOINT = "https://memory.invalid"

# Codes that DynamoDB answers for a request as a whole, with the HTTP status: DynamoDB developer
# guide, "Error handling with DynamoDB"; DynamoDB API reference, "Common errors"; the errors that
# botocore's service model lists for BatchExecuteStatement and UpdateItem.
_BAD_REQUESTS = (
    *("ThrottlingException", "ThrottledRequestException", "TooManyRequestsException"),
    *("RequestLimitExceeded", "ProvisionedThroughputExceededException", "LimitExceededException"),
    *("TransactionConflictException", "TransactionInProgressException"),
    *("ReplicatedWriteConflictException", "RequestExpired", "RequestTimeTooSkewed"),
    *("ExpiredTokenException", "AccessDeniedException", "ResourceNotFoundException"),
    *("ResourceInUseException", "TableNotFoundException", "UnrecognizedClientException"),
    *("InvalidClientTokenId", "InvalidSignatureException", "SignatureDoesNotMatch"),
    *("IncompleteSignature", "MissingAuthenticationToken", "NotAuthorized", "OptInRequired"),
    *("UnknownOperationException", "KMSAccessDeniedException", "KMSDisabledException"),
    *("KMSInvalidStateException", "KMSKeyNotAccessibleException", "KMSNotFoundException"),
    *("InaccessibleEncryptionCredentials", "ValidationException", "SerializationException"),
    *("ItemCollectionSizeLimitExceededException", "CodeThatNobodyKnowsException"),
)
REQUEST_CODES = {
    "InternalServerError": 500,
    "InternalFailure": 500,
    "ServiceUnavailable": 503,
    **dict.fromkeys(_BAD_REQUESTS, 400),
}
# BatchStatementError.Code: all values but those that answer a condition (DynamoDB API reference).
STATEMENT_CODES = (
    "ItemCollectionSizeLimitExceeded",
    "RequestLimitExceeded",
    "ValidationError",
    "ProvisionedThroughputExceeded",
    "TransactionConflict",
    "ThrottlingError",
    "InternalServerError",
    "ResourceNotFound",
    "AccessDenied",
)
# S3 API reference, "Error responses".
BUCKET_CODES = {
    "SlowDown": 503,
    "InternalError": 500,
    "ServiceUnavailable": 503,
    "AccessDenied": 403,
    "NoSuchBucket": 404,
    "RequestTimeout": 400,
    "OperationAborted": 409,
    "InvalidAccessKeyId": 403,
    "SignatureDoesNotMatch": 403,
    "ExpiredToken": 400,
}
# botocore.exceptions: nothing was sent.
CONNECTION_ERRORS: dict[str, Callable[[], Exception]] = {
    "ParamValidationError": lambda: ParamValidationError(report=MESSAGE),
    "NoCredentialsError": NoCredentialsError,
    "PartialCredentialsError": lambda: PartialCredentialsError(provider="env", cred_var="key"),
    "CredentialRetrievalError": lambda: CredentialRetrievalError(provider="env", error_msg=MESSAGE),
    "EndpointConnectionError": lambda: EndpointConnectionError(endpoint_url=_ENDPOINT),
    "ConnectTimeoutError": lambda: ConnectTimeoutError(endpoint_url=_ENDPOINT),
}
# botocore.exceptions: what was sent may have been carried out.
LOST_ANSWERS: dict[str, Callable[[], Exception]] = {
    "ReadTimeoutError": lambda: ReadTimeoutError(endpoint_url=_ENDPOINT),
    "ConnectionClosedError": lambda: ConnectionClosedError(endpoint_url=_ENDPOINT),
    "HTTPClientError": lambda: HTTPClientError(error=MESSAGE),
    "ResponseParserError": lambda: ResponseParserError(MESSAGE),
    "ChecksumError": lambda: ChecksumError(error=MESSAGE),
}

KILLED_BEFORE = "killed before a request"
KILLED_AFTER = "killed after a request"
SLOW = "slow request, up to the function's time-out and beyond"
TIME_RUNS_OUT = "time runs out in a request without answer"
DYNAMODB, FAILURE_BUCKET = "DynamoDB", "failure bucket"
OUTAGES = {service: f"outage of {service}" for service in (DYNAMODB, FAILURE_BUCKET)}
THROTTLED = "invocation throttled"
REPEATED = "batch delivered twice"
DISCARDED = "batch discarded to the failure bucket"
SPLIT, MERGED = "shard split", "shards merged"
REPLAYED_EXPORT, STOPPED_REPLAY = "export replayed", "replay stopped half-way"
DATA_REMOVED = "redaction after its revision"
REDACTED_EARLY = "redaction before its revision"
REPLAYED_REDACTION = "redaction told again by a replay"
REDRIVEN_REDACTED = "redaction of a revision in the failure bucket"
LATE_GENERATION = "late record of a dropped table"
UNINDEXED = "value that no index takes"
HISTORY_REFUSED = "record that only the history cannot have"
STATE_REFUSED = "record that only the current state cannot have"
OLDER_COPY = "superseded copy with data that the other has redacted"
REDACTED_COPY = "redaction that only a superseded copy tells"
SUPERSEDED_READ = "superseded copies read by a replay"
SITUATIONS = (
    *(DATA_REMOVED, REDACTED_EARLY, REPLAYED_REDACTION, REDRIVEN_REDACTED, LATE_GENERATION),
    *(UNINDEXED, HISTORY_REFUSED, STATE_REFUSED, OLDER_COPY, REDACTED_COPY, SUPERSEDED_READ),
)
"""What happens without a fault, and must not become rare."""


@dataclass(frozen=True, kw_only=True)
class FaultKind:
    """One kind of fault at one place; `fault` creates it if the place is a request."""

    name: str
    code: str = ""
    fault: Callable[[str], RequestFault] | None = None


def _answer(code: str, status: int, *, applied: bool = False) -> Callable[[str], RequestFault]:
    def make(operation: str) -> RequestFault:
        error = client_error(operation, code, MESSAGE, status=status)
        return RequestFault(error=error, applied=applied)

    return make


def _broken(make: Callable[[], Exception], *, applied: bool) -> Callable[[str], RequestFault]:
    return lambda _: RequestFault(error=make(), applied=applied)


def _request_kinds(service: str, codes: dict[str, int]) -> list[FaultKind]:
    return [
        *(
            FaultKind(name=f"{service} request: {code}", fault=_answer(code, status))
            for code, status in codes.items()
        ),
        *(
            FaultKind(name=f"{service} not reached: {name}", fault=_broken(make, applied=False))
            for name, make in CONNECTION_ERRORS.items()
        ),
        *(
            FaultKind(name=f"{service} answer lost: {name}", fault=_broken(make, applied=True))
            for name, make in LOST_ANSWERS.items()
        ),
        FaultKind(
            name=f"{service} error 500 after applying",
            fault=_answer("InternalServerError", 500, applied=True),
        ),
        FaultKind(name=KILLED_BEFORE),
        FaultKind(name=KILLED_AFTER),
        FaultKind(name=SLOW),
        FaultKind(
            name=TIME_RUNS_OUT, fault=_broken(LOST_ANSWERS["ReadTimeoutError"], applied=False)
        ),
    ]


_TABLE_REQUEST, _STATEMENT, _BUCKET_REQUEST, _INVOCATION = "table", "statement", "bucket", "call"
TABLE_KINDS = _request_kinds(DYNAMODB, REQUEST_CODES)
STATEMENT_KINDS = [FaultKind(name=f"statement: {code}", code=code) for code in STATEMENT_CODES]
BUCKET_KINDS = _request_kinds(FAILURE_BUCKET, BUCKET_CODES)
PLACES: dict[str, list[FaultKind]] = {
    _TABLE_REQUEST: TABLE_KINDS,
    _STATEMENT: STATEMENT_KINDS,
    _BUCKET_REQUEST: BUCKET_KINDS,
    _INVOCATION: [FaultKind(name=THROTTLED), FaultKind(name=REPEATED)],
}


# After these, a record may be in the failure bucket although DynamoDB could store it.
BLAMED_ON_THE_RECORD = frozenset(
    {
        "DynamoDB request: ValidationException",
        "DynamoDB request: SerializationException",
        "DynamoDB request: ItemCollectionSizeLimitExceededException",
        "DynamoDB not reached: ParamValidationError",
    }
)


def all_kinds() -> list[str]:
    """Return the names of all kinds of fault, including those in a schedule from its start."""
    names = {kind.name for kinds in PLACES.values() for kind in kinds}
    situations = (DISCARDED, SPLIT, MERGED, REPLAYED_EXPORT, STOPPED_REPLAY)
    return sorted(names.union(situations, OUTAGES.values(), POISON_KINDS, SITUATIONS))


class Injector:
    """Chooses faults until the plan's number of them is reached.

    Parameters
    ----------
    plan
        Number and rate of the faults.
    random
        Source of all choices.
    """

    def __init__(self, plan: Plan, random: Random) -> None:
        self._left = plan.faults
        self._rate = plan.fault_rate
        self._random = random
        self.counts: Counter[str] = Counter()
        self._outages: dict[str, tuple[float, FaultKind]] = {}

    def begin_outage(self, service: str, until: float) -> None:
        """Make a service refuse every request with one fault until a time."""
        kinds = [
            kind
            for kind in PLACES[_TABLE_REQUEST if service == DYNAMODB else _BUCKET_REQUEST]
            if kind.fault is not None
            and kind.name not in BLAMED_ON_THE_RECORD
            and kind.name != TIME_RUNS_OUT
        ]
        self._outages[service] = until, self._random.choice(kinds)
        self.counts[OUTAGES[service]] += 1

    def outage(self, service: str, now: float) -> FaultKind | None:
        """Return the fault with which a service refuses everything now, if it does."""
        until, kind = self._outages.get(service, (now, None))
        return kind if now < until else None

    def begin(self, faults: int) -> None:
        """Start injecting faults, at most a number of them."""
        self._left = faults

    def end(self) -> None:
        """Stop injecting faults."""
        self._left = 0
        self._outages.clear()

    def table_request(self) -> FaultKind | None:
        """Return the fault of a request to DynamoDB, if any."""
        return self._choose(_TABLE_REQUEST, self._rate)

    def statement(self) -> FaultKind | None:
        """Return the fault of a statement, if any; there are many, so the chance is lower."""
        return self._choose(_STATEMENT, self._rate / 4)

    def bucket_request(self) -> FaultKind | None:
        """Return the fault of a request to the bucket, if any; there are few: a higher chance."""
        return self._choose(_BUCKET_REQUEST, min(1.0, self._rate * 3))

    def invocation(self) -> FaultKind | None:
        """Return the fault of an invocation, if any."""
        return self._choose(_INVOCATION, self._rate)

    def count(self, names: Iterable[str]) -> None:
        """Count a fault that a schedule contains from its start."""
        self.counts.update(names)

    def _choose(self, place: str, rate: float) -> FaultKind | None:
        if self._left == 0 or self._random.random() >= rate:
            return None
        self._left -= 1
        kind = self._random.choice(PLACES[place])
        self.counts[kind.name] += 1
        return kind
