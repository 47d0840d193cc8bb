"""Pages of list operations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from qldb_simulator.api_errors import invalid

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MAX_PAGE: Final = 100


def page(
    member: str, items: Sequence[dict[str, Any]], query: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """Return the page that a query asks for.

    A token is the position of the next item, padded to the minimum length in the API model.

    Raises
    ------
    ApiError
        If the query is not valid.
    """
    limit, token = query.get("max_results", ["100"])[0], query.get("next_token", ["0000"])[0]
    if not limit.isdecimal() or not 1 <= int(limit) <= _MAX_PAGE:
        raise invalid("MaxResults", f"expected a number between 1 and {_MAX_PAGE}")
    if not token.isdecimal():
        raise invalid("NextToken", "expected a token from an earlier page")
    start, end = int(token), int(token) + int(limit)
    answer: dict[str, Any] = {member: list(items[start:end])}
    if end < len(items):
        answer["NextToken"] = f"{end:04}"
    return answer
