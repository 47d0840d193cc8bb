"""Failures of the stand-in provider, worded for the person who runs `pulumi up`."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from collections.abc import Iterator


class ProviderError(Exception):
    """A failed request, described in one line."""


class PropertyError(ProviderError):
    """The service refused to apply a property of a resource."""


class ServiceError(Exception):
    """An error response of the QLDB service.

    Attributes
    ----------
    code
        The exception's name in the QLDB API, for example ResourceNotFoundException.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


CALL_ERRORS: Final = (BotoCoreError, ClientError, ServiceError)
"""Exceptions that a call to the local AWS can raise."""


def code_of(error: Exception) -> str:
    """Return the service's code of an error; an empty string if it has none."""
    if isinstance(error, ServiceError):
        return error.code
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", ""))
    return ""


def describe(error: Exception) -> str:
    """Return the service's code and message of a failed call in one line."""
    if isinstance(error, ClientError):
        answer = error.response.get("Error", {})
        return f"{answer.get('Code', 'Unknown')}: {answer.get('Message', 'no message')}"
    if isinstance(error, (ProviderError, ServiceError, BotoCoreError)):
        return str(error)
    return f"{type(error).__name__}: {error}"


@contextmanager
def applying(*properties: str) -> Iterator[None]:
    """Convert an error in the block into one that names the properties being applied.

    Raises
    ------
    PropertyError
        If a call in the block failed.
    """
    try:
        yield
    except CALL_ERRORS as error:
        raise PropertyError(f"applying {', '.join(properties)}: {describe(error)}") from error


@contextmanager
def missing_is_fine(*codes: str) -> Iterator[None]:
    """Suppress errors in the block that mean that the resource does not exist.

    Parameters
    ----------
    codes
        The service's error codes with this meaning.
    """
    try:
        yield
    except CALL_ERRORS as error:
        if code_of(error) not in codes:
            raise
