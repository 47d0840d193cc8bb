"""Answers to a request of one statement, and what each of them means for its write."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from tests.support.odd_server import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping

_OK = b'{"Responses": [{}]}'
_VALIDATION = b'{"__type": "x#ValidationException", "message": "m"}'

APPLIED, PERMANENT, TRANSIENT = "applied", "permanent", "transient"

ANSWERS: Mapping[str, tuple[Answer, str]] = {
    "a success": (Answer(200, _OK), APPLIED),
    "a success with its checksum": (
        Answer(200, _OK, {"x-amz-crc32": str(zlib.crc32(_OK))}),
        APPLIED,
    ),
    "a success with a wrong checksum": (Answer(200, _OK, {"x-amz-crc32": "1"}), TRANSIENT),
    "a success with a checksum that is no number": (
        Answer(200, _OK, {"x-amz-crc32": "one"}),
        TRANSIENT,
    ),
    "a refusal": (Answer(400, _VALIDATION), PERMANENT),
    "a refusal with a wrong checksum": (
        Answer(400, _VALIDATION, {"x-amz-crc32": "1"}),
        TRANSIENT,
    ),
    "a refusal of a server that fails": (Answer(500, _VALIDATION), TRANSIENT),
    "a request that is too large": (Answer(413, b""), PERMANENT),
    "a refusal of a proxy": (Answer(502, b"<html>"), TRANSIENT),
    "an error whose code is a number": (
        Answer(200, b'{"Responses": [{"Error": {"Code": 5}}]}'),
        TRANSIENT,
    ),
    "a refusal whose code is a number": (Answer(400, b'{"__type": 5}'), TRANSIENT),
    "a refusal whose body is a list": (Answer(400, b'["ValidationException"]'), TRANSIENT),
    "no content": (Answer(204, b""), TRANSIENT),
    "a redirection": (Answer(302, b"", {"Location": "http://127.0.0.1:1/"}), TRANSIENT),
    "an empty body": (Answer(200, b""), TRANSIENT),
    "a page": (Answer(200, b"<html>"), TRANSIENT),
    "a compressed body": (Answer(200, b"\x1f\x8b\x08", {"Content-Encoding": "gzip"}), TRANSIENT),
    "a body that is not UTF-8": (Answer(200, b'{"Responses": [{"\xff": 1}]}'), TRANSIENT),
    "a body that ends too early": (Answer(200, _OK, {"Content-Length": "9999"}), TRANSIENT),
    **{
        f"the answer {body}": (Answer(200, body.encode()), TRANSIENT)
        for body in (
            "null",
            "[]",
            '"x"',
            "{}",
            '{"Responses": null}',
            '{"Responses": {}}',
            '{"Responses": []}',
            '{"Responses": [null]}',
            '{"Responses": [[]]}',
            '{"Responses": [{}, {}]}',
            '{"Responses": "x"}',
            '{"Responses": [{"Error": "x"}]}',
            '{"Responses": [{"Error": ["Code"]}]}',
            '{"Responses": [{"Error": false}]}',
            '{"Responses": [{"Error": 0}]}',
            '{"Responses": [{"Error": {}}]}',
        )
    },
}
"""By name."""
