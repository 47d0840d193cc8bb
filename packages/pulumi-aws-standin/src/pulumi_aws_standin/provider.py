"""Pulumi's plugin protocol: one method for each request of the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from pulumi_aws_standin import invokes, lifecycle, planning
from pulumi_aws_standin.calls import answered, type_of, wire_outputs
from pulumi_aws_standin.errors import ProviderError
from pulumi_aws_standin.registry import PULUMI_AWS_VERSION, RESOURCES
from pulumi_aws_standin.resource import Known
from pulumi_aws_standin.schema import ChangeKind
from pulumi_aws_standin.session import Session
from pulumi_aws_standin.wire import decode, encode

if TYPE_CHECKING:
    from collections.abc import Mapping

    import grpc

    from pulumi_aws_standin.resource import Resource
    from pulumi_aws_standin.schema import Problem

_SETTINGS: Final = frozenset(
    {
        "region",
        "skipCredentialsValidation",
        "skipMetadataApiCheck",
        "skipRegionValidation",
        "skipRequestingAccountId",
        "version",
    }
)
"""Settings of the AWS provider without an effect here, and `region`, which has one."""

_KINDS: Final = {
    (ChangeKind.ADD, False): provider_pb2.PropertyDiff.ADD,
    (ChangeKind.ADD, True): provider_pb2.PropertyDiff.ADD_REPLACE,
    (ChangeKind.DELETE, False): provider_pb2.PropertyDiff.DELETE,
    (ChangeKind.DELETE, True): provider_pb2.PropertyDiff.DELETE_REPLACE,
    (ChangeKind.UPDATE, False): provider_pb2.PropertyDiff.UPDATE,
    (ChangeKind.UPDATE, True): provider_pb2.PropertyDiff.UPDATE_REPLACE,
}


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    """Answers the engine's requests.

    Parameters
    ----------
    environment
        Contains the endpoints of the local AWS, which are read when the engine configures the
        provider.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._session: Session | None = None

    def GetPluginInfo(  # noqa: N802 (name in Pulumi's protocol)
        self, request: empty_pb2.Empty, context: grpc.ServicerContext
    ) -> plugin_pb2.PluginInfo:
        """Return the version of the AWS provider that this one stands in for."""
        del request, context
        return plugin_pb2.PluginInfo(version=PULUMI_AWS_VERSION)

    def Attach(  # noqa: N802 (name in Pulumi's protocol)
        self, request: plugin_pb2.PluginAttach, context: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        """Accept an engine that attaches to a running server."""
        del request, context
        return empty_pb2.Empty()

    def Cancel(  # noqa: N802 (name in Pulumi's protocol)
        self, request: empty_pb2.Empty, context: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        """End all waits."""
        del request, context
        if self._session is not None:
            self._session.cancel()
        return empty_pb2.Empty()

    def CheckConfig(  # noqa: N802 (name in Pulumi's protocol)
        self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        """Return failures for settings of the AWS provider that would have no effect here."""

        def answer() -> provider_pb2.CheckResponse:
            news = decode(request.news)
            failures = [
                provider_pb2.CheckFailure(
                    property=name,
                    reason=f"the stand-in AWS provider does not implement the setting aws:{name}",
                )
                for name, value in sorted(news.values.items())
                if name not in _SETTINGS and value not in ("", "[]", "{}", "[{}]", None)
            ]
            return provider_pb2.CheckResponse(inputs=request.news, failures=failures)

        return answered(context, "the provider's settings", answer)

    def DiffConfig(  # noqa: N802 (name in Pulumi's protocol)
        self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext
    ) -> provider_pb2.DiffResponse:
        """Require the replacement of all resources when the region changes."""

        def answer() -> provider_pb2.DiffResponse:
            old, new = decode(request.olds).values, decode(request.news).values
            if old.get("region") == new.get("region"):
                return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)
            return provider_pb2.DiffResponse(
                changes=provider_pb2.DiffResponse.DIFF_SOME, replaces=["region"], diffs=["region"]
            )

        return answered(context, "the provider's settings", answer)

    def Configure(  # noqa: N802 (name in Pulumi's protocol)
        self, request: provider_pb2.ConfigureRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ConfigureResponse:
        """Connect to the local AWS."""

        def answer() -> provider_pb2.ConfigureResponse:
            region = decode(request.args).values.get("region")
            region = region or request.variables.get("aws:config:region")
            self._session = Session.from_environment(
                self._environment, region if isinstance(region, str) else None
            )
            return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

        return answered(context, "configuring the provider", answer)

    def Check(  # noqa: N802 (name in Pulumi's protocol)
        self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        """Return the completed inputs, or why they are refused."""

        def answer() -> provider_pb2.CheckResponse:
            token = type_of(request.urn)
            resource = RESOURCES.get(token)
            if resource is None:
                failure = provider_pb2.CheckFailure(reason=_unknown_type(token))
                return provider_pb2.CheckResponse(inputs=request.news, failures=[failure])
            news = decode(request.news)
            checked = planning.check(
                resource,
                urn=request.urn,
                seed=request.randomSeed,
                old=decode(request.olds).values,
                new=news,
            )
            return provider_pb2.CheckResponse(
                inputs=encode(checked.inputs, news.secrets),
                failures=[_failure(token, problem) for problem in checked.problems],
            )

        return answered(context, request.urn, answer)

    def Diff(  # noqa: N802 (name in Pulumi's protocol)
        self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext
    ) -> provider_pb2.DiffResponse:
        """Return which properties differ and whether that requires a new resource."""

        def answer() -> provider_pb2.DiffResponse:
            resource = _resource(request.urn)
            old = decode(request.old_inputs).values
            difference = planning.diff(resource, old=old, new=decode(request.news).values)
            changes = difference.changes
            response = provider_pb2.DiffResponse
            return response(
                changes=response.DIFF_SOME if changes else response.DIFF_NONE,
                diffs=[_top(change.path) for change in changes],
                replaces=[_top(change.path) for change in changes if change.replaces],
                stables=[computed.name for computed in resource.computed if computed.stable],
                deleteBeforeReplace=difference.delete_first,
                hasDetailedDiff=True,
                detailedDiff={
                    change.path: provider_pb2.PropertyDiff(
                        kind=_KINDS[change.kind, change.replaces], inputDiff=True
                    )
                    for change in changes
                },
            )

        return answered(context, request.urn, answer)

    def Create(  # noqa: N802 (name in Pulumi's protocol)
        self, request: provider_pb2.CreateRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CreateResponse:
        """Create a resource, or plan its creation."""

        def answer() -> provider_pb2.CreateResponse:
            resource = _resource(request.urn)
            news = decode(request.properties)
            if request.preview:
                planned = planning.plan_create(resource, news.values)
                return provider_pb2.CreateResponse(properties=wire_outputs(planned, news))
            state = lifecycle.create(resource, self._connected(), news.values)
            return provider_pb2.CreateResponse(
                id=state.identifier, properties=wire_outputs(state.outputs, news)
            )

        inputs = request.properties
        return answered(context, request.urn, answer, verb="creating", inputs=inputs)

    def Read(  # noqa: N802 (name in Pulumi's protocol)
        self, request: provider_pb2.ReadRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ReadResponse:
        """Return a resource as the service describes it; an empty id when it is gone."""

        def answer() -> provider_pb2.ReadResponse:
            inputs = decode(request.inputs)
            known = Known(inputs=inputs.values, outputs=decode(request.properties).values)
            state = lifecycle.read(_resource(request.urn), self._connected(), request.id, known)
            return provider_pb2.ReadResponse(
                id=state.identifier,
                properties=wire_outputs(state.outputs, inputs),
                inputs=encode(state.inputs, inputs.secrets),
            )

        return answered(context, request.urn, answer, verb="reading")

    def Update(  # noqa: N802 (name in Pulumi's protocol)
        self, request: provider_pb2.UpdateRequest, context: grpc.ServicerContext
    ) -> provider_pb2.UpdateResponse:
        """Update a resource, or plan its update."""

        def answer() -> provider_pb2.UpdateResponse:
            resource = _resource(request.urn)
            news = decode(request.news)
            outputs = decode(request.olds).values
            if request.preview:
                planned = planning.plan_update(resource, news.values, outputs)
                return provider_pb2.UpdateResponse(properties=wire_outputs(planned, news))
            old = Known(inputs=decode(request.old_inputs).values, outputs=outputs)
            state = lifecycle.update(
                resource, self._connected(), request.id, old=old, new=news.values
            )
            return provider_pb2.UpdateResponse(properties=wire_outputs(state.outputs, news))

        inputs = request.news
        return answered(context, request.urn, answer, verb="updating", inputs=inputs)

    def Delete(  # noqa: N802 (name in Pulumi's protocol)
        self, request: provider_pb2.DeleteRequest, context: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        """Delete a resource; one that does not exist counts as deleted."""

        def answer() -> empty_pb2.Empty:
            outputs = decode(request.properties).values
            # The engine may leave the old inputs out; the outputs hold every one of them.
            inputs = decode(request.old_inputs).values or outputs
            known = Known(inputs=inputs, outputs=outputs)
            lifecycle.delete(_resource(request.urn), self._connected(), request.id, known)
            return empty_pb2.Empty()

        return answered(context, request.urn, answer, verb="deleting")

    def Invoke(  # noqa: N802 (name in Pulumi's protocol)
        self, request: provider_pb2.InvokeRequest, context: grpc.ServicerContext
    ) -> provider_pb2.InvokeResponse:
        """Call a function of the AWS provider."""

        def answer() -> provider_pb2.InvokeResponse:
            arguments = decode(request.args).values
            result = invokes.invoke(self._connected(), request.tok, arguments)
            response = provider_pb2.InvokeResponse()
            getattr(response, "return").CopyFrom(encode(result))
            return response

        return answered(context, request.tok, answer)

    def _connected(self) -> Session:
        if self._session is None:
            raise ProviderError("the provider was not configured")
        return self._session


def _resource(urn: str) -> Resource:
    token = type_of(urn)
    if token not in RESOURCES:
        raise ProviderError(_unknown_type(token))
    return RESOURCES[token]


def _unknown_type(token: str) -> str:
    return f"the stand-in AWS provider does not implement the resource type {token}"


def _failure(token: str, problem: Problem) -> provider_pb2.CheckFailure:
    return provider_pb2.CheckFailure(
        property=problem.path, reason=f"{problem.path} of {token}: {problem.reason}"
    )


def _top(path: str) -> str:
    return path.split(".", maxsplit=1)[0].split("[", maxsplit=1)[0]
