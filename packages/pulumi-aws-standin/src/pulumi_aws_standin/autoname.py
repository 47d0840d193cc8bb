"""Generates the names of resources to which the program gives none."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

_DIGITS = 7


@dataclass(frozen=True, kw_only=True)
class Autoname:
    """The limits on names of a resource type.

    Attributes
    ----------
    max_length
        The service's limit on the length of a name, in characters.
    lower_case
        Whether the service refuses capitals (S3).
    """

    max_length: int
    lower_case: bool = False


class NameTooLongError(Exception):
    """A logical name is too long for the random digits to be added."""


def physical_name(logical: str, rule: Autoname, *, seed: bytes, urn: str) -> str:
    """Return the logical name, a hyphen and seven hexadecimal digits.

    Parameters
    ----------
    logical
        The resource's name in the program.
    rule
        The limits of the service.
    seed
        The engine's random seed: with the same seed, a preview and its update result in the same
        name. Without a seed the digits are random.
    urn
        Distinguishes resources that share a logical name and a seed.

    Raises
    ------
    NameTooLongError
        If the result would exceed the service's limit.
    """
    material = seed + urn.encode() if seed else secrets.token_bytes(16)
    digits = hashlib.sha256(material).hexdigest()[:_DIGITS]
    prefix = logical.lower() if rule.lower_case else logical
    name = f"{prefix}-{digits}"
    if len(name) > rule.max_length:
        raise NameTooLongError(
            f"the name {logical!r} followed by a hyphen and {_DIGITS} digits exceeds the"
            f" {rule.max_length} characters that the service accepts"
        )
    return name
