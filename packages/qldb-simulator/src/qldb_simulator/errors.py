"""Errors of the simulator that its users catch."""

from __future__ import annotations


class SimulatorError(Exception):
    """The simulated QLDB cannot do what was asked; the text names the reason in one line."""


class TransactionError(SimulatorError):
    """A transaction breaks a rule of QLDB and was not committed."""


class ServiceError(SimulatorError):
    """The service refused a request.

    Attributes
    ----------
    code
        Name of the error, such as ResourceNotFoundException or TransactionError.
    status
        HTTP status.
    """

    def __init__(self, code: str, status: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
