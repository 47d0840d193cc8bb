"""A driver for tests: calls the provider in this process, in the order of Pulumi's engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn, cast

from pulumi.runtime.proto import provider_pb2, status_pb2

from pulumi_aws_standin.provider import Provider
from pulumi_aws_standin.wire import Archive, Asset, decode, encode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import grpc
    from google.protobuf import struct_pb2


class CallError(Exception):
    """The provider ended a call with an error.

    Attributes
    ----------
    detail
        The part of the error that is stored in the state of a resource that exists but does not
        match its inputs; None if the error has none.
    """

    def __init__(self, message: str, detail: provider_pb2.ErrorResourceInitFailed | None) -> None:
        super().__init__(message)
        self.detail = detail


class CheckError(Exception):
    """The provider refused the inputs of a resource.

    Attributes
    ----------
    reasons
        Texts of the failures.
    """

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


class ProtocolError(Exception):
    """The provider did something that Pulumi's plugin protocol does not allow."""


@dataclass
class ManagedResource:
    """A resource in the engine's state.

    Attributes
    ----------
    urn
        The resource's URN.
    identifier
        Its id; empty in a preview of its creation and after a refresh that did not find it.
    inputs
        Its checked inputs.
    outputs
        All of its properties.
    """

    urn: str
    identifier: str
    inputs: dict[str, object]
    outputs: dict[str, object]


class Engine:
    """The part of Pulumi's engine that calls a provider.

    Parameters
    ----------
    environment
        Environment variables of the provider, for example AWS_ENDPOINT_URL.
    configure
        Whether to configure the provider at once.

    Attributes
    ----------
    provider
        The provider itself, for calls without a method here.
    """

    def __init__(self, environment: Mapping[str, str], *, configure: bool = True) -> None:
        self.provider = Provider(environment)
        if configure:
            self.configure()

    def configure(self) -> provider_pb2.ConfigureResponse:
        """Configure the provider without settings.

        Raises
        ------
        CallError
            If the provider ended the call with an error; every method below can raise it too.
        """
        return self.provider.Configure(provider_pb2.ConfigureRequest(), context())

    def check(
        self,
        urn: str,
        inputs: Mapping[str, object],
        old: Mapping[str, object] | None = None,
        secrets: Iterable[str] = (),
    ) -> provider_pb2.CheckResponse:
        """Return the answer to Check.

        Parameters
        ----------
        urn
            The resource's URN.
        inputs
            The program's inputs.
        old
            The inputs in the state; None for a new resource.
        secrets
            Names of the inputs that are secret.
        """
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
        """Return the inputs as Check completes them. The parameters are those of `check`.

        Raises
        ------
        CheckError
            If the provider refused the inputs.
        """
        response = self.check(urn, inputs, old)
        if response.failures:
            raise CheckError([failure.reason for failure in response.failures])
        return decode(response.inputs).values

    def diff(
        self, resource: ManagedResource, news: Mapping[str, object]
    ) -> provider_pb2.DiffResponse:
        """Return the answer to Diff.

        Parameters
        ----------
        resource
            The resource in the state.
        news
            The new inputs, as `checked` returns them.
        """
        request = provider_pb2.DiffRequest(
            id=resource.identifier,
            urn=resource.urn,
            olds=_elided(resource.outputs),
            old_inputs=_elided(resource.inputs),
            news=_elided(news),
        )
        return self.provider.Diff(request, context())

    def create(
        self, urn: str, inputs: Mapping[str, object], *, preview: bool = False
    ) -> ManagedResource:
        """Check the inputs, create a resource and return it.

        Parameters
        ----------
        urn
            The resource's URN.
        inputs
            The program's inputs.
        preview
            Whether to plan the creation only.

        Raises
        ------
        ProtocolError
            If the created resource has no id.
        """
        checked = self.checked(urn, inputs)
        response = self.provider.Create(
            provider_pb2.CreateRequest(urn=urn, properties=encode(checked), preview=preview),
            context(),
        )
        if not preview and not response.id:
            raise ProtocolError(f"{urn} was created without an id")
        return ManagedResource(urn, response.id, checked, decode(response.properties).values)

    def update(
        self, resource: ManagedResource, inputs: Mapping[str, object], *, preview: bool = False
    ) -> ManagedResource:
        """Check the inputs, update a resource and return it.

        Parameters
        ----------
        resource
            The resource in the state.
        inputs
            The program's inputs.
        preview
            Whether to plan the update only.
        """
        checked = self.checked(resource.urn, inputs, resource.inputs)
        response = self.provider.Update(
            provider_pb2.UpdateRequest(
                id=resource.identifier,
                urn=resource.urn,
                olds=_elided(resource.outputs),
                old_inputs=_elided(resource.inputs),
                news=encode(checked),
                preview=preview,
            ),
            context(),
        )
        outputs = decode(response.properties).values
        return ManagedResource(resource.urn, resource.identifier, checked, outputs)

    def refresh(self, resource: ManagedResource) -> ManagedResource:
        """Return a resource as the service describes it; without an id if it does not exist."""
        response = self.provider.Read(
            provider_pb2.ReadRequest(
                id=resource.identifier,
                urn=resource.urn,
                properties=_elided(resource.outputs),
                inputs=_elided(resource.inputs),
            ),
            context(),
        )
        inputs, outputs = decode(response.inputs).values, decode(response.properties).values
        return ManagedResource(resource.urn, response.id, inputs, outputs)

    def imported(self, urn: str, identifier: str) -> ManagedResource:
        """Return a resource that exists already, as the engine imports it.

        Parameters
        ----------
        urn
            The URN that it gets.
        identifier
            Its id.
        """
        return self.refresh(ManagedResource(urn, identifier, {}, {}))

    def delete(self, resource: ManagedResource) -> None:
        """Delete a resource."""
        self.provider.Delete(
            provider_pb2.DeleteRequest(
                id=resource.identifier,
                urn=resource.urn,
                properties=_elided(resource.outputs),
                old_inputs=_elided(resource.inputs),
            ),
            context(),
        )

    def invoke(self, token: str, arguments: Mapping[str, object]) -> dict[str, object]:
        """Return the result of a function of the AWS provider.

        Parameters
        ----------
        token
            The function's token, for example `aws:index/getRegion:getRegion`.
        arguments
            Its arguments by name.
        """
        request = provider_pb2.InvokeRequest(tok=token, args=encode(arguments))
        response = self.provider.Invoke(request, context())
        return decode(getattr(response, "return")).values


