"""What each error of DynamoDB, S3 and the SDK means for a record: one table, with its sources.

Sources
-------
batch
    DynamoDB API reference, ``BatchStatementError``: codes of single statements. They are the names
    of the exceptions without the suffix, with a few words of their own (``ValidationError``).
request
    DynamoDB developer guide, "Error handling with DynamoDB": errors of a whole request.
common
    DynamoDB API reference, "Common errors": errors that every AWS service can answer with.
s3
    Amazon S3 API reference, "Error responses".
sdk
    ``botocore.exceptions``: no answer came at all; the code is then the exception's name.
"""

from __future__ import annotations

import enum

from botocore.exceptions import ClientError

_SERVER_FAULT = 500
_SUFFIXES = ("Exception", "Error")


class FaultClass(enum.Enum):
    """What to do about a fault."""

    PERMANENT = "permanent"
    """The record itself is the cause: trying again cannot help, so the failure bucket keeps it."""

    TRANSIENT = "transient"
    """Trying again soon can help: with backoff while time is left, then by the event source
    mapping."""

    CONFIGURATION = "configuration"
    """The deployment is wrong (permission, table, key): no record is to blame, so none may be put
    aside as bad. Trying again at once is pointless; the event source mapping delivers again, and
    after its last attempt keeps the batch in the failure bucket."""


_PERMANENT = FaultClass.PERMANENT
_TRANSIENT = FaultClass.TRANSIENT
_CONFIGURATION = FaultClass.CONFIGURATION

# Keys are codes without the suffix "Exception" or "Error", by which statements and requests differ.
FAULT_CLASSES: dict[str, FaultClass] = {
    # batch, request: the item or the statement breaks a rule of DynamoDB (over 400 KB, nested too
    # deep, an empty name, a key that is empty or too long).
    "Validation": _PERMANENT,
    "ItemCollectionSizeLimitExceeded": _PERMANENT,
    # request: the body is not what the protocol allows, such as a text that is not Unicode.
    "Serialization": _PERMANENT,
    # sdk: a value that the SDK refuses to send.
    "ParamValidation": _PERMANENT,
    # batch, request: too much at once, or a conflict with somebody else's request.
    "ProvisionedThroughputExceeded": _TRANSIENT,
    "RequestLimitExceeded": _TRANSIENT,
    "Throttling": _TRANSIENT,
    "ThrottledRequest": _TRANSIENT,
    "TooManyRequests": _TRANSIENT,
    "LimitExceeded": _TRANSIENT,
    "TransactionConflict": _TRANSIENT,
    "TransactionInProgress": _TRANSIENT,
    "ReplicatedWriteConflict": _TRANSIENT,
    # batch, request, common, s3: the service is in trouble.
    "InternalServer": _TRANSIENT,
    "InternalFailure": _TRANSIENT,
    "Internal": _TRANSIENT,
    "ServiceUnavailable": _TRANSIENT,
    "RequestTimeout": _TRANSIENT,
    "SlowDown": _TRANSIENT,
    "OperationAborted": _TRANSIENT,
    # common: a clock that is off or credentials at the end of their life; new ones come by
    # themselves.
    "RequestExpired": _TRANSIENT,
    "RequestTimeTooSkewed": _TRANSIENT,
    "ExpiredToken": _TRANSIENT,
    # sdk: no answer.
    "ConnectTimeout": _TRANSIENT,
    "ReadTimeout": _TRANSIENT,
    "EndpointConnection": _TRANSIENT,
    "ConnectionClosed": _TRANSIENT,
    "HTTPClient": _TRANSIENT,
    "ResponseParser": _TRANSIENT,
    "Checksum": _TRANSIENT,  # `handler.dynamodb_transport`: an answer that was changed on the way
    "CredentialRetrieval": _TRANSIENT,
    # batch, request, common, s3: the deployment is wrong.
    "AccessDenied": _CONFIGURATION,
    "ResourceNotFound": _CONFIGURATION,
    "ResourceInUse": _CONFIGURATION,
    "TableNotFound": _CONFIGURATION,
    "NoSuchBucket": _CONFIGURATION,
    "UnrecognizedClient": _CONFIGURATION,
    "InvalidClientTokenId": _CONFIGURATION,
    "InvalidAccessKeyId": _CONFIGURATION,
    "InvalidSignature": _CONFIGURATION,
    "SignatureDoesNotMatch": _CONFIGURATION,
    "IncompleteSignature": _CONFIGURATION,
    "MissingAuthenticationToken": _CONFIGURATION,
    "NotAuthorized": _CONFIGURATION,
    "OptInRequired": _CONFIGURATION,
    "NoCredentials": _CONFIGURATION,
    "PartialCredentials": _CONFIGURATION,
    "UnknownOperation": _CONFIGURATION,
    # request: a key of AWS KMS that encrypts the table cannot be used.
    "KMSAccessDenied": _CONFIGURATION,
    "KMSDisabled": _CONFIGURATION,
    "KMSInvalidState": _CONFIGURATION,
    "KMSKeyNotAccessible": _CONFIGURATION,
    "KMSNotFound": _CONFIGURATION,
    "InaccessibleEncryptionCredentials": _CONFIGURATION,
}

# Refusals of a condition. They are answers, not faults: the writer asks for the condition.
CONDITION_REFUSED = "ConditionalCheckFailed"
ALREADY_EXISTS = "DuplicateItem"


def normalized(code: str) -> str:
    """Give the name that statements and whole requests share for one code."""
    name = code.rpartition("#")[2].partition(":")[0]
    for suffix in _SUFFIXES:
        name = name.removesuffix(suffix)
    return name


def classified(code: str) -> tuple[str, FaultClass | None]:
    """Look a code up.

    Returns
    -------
    tuple
        The code as the table names it, and its class. An unknown code stays as it is, with None
        for a class: it counts as transient, so that nothing is ever put aside on a guess.
    """
    name = normalized(code)
    fault = FAULT_CLASSES.get(name)
    return (code, None) if fault is None else (name, fault)


def of_exception(error: Exception) -> tuple[str, FaultClass | None]:
    """Give code and class of a request that failed as a whole, as `classified` does.

    The exception's message is never used: DynamoDB quotes values in some of them. An answer with
    an HTTP status from 500 is transient whatever its code: a proxy on the way has its own.
    """
    if not isinstance(error, ClientError):
        return classified(type(error).__name__)
    code, fault = classified(str(error.response.get("Error", {}).get("Code", "Unknown")))
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return code, FaultClass.TRANSIENT if status >= _SERVER_FAULT else fault
