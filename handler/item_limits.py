"""DynamoDB's limits on an item, decided before anything is sent. Pure.

The statements disagree at the limits (`handler.values.MAX_NESTING` is an example), so the end would
depend on the order of arrival. Every limit therefore has one border, which every statement passes.

Sources: DynamoDB developer guide, "DynamoDB item sizes and formats" (how an item is counted) and
"Constraints" (its limits). The guide counts numbers approximately; they are counted here as in
AWS's DynamoDB Local 2.6.1, where the borders of INSERT, UPDATE and PutItem are the same byte.
"""

from __future__ import annotations

from decimal import Context, Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

import orjson

from handler.contract import MAX_PARTITION_KEY_BYTES
from handler.values import MAX_ITEM_BYTES, TOO_LARGE, UnstorableValue
from journal.ion.symbols import stored_texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from handler.values import AttributeValue
    from journal.ion.structure import Span
    from journal.ion.symbols import Names

MAX_NAME_BYTES = 65_535
"""Length of a name in a map: below 64 KB, says the guide."""

_CONTAINER_BYTES = 3
_ELEMENT_BYTES = 1
_FIXED_BYTES = 1
"""A null or a bool."""

_SURE_BYTES = 360 * 1024
"""Below it nothing is counted. The rest is for what no record holds: the attributes' names, which
are at most the 8,192 characters of a statement, and the attributes that the handler adds."""

_MAX_JSON_BYTES = 8 * 1024 * 1024
"""Bounds the memory of an estimate."""

_MAX_CACHED_BYTES = 8192
"""Maximum size of a record whose symbols are cached: large ones would fill the memory."""

_CACHED_SYMBOLS = 256
"""Maximum number of cached symbol tables."""

_REMEMBERED_RECORDS = 4
"""Large records whose longest symbol is remembered, and with it all their symbols."""

_REMEMBERED_SYMBOLS = 10_000
"""With more symbols of earlier records, only those of the last one stay: a record of nothing else
takes 20 MB."""

_EXACT = Context(prec=500, Emax=99_999, Emin=-99_999)


def surely_fits(
    attributes: Mapping[str, AttributeValue], document: Span | None, copies: int
) -> bool:
    """Return whether an item is so small that its bytes need not be counted, which takes long.

    No byte of a document becomes more bytes of an item than the longest symbol of its record has.
    What is no symbol grows less than by the 24 bytes of the longest system symbol: the worst is a
    timestamp of 11 bytes with a fraction of `journal.ion.timestamps.MAX_LEADING_ZEROS`. For larger
    documents the attributes' JSON is the bound: no value is shorter in JSON than in an item.

    Parameters
    ----------
    attributes
        The attributes from the record.
    document
        The document in the record; None for a tombstone.
    copies
        How many attributes can hold one and the same value of the document.
    """
    if document is None:
        return False
    record, names, _, start, stop = document
    size = len(record)
    if size * size * copies <= _SURE_BYTES:  # a symbol is shorter than its record
        return True
    if size <= _MAX_CACHED_BYTES:
        longest = _cached_longest(stored_texts(names))
    else:
        longest = _longest_of(names)
    if longest > MAX_NAME_BYTES:
        return False
    at_most = (stop - start + _CONTAINER_BYTES) * longest * copies
    if at_most <= _SURE_BYTES:
        return True
    if at_most > _MAX_JSON_BYTES:
        return False
    return len(orjson.dumps(attributes, default=_of_as_many_bytes)) <= _SURE_BYTES


def _longest(names: tuple[str, ...]) -> int:
    return max(map(utf8_bytes, names))


def _longest_of(names: Names) -> int:
    """Return the length of the longest symbol of a large record.

    An object of an export is one record with thousands of documents, and documents of a few objects
    take turns, so that of the last few records is remembered.
    """
    known = _lengths.get(id(names))
    if known is None:
        remembered = sum([len(stored_texts(each)) for each, _ in list(_lengths.values())])
        if len(_lengths) >= _REMEMBERED_RECORDS or remembered > _REMEMBERED_SYMBOLS:
            _lengths.clear()
        known = _lengths[id(names)] = names, _longest(stored_texts(names))
    return known[1]


