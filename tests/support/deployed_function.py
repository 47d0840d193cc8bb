"""The deployed function, as Lambda describes it to `ops`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.support.faults import client_error

FUNCTION = "replica-1a2b"


@dataclass(kw_only=True)
class DeployedFunction:
    """A client of Lambda that knows one function.

    Attributes
    ----------
    code
        Hash of its archive.
    error
        Code of an error that Lambda answers instead; None for none.
    asked
        Names of the functions that were asked for.
    """

    code: str = "code"
    error: str | None = None
    asked: list[str] = field(default_factory=list)

    def get_function_configuration(self, *, FunctionName: str) -> dict[str, Any]:  # noqa: N803 (boto3's name)
        self.asked.append(FunctionName)
        if self.error is not None:
            raise client_error("GetFunctionConfiguration", self.error, "")
        return {"FunctionName": FunctionName, "CodeSha256": self.code}
