"""A stand-in for Pulumi's engine: calls the provider's servicer in this process."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn, cast

from pulumi.runtime.proto import provider_pb2, status_pb2

from pulumi_aws_standin.server import Provider
from pulumi_aws_standin.wire import Archive, Asset, decode, encode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import grpc


class CallError(Exception):
    """The provider ended a call with an error.

    Attributes
    ----------
    detail
        What is to stay in the state of a resource that exists but is not as wanted.
    """

    def __init__(self, message: str, detail: provider_pb2.ErrorResourceInitFailed | None) -> None:
        super().__init__(message)
        self.detail = detail


class _Context:
    def __init__(self) -> None:
        self._detail: provider_pb2.ErrorResourceInitFailed | None = None

    def set_trailing_metadata(self, metadata: Iterable[tuple[str, bytes]]) -> None:
        for name, value in metadata:
            assert name == "grpc-status-details-bin"
            status = status_pb2.Status.FromString(value)
            self._detail = provider_pb2.ErrorResourceInitFailed()
            assert status.details[0].Unpack(self._detail)

    def abort(self, code: object, message: str) -> NoReturn:
        assert code is not None
        assert "\n" not in message
        raise CallError(message, self._detail)


def context() -> grpc.ServicerContext:
    """Return the part of a gRPC context that the provider uses."""
    return cast("grpc.ServicerContext", _Context())


@dataclass
class Held:
    """A resource in the engine's state."""

    urn: str
    identifier: str
    inputs: dict[str, object]
    outputs: dict[str, object]
    secrets: frozenset[str] = field(default=frozenset())


class Engine:
    """Keeps the order of calls that Pulumi's engine keeps."""

    def __init__(self, environment: Mapping[str, str], *, configure: bool = True) -> None:
        self.provider = Provider(environment)
        if configure:
            self.configure()

    def configure(self) -> provider_pb2.ConfigureResponse:
        return self.provider.Configure(provider_pb2.ConfigureRequest(), context())

    def check(
        self,
        urn: str,
        inputs: Mapping[str, object],
        old: Mapping[str, object] | None = None,
        secrets: Iterable[str] = (),
    ) -> provider_pb2.CheckResponse:
        request = provider_pb2.CheckRequest(
            urn=urn, news=encode(inputs, secrets), randomSeed=b"seed-of-a-test"
        )
        if old is not None:
            request.olds.CopyFrom(encode(old))
        return self.provider.Check(request, context())

    def checked(
        self,
        urn: str,
        inputs: Mapping[str, object],
        old: Mapping[str, object] | None = None,
    ) -> dict[str, object]:
        response = self.check(urn, inputs, old)
        assert not list(response.failures), [failure.reason for failure in response.failures]
        return decode(response.inputs).values

    def diff(self, held: Held, news: Mapping[str, object]) -> provider_pb2.DiffResponse:
        request = provider_pb2.DiffRequest(
            id=held.identifier,
            urn=held.urn,
            olds=encode(_elided(held.outputs)),
            old_inputs=encode(_elided(held.inputs)),
            news=encode(_elided(news)),
        )
        return self.provider.Diff(request, context())

    def create(self, urn: str, inputs: Mapping[str, object], *, preview: bool = False) -> Held:
        checked = self.checked(urn, inputs)
        response = self.provider.Create(
            provider_pb2.CreateRequest(urn=urn, properties=encode(checked), preview=preview),
            context(),
        )
        assert preview or response.id
        return Held(urn, response.id, checked, decode(response.properties).values)

    def update(self, held: Held, inputs: Mapping[str, object], *, preview: bool = False) -> Held:
        checked = self.checked(held.urn, inputs, held.inputs)
        response = self.provider.Update(
            provider_pb2.UpdateRequest(
                id=held.identifier,
                urn=held.urn,
                olds=encode(_elided(held.outputs)),
                old_inputs=encode(_elided(held.inputs)),
                news=encode(checked),
                preview=preview,
            ),
            context(),
        )
        return Held(held.urn, held.identifier, checked, decode(response.properties).values)

    def refresh(self, held: Held) -> Held:
        response = self.provider.Read(
            provider_pb2.ReadRequest(
                id=held.identifier,
                urn=held.urn,
                properties=encode(_elided(held.outputs)),
                inputs=encode(_elided(held.inputs)),
            ),
            context(),
        )
        return Held(
            held.urn,
            response.id,
            decode(response.inputs).values,
            decode(response.properties).values,
        )

    def delete(self, held: Held) -> None:
        self.provider.Delete(
            provider_pb2.DeleteRequest(
                id=held.identifier,
                urn=held.urn,
                properties=encode(_elided(held.outputs)),
                old_inputs=encode(_elided(held.inputs)),
            ),
            context(),
        )

    def invoke(self, token: str, arguments: Mapping[str, object]) -> dict[str, object]:
        request = provider_pb2.InvokeRequest(tok=token, args=encode(arguments))
        response = self.provider.Invoke(request, context())
        return decode(getattr(response, "return")).values


def urn_of(type_name: str, name: str = "thing") -> str:
    """Return a URN as the engine makes it for a resource inside a component."""
    return f"urn:pulumi:dev::project::project:box:Box${type_name}::{name}"


def _elided(values: Mapping[str, object]) -> dict[str, object]:
    return {name: _without_contents(value) for name, value in values.items()}


def _without_contents(value: object) -> object:
    if isinstance(value, Archive):
        return Archive(hash=value.hash)
    if isinstance(value, Asset):
        return Asset(hash=value.hash)
    return value