def urn_of(type_name: str, name: str = "thing") -> str:
    """Return the URN of a resource inside a component, as the engine builds it."""
    return f"urn:pulumi:dev::project::project:box:Box${type_name}::{name}"


def context() -> grpc.ServicerContext:
    """Return a gRPC context for one direct call of the provider: it raises instead of sending.

    Its `abort` raises `CallError`, or `ProtocolError` if the error is not one that Pulumi's engine
    understands.
    """
    return cast("grpc.ServicerContext", _Context())


class _Context:
    """The part of a gRPC context that the provider uses."""

    def __init__(self) -> None:
        self._detail: provider_pb2.ErrorResourceInitFailed | None = None

    def set_trailing_metadata(self, metadata: Iterable[tuple[str, bytes]]) -> None:
        for name, value in metadata:
            if name != "grpc-status-details-bin":
                raise ProtocolError(f"unexpected metadata {name}")
            status = status_pb2.Status.FromString(value)
            self._detail = provider_pb2.ErrorResourceInitFailed()
            if not status.details[0].Unpack(self._detail):
                raise ProtocolError("the error's detail is not an ErrorResourceInitFailed")

    def abort(self, code: object, message: str) -> NoReturn:
        if code is None or "\n" in message:
            raise ProtocolError(f"expected a code and one line, got {code} and {message!r}")
        raise CallError(message, self._detail)


def _elided(values: Mapping[str, object]) -> struct_pb2.Struct:
    """Return the wire form without the contents of archives, which the engine leaves out."""
    return encode({name: _without_contents(value) for name, value in values.items()})


def _without_contents(value: object) -> object:
    if isinstance(value, Archive):
        return Archive(hash=value.hash)
    if isinstance(value, Asset):
        return Asset(hash=value.hash)
    return value
