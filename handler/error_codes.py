"""How each error of DynamoDB, S3 and the SDK is handled.

Sources
-------
batch
    DynamoDB API reference, ``BatchStatementError``: codes of single statements. They are the names
    of the exceptions without the suffix, with a few exceptions (``ValidationError``).
request
    DynamoDB developer guide, "Error handling with DynamoDB": errors of a whole request.
common
    DynamoDB API reference, "Common errors": errors of every AWS service.
s3
    Amazon S3 API reference, "Error responses".
sdk
    ``botocore.exceptions``: no answer arrived; the code is the exception's name.
"""

from __future__ import annotations

import enum

from botocore.exceptions import ClientError

_SERVER_FAULT = 500
_TOO_LARGE = 413
_SUFFIXES = ("Exception", "Error")


class FaultClass(enum.Enum):
    """How to respond to a fault."""

    PERMANENT = "permanent"
    """The record itself is the cause: a retry cannot help, so it is quarantined."""

    TRANSIENT = "transient"
    """A retry can help: with backoff while time is left, then by redelivery."""

    CONFIGURATION = "configuration"
    """The deployment is wrong (permission, table, key). Deployment errors never quarantine a
    record. An immediate retry is pointless: the event source mapping redelivers the batch, and
    sends it to the failure bucket after the last attempt."""


_PERMANENT = FaultClass.PERMANENT
_TRANSIENT = FaultClass.TRANSIENT
_CONFIGURATION = FaultClass.CONFIGURATION

FAULT_CLASSES: dict[str, FaultClass] = {
    # batch, request: the item or the statement breaks a rule of DynamoDB (over 400 KB, nested too
    # deep, an empty name, a key that is empty or too long).
    "Validation": _PERMANENT,
    "ItemCollectionSizeLimitExceeded": _PERMANENT,
    # request: the body is not what the protocol allows, such as a text that is not Unicode.
    "Serialization": _PERMANENT,
    # sdk: a value that the SDK refuses to send.
    "ParamValidation": _PERMANENT,
    # batch, request: too many requests, or a conflict with another request.
    "ProvisionedThroughputExceeded": _TRANSIENT,
    "RequestLimitExceeded": _TRANSIENT,
    "Throttling": _TRANSIENT,
    "ThrottledRequest": _TRANSIENT,
    "TooManyRequests": _TRANSIENT,
    "LimitExceeded": _TRANSIENT,
    "TransactionConflict": _TRANSIENT,
    "TransactionInProgress": _TRANSIENT,
    "ReplicatedWriteConflict": _TRANSIENT,
    # batch, request, common, s3: the service fails.
    "InternalServer": _TRANSIENT,
    "InternalFailure": _TRANSIENT,
    "Internal": _TRANSIENT,
    "ServiceUnavailable": _TRANSIENT,
    "RequestTimeout": _TRANSIENT,
    "SlowDown": _TRANSIENT,
    "OperationAborted": _TRANSIENT,
    # common: a wrong clock or expired credentials; credentials are renewed automatically.
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
    "Checksum": _TRANSIENT,  # `handler.dynamodb_transport`: a corrupted answer
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
    # request: the AWS KMS key that encrypts the table cannot be used.
    "KMSAccessDenied": _CONFIGURATION,
    "KMSDisabled": _CONFIGURATION,
    "KMSInvalidState": _CONFIGURATION,
    "KMSKeyNotAccessible": _CONFIGURATION,
    "KMSNotFound": _CONFIGURATION,
    "InaccessibleEncryptionCredentials": _CONFIGURATION,
}
"""By code without the suffix "Exception" or "Error", in which statements and requests differ."""

CONDITION_REFUSED = "ConditionalCheckFailed"
ALREADY_EXISTS = "DuplicateItem"
"""Like `CONDITION_REFUSED`, an answer that the writer asks for, not a fault."""


def normalized(code: str) -> str:
    """Return the name that statements and requests share for one code."""
    name = code.rpartition("#")[2].partition(":")[0]
    for suffix in _SUFFIXES:
        name = name.removesuffix(suffix)
    return name


def classified(code: str) -> tuple[str, FaultClass | None]:
    """Look up a code.

    Returns
    -------
    tuple
        The code as the table names it, and its class. An unknown code is returned unchanged, with
        None for its class: it counts as transient, so that nothing is quarantined by guesswork.
    """
    name = normalized(code)
    fault = FAULT_CLASSES.get(name)
    return (code, None) if fault is None else (name, fault)


def of_exception(error: Exception) -> tuple[str, FaultClass | None]:
    """Return code and class of a request that failed as a whole, as `classified` does.

    The exception's message is never used: some messages of DynamoDB quote values. An answer with an
    HTTP status from 500 is transient whatever its code, because a proxy may use its own codes. One
    with the status 413 comes before the service looks at the body, so it has no code: the request
    is too large and will always be.
    """
    if not isinstance(error, ClientError):
        return classified(type(error).__name__)
    code, fault = classified(str(error.response.get("Error", {}).get("Code", "Unknown")))
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if status == _TOO_LARGE:
        return code, FaultClass.PERMANENT
    return code, FaultClass.TRANSIENT if status >= _SERVER_FAULT else fault
