"""Operations of a transaction: what QLDB's PartiQL statements do to tables and documents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class CreateTable:
    """``CREATE TABLE``."""

    table: str


@dataclass(frozen=True, kw_only=True)
class DropTable:
    """``DROP TABLE``: the table becomes inactive, its documents stay in the journal."""

    table: str


@dataclass(frozen=True, kw_only=True)
class Insert:
    """``INSERT`` of a document (an Ion struct); its id is generated if None."""

    table: str
    document: Any
    document_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Update:
    """``UPDATE`` that replaces a whole document."""

    table: str
    document_id: str
    document: Any


@dataclass(frozen=True, kw_only=True)
class Delete:
    """``DELETE`` of a document."""

    table: str
    document_id: str


@dataclass(frozen=True, kw_only=True)
class Redact:
    """``REDACT_REVISION`` of one inactive revision."""

    table: str
    document_id: str
    version: int


@dataclass(frozen=True, kw_only=True)
class Select:
    """``SELECT``; a transaction that only reads also creates a block."""

    table: str


Operation = CreateTable | DropTable | Insert | Update | Delete | Redact | Select
