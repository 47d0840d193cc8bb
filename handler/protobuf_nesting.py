"""Limits how deep an aggregate's message may be nested, before protobuf reads it.

Protobuf reads groups, which are legal as unknown fields, by recursion, and its limit of their depth
belongs to the process: any library may lift it for messages of its own, as pulumi does. Then a
frame of nested groups ends the process. So the limit is checked here, where no import changes it.

Source: Protocol Buffers documentation, "Encoding".
"""

from __future__ import annotations

MAX_DEPTH = 100
"""Maximum of messages and groups inside each other: protobuf's own default. The Kinesis Producer
Library nests two, tags in records."""

_VARINT, _EIGHT_BYTES, _LENGTH, _GROUP, _END_OF_GROUP, _FOUR_BYTES = range(6)
_WIRE_TYPE_BITS = 3
_WIRE_TYPE = (1 << _WIRE_TYPE_BITS) - 1
_FIXED_BYTES = {_EIGHT_BYTES: 8, _FOUR_BYTES: 4}

_MORE = 0x80
"""Bit of all bytes of a varint but the last."""

_MAX_LENGTH_OF_TWO_BYTES = 2**14 - 1
_MAX_TAG = 2**32 - 1
_MAX_TAG_BYTES, _MAX_VARINT_BYTES = 5, 10
_LENGTH_MASK = 2**64 - 1

# The tags in an ordinary aggregate, from messages.proto of aws_kinesis_agg.
_KEYS = frozenset((1 << _WIRE_TYPE_BITS | _LENGTH, 2 << _WIRE_TYPE_BITS | _LENGTH))
_RECORD = 3 << _WIRE_TYPE_BITS | _LENGTH
_KEY_INDEX, _DATA = 1 << _WIRE_TYPE_BITS, 3 << _WIRE_TYPE_BITS | _LENGTH
_MESSAGES = (_RECORD, 4 << _WIRE_TYPE_BITS | _LENGTH)
"""Tags of fields that hold messages, by the depth of the message that has the field."""


def is_readable(message: bytes) -> bool:
    """Return whether protobuf can read an aggregate's message within `MAX_DEPTH`.

    False also for a message whose fields do not fill it. Other faults are protobuf's to find.
    """
    try:
        return _is_readable(message, _end_of_ordinary_fields(message), len(message), 0)
    except IndexError:
        return False


def _end_of_ordinary_fields(message: bytes) -> int:
    """Return where the first field starts that is not as QLDB's producer writes it, or is long.

    Lengths and indexes of up to two bytes are read in place: calls would double the time.
    """
    start = 0
    end = len(message)
    try:
        while start < end:
            tag = message[start]
            length = message[start + 1]
            position = start + 2
            if length >= _MORE:
                length += (message[position] << 7) - _MORE
                position += 1
            stop = position + length
            if length > _MAX_LENGTH_OF_TWO_BYTES or stop > end:
                break
            if tag == _RECORD:
                place = position + (2 if message[position + 1] < _MORE else 3)
                if (
                    message[position] != _KEY_INDEX
                    or message[place - 1] >= _MORE
                    or message[place] != _DATA
                ):
                    break
                length = message[place + 1]
                place += 2
                if length >= _MORE:
                    length += (message[place] << 7) - _MORE
                    place += 1
                if place + length != stop:
                    break
            elif tag not in _KEYS:
                break
            start = stop
    except IndexError:
        return start
    return start


def _is_readable(message: bytes, position: int, end: int, depth: int) -> bool:
    """Return whether the fields between two places fill them and are not nested too deep."""
    groups: list[int] = []
    while position < end:
        tag, position = _varint(message, position, _MAX_TAG_BYTES)
        wire_type = tag & _WIRE_TYPE
        if wire_type == _LENGTH:
            length, start = _varint(message, position, _MAX_VARINT_BYTES)
            position = start + (length & _LENGTH_MASK)
            is_message = not groups and tag in _MESSAGES[depth : depth + 1]
            if position > end or (
                is_message and not _is_readable(message, start, position, depth + 1)
            ):
                return False
        elif wire_type == _VARINT:
            _, position = _varint(message, position, _MAX_VARINT_BYTES)
        elif wire_type in _FIXED_BYTES:
            position += _FIXED_BYTES[wire_type]
        elif tag > _MAX_TAG or not _enter_or_leave(groups, tag, MAX_DEPTH - depth):
            return False
    return position == end and not groups


def _enter_or_leave(groups: list[int], tag: int, most: int) -> bool:
    """Add a group to the open ones, or end the last; return whether the tag may do so."""
    field, wire_type = divmod(tag, 1 << _WIRE_TYPE_BITS)
    if wire_type == _GROUP:
        groups.append(field)
        return len(groups) <= most
    return wire_type == _END_OF_GROUP and bool(groups) and groups.pop() == field


def _varint(message: bytes, position: int, most: int) -> tuple[int, int]:
    """Read a varint of at most some bytes; return it, and where it ends."""
    value = 0
    for place in range(most):
        byte = message[position + place]
        value |= (byte & 0x7F) << 7 * place
        if byte < _MORE:
            return value, position + place + 1
    raise IndexError(position)
