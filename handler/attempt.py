"""The state of one write until it has an outcome, as far as all kinds of write share it."""

from __future__ import annotations

import enum
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from handler.error_codes import FaultClass
from handler.outcomes import CONTENDED, Outcome, Permanent, Transient

if TYPE_CHECKING:
    from collections.abc import Mapping

_MAX_SWITCHES = 6
"""Switches of the kind of request before a write is left to the next delivery."""


class Kind(enum.Enum):
    """The kinds of request that can carry out a write."""

    INSERT = "insert"
    UPDATE = "update"
    PUT = "put"
    """A request of its own with the whole item, which no statement's limits bind."""


class Attempt(ABC):
    """One write, with its next request.

    Attributes
    ----------
    attributes
        What a request carries of it.
    table_name
        The DynamoDB table.
    kind
        Kind of its next request; None before the first.
    outcome
        None until it is known.
    code
        Why its last request has to be repeated after a backoff; None if it need not be.
    isolated
        Whether its next statement must be the only one of its request.
    """

    __slots__ = ("attributes", "code", "isolated", "kind", "outcome", "switches", "table_name")

    def __init__(
        self, table_name: str, attributes: Mapping[str, Any], kind: Kind | None = None
    ) -> None:
        self.table_name = table_name
        self.attributes = attributes
        self.kind = kind
        self.outcome: Outcome | None = None
        self.code: str | None = None
        self.isolated = False
        self.switches = 0

    @abstractmethod
    def statement(self) -> dict[str, Any]:
        """Return the next statement of a batch."""

    @abstractmethod
    def put(self) -> dict[str, Any]:
        """Return the arguments of the next ``PutItem``."""

    @abstractmethod
    def succeeded(self) -> None:
        """Record the success of the last request."""

    @abstractmethod
    def exists(self) -> None:
        """Act on the refusal of an INSERT: there is an item."""

    @abstractmethod
    def refused(self, item: Mapping[str, Any] | None) -> None:
        """Act on the refusal of the last request's condition.

        Parameters
        ----------
        item
            The item that refused it; None if there is none, or the answer does not have it.
        """

    def failed(self, code: str, fault: FaultClass | None) -> None:
        """Record a fault of the last request."""
        match fault:
            case FaultClass.PERMANENT if self.kind is not Kind.PUT:
                # The text of the statement may be the cause: the item without a text will tell.
                self.switch(Kind.PUT)
            case FaultClass.PERMANENT:
                self.outcome = Permanent(code)
            case FaultClass.CONFIGURATION:
                self.outcome = Transient(code)
            case _:
                self.retry_later(code)

    def switch(self, kind: Kind) -> None:
        """Try another kind of request next."""
        self.kind = kind
        self.code = None
        self.switches += 1
        if self.switches > _MAX_SWITCHES:
            self.outcome = Transient(CONTENDED)

    def retry_later(self, code: str) -> None:
        """Try the same kind of request again after a backoff."""
        self.code = code
