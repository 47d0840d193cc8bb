"""Errors that QLDB's API model declares."""

from __future__ import annotations

from typing import Final

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


def not_found(kind: str, name: str) -> ApiError:
    """Return the error for a resource that does not exist."""
    return _resource_error(
        "ResourceNotFoundException", f"there is no {kind.lower()} {name}", kind, name
    )


def already_exists(kind: str, name: str) -> ApiError:
    """Return the error for a name that is already in use."""
    return _resource_error(
        "ResourceAlreadyExistsException", f"{kind.lower()} {name} exists", kind, name
    )


def in_use(kind: str, name: str, message: str) -> ApiError:
    """Return the error for a resource that others depend on."""
    return _resource_error("ResourceInUseException", message, kind, name)


def precondition_not_met(kind: str, name: str, message: str) -> ApiError:
    """Return the error for a resource in the wrong state."""
    return _resource_error("ResourcePreconditionNotMetException", message, kind, name)


def invalid(parameter: str, reason: str) -> ApiError:
    """Return the error for a parameter that breaks a rule."""
    return ApiError("InvalidParameterException", f"{parameter}: {reason}", ParameterName=parameter)


def _resource_error(code: str, message: str, kind: str, name: str) -> ApiError:
    return ApiError(code, message, ResourceType=kind, ResourceName=name)
