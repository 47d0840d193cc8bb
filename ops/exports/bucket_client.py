"""The part of S3's client that reading exports needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable


class BucketClient(Protocol):
    """Reads the objects of buckets."""

    @property
    def get_object(self) -> Callable[..., Any]:
        """Read one object."""

    @property
    def head_object(self) -> Callable[..., Any]:
        """Read the properties of one object."""

    @property
    def list_objects_v2(self) -> Callable[..., Any]:
        """List one page of keys."""
