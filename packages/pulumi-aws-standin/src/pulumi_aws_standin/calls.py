"""Ends every call with an answer, or with a gRPC error of one line."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeVar

import grpc
from google.protobuf import any_pb2
from pulumi.runtime.proto import provider_pb2, status_pb2

from pulumi_aws_standin.errors import CALL_ERRORS, ProviderError, describe
from pulumi_aws_standin.lifecycle import InitializationError
from pulumi_aws_standin.tags import TAGS, TAGS_ALL
from pulumi_aws_standin.wire import Properties, WireError, decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from google.protobuf import struct_pb2

_Answer = TypeVar("_Answer")


def answered(
    context: grpc.ServicerContext,
    what: str,
    answer: Callable[[], _Answer],
    *,
    verb: str = "",
    inputs: struct_pb2.Struct | None = None,
) -> _Answer:
    """Return an answer, or end the call with an error.

    Parameters
    ----------
    context
        Context of the call.
    what
        Subject of the call, for the error message: a URN, or a text.
    answer
        Returns the answer.
    verb
        Operation, for the error message: creating, reading, updating, deleting.
    inputs
        The wanted inputs, which are stored in the state if the resource does not match them.
    """
    label = _label(what, verb)
    try:
        return answer()
    except InitializationError as error:
        message = f"{label}: {error}"
        code = grpc.StatusCode.UNKNOWN
        wanted = decode(inputs)
        detail = any_pb2.Any()
        detail.Pack(
            provider_pb2.ErrorResourceInitFailed(
                id=error.identifier,
                properties=wire_outputs(error.outputs, wanted),
                reasons=[message],
                inputs=inputs,
            )
        )
        number, _ = code.value
        status = status_pb2.Status(code=number, message=message, details=[detail])
        context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    except (ProviderError, WireError, *CALL_ERRORS) as error:
        code, message = grpc.StatusCode.UNKNOWN, f"{label}: {describe(error)}"
    except Exception as error:  # noqa: BLE001 (defects of the provider are reported to the user too)
        place = traceback.extract_tb(error.__traceback__)[-1]
        file = Path(place.filename).name
        code = grpc.StatusCode.INTERNAL
        message = (
            f"{label}: the stand-in AWS provider failed in {file}, line {place.lineno}:"
            f" {type(error).__name__}: {error}"
        )
    return _end(context, code, message)


def _end(context: grpc.ServicerContext, code: grpc.StatusCode, message: str) -> NoReturn:
    context.abort(code, " ".join(message.split()))
    raise AssertionError  # abort has raised


def wire_outputs(values: Mapping[str, object], inputs: Properties) -> struct_pb2.Struct:
    """Return outputs in wire form; outputs that contain a secret input are secret as well."""
    secrets = set(inputs.secrets)
    if TAGS.name in secrets:
        secrets.add(TAGS_ALL)
    return encode(values, secrets)


def _label(what: str, verb: str) -> str:
    if what.startswith("urn:"):
        what = f'{type_of(what)} "{what.rsplit("::", 1)[-1]}"'
    return f"{verb} {what}" if verb else what


def type_of(urn: str) -> str:
    """Return the resource type's token in a URN."""
    # urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME; a name may hold further colons.
    return urn.split("::", 3)[2].rsplit("$", 1)[-1]