_lengths: dict[int, tuple[Names, int]] = {}
"""Symbols of large records by their identity, which is theirs as long as they are here, and the
length of the longest of each."""

_cached_longest = lru_cache(maxsize=_CACHED_SYMBOLS)(_longest)


def _of_as_many_bytes(value: bytes) -> str:
    return "=" * len(value)


def check_key(document_id: str) -> None:
    """Raise an error if a document's id is too long for a key.

    Raises
    ------
    UnstorableValue
        If it is.
    """
    if utf8_bytes(document_id) > MAX_PARTITION_KEY_BYTES:
        raise UnstorableValue(f"a document id of more than {MAX_PARTITION_KEY_BYTES} bytes")


def check_item(item: Mapping[str, AttributeValue]) -> None:
    """Raise an error if an item is too large, or a name in it is too long.

    Parameters
    ----------
    item
        The whole item with its key.

    Raises
    ------
    UnstorableValue
        With a code that names the limit.
    """
    # The bytes of a number take long to count, and matter only near the limit.
    if _item_bytes(item, _at_most_number_bytes) > MAX_ITEM_BYTES:
        check_bytes(item_bytes(item))


def check_bytes(count: int) -> None:
    """Raise an error if an item of this many bytes is too large.

    Raises
    ------
    UnstorableValue
        If it is.
    """
    if count > MAX_ITEM_BYTES:
        raise UnstorableValue(TOO_LARGE)


def item_bytes(item: Mapping[str, AttributeValue]) -> int:
    """Return an item's bytes, or any number above `MAX_ITEM_BYTES` as soon as it has more.

    Parameters
    ----------
    item
        Attributes; the whole item has its key too.

    Raises
    ------
    UnstorableValue
        If a name in it is too long.
    """
    return _item_bytes(item, _number_bytes)


def utf8_bytes(text: str) -> int:
    """Return the bytes of a text in UTF-8."""
    return len(text) if text.isascii() else len(text.encode())


def _number_bytes(text: str) -> int:
    """Return the bytes of a number: one, one for each pair of digits, one for a minus sign."""
    number = Decimal(text)
    if not number:
        return 1
    normal = number.normalize(_EXACT)
    lowest = int(normal.as_tuple().exponent)
    pairs = normal.adjusted() // 2 - lowest // 2 + 1
    return 1 + pairs + (number < 0)


def _at_most_number_bytes(text: str) -> int:
    return 3 + len(text) // 2


def _item_bytes(item: Mapping[str, AttributeValue], number_bytes: Callable[[str], int]) -> int:
    count = 0
    for name, value in item.items():
        count = _count(value, count + utf8_bytes(name), number_bytes)
        if count > MAX_ITEM_BYTES:
            break
    return count


def _count(value: AttributeValue, count: int, number_bytes: Callable[[str], int]) -> int:
    """Return the count after a value, which may end early once it is above the limit."""
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return count + utf8_bytes(content)
        case "N":
            return count + number_bytes(content)
        case "B":
            return count + len(content)
        case "L":
            return _count_list(content, count + _CONTAINER_BYTES, number_bytes)
        case "M":
            return _count_map(content, count + _CONTAINER_BYTES, number_bytes)
    return count + _FIXED_BYTES


def _count_list(
    elements: Iterable[AttributeValue], count: int, number_bytes: Callable[[str], int]
) -> int:
    for element in elements:
        count = _count(element, count + _ELEMENT_BYTES, number_bytes)
        if count > MAX_ITEM_BYTES:
            break
    return count


def _count_map(
    members: Mapping[str, AttributeValue], count: int, number_bytes: Callable[[str], int]
) -> int:
    for name, member in members.items():
        length = utf8_bytes(name)
        if length > MAX_NAME_BYTES:
            raise UnstorableValue(f"a field name of more than {MAX_NAME_BYTES} bytes")
        count = _count(member, count + _ELEMENT_BYTES + length, number_bytes)
        if count > MAX_ITEM_BYTES:
            break
    return count
