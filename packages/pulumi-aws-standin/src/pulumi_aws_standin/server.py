"""The gRPC server that Pulumi's engine starts and talks to."""

from __future__ import annotations

import os
import sys
import traceback
from concurrent import futures
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn, TypeVar

import grpc
from google.protobuf import any_pb2, empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from pulumi_aws_standin import invokes, lifecycle
from pulumi_aws_standin.errors import CALL_ERRORS, ProviderError, describe
from pulumi_aws_standin.registry import RESOURCES
from pulumi_aws_standin.resource import Known
from pulumi_aws_standin.schema import ChangeKind
from pulumi_aws_standin.session import Session
from pulumi_aws_standin.tags import TAGS, TAGS_ALL
from pulumi_aws_standin.wire import Properties, WireError, decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from google.protobuf import struct_pb2

    from pulumi_aws_standin.lifecycle import State
    from pulumi_aws_standin.resource import Resource
    from pulumi_aws_standin.schema import Problem

_Answer = TypeVar("_Answer")

#: The release of pulumi-aws whose schema the resources mirror.
VERSION: Final = "7.51.1"
_THREADS = 16
# The engine's own limit; an archive of text assets is sent within a message.
_MESSAGE_BYTES = 400 * 1024 * 1024
_PARENT_CHECK_SECONDS = 2.0
#: Settings of the AWS provider that change nothing here, and `region`, which does.
_SETTINGS = frozenset(
    {
        "region",
        "skipCredentialsValidation",
        "skipMetadataApiCheck",
        "skipRegionValidation",
        "skipRequestingAccountId",
        "version",
    }
)
_KINDS: Final = {
    (ChangeKind.ADD, False): provider_pb2.PropertyDiff.ADD,
    (ChangeKind.ADD, True): provider_pb2.PropertyDiff.ADD_REPLACE,
    (ChangeKind.DELETE, False): provider_pb2.PropertyDiff.DELETE,
    (ChangeKind.DELETE, True): provider_pb2.PropertyDiff.DELETE_REPLACE,
    (ChangeKind.UPDATE, False): provider_pb2.PropertyDiff.UPDATE,
    (ChangeKind.UPDATE, True): provider_pb2.PropertyDiff.UPDATE_REPLACE,
}


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    """Answers the engine's requests; every failure becomes a gRPC error of one line.

    Parameters
    ----------
    environment
        Where the endpoints of the local AWS are read from when the engine configures the provider.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._session: Session | None = None

    def GetPluginInfo(  # noqa: N802  the name in Pulumi's protocol, as everywhere below
        self, request: empty_pb2.Empty, context: grpc.ServicerContext
    ) -> plugin_pb2.PluginInfo:
        """Answer the version of the AWS provider that this one stands in for."""
        del request, context
        return plugin_pb2.PluginInfo(version=VERSION)

    def Attach(  # noqa: N802
        self, request: plugin_pb2.PluginAttach, context: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        """Accept an engine that was pointed at a running server."""
        del request, context
        return empty_pb2.Empty()

    def Cancel(  # noqa: N802
        self, request: empty_pb2.Empty, context: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        """End all waits."""
        del request, context
        if self._session is not None:
            self._session.cancel()
        return empty_pb2.Empty()

    def CheckConfig(  # noqa: N802
        self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        """Refuse settings of the AWS provider that would be ignored here."""

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

        return _answered(context, "the provider's settings", answer)

    def DiffConfig(  # noqa: N802
        self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext
    ) -> provider_pb2.DiffResponse:
        """Ask for the replacement of all resources when the region changes."""

        def answer() -> provider_pb2.DiffResponse:
            old, new = decode(request.olds).values, decode(request.news).values
            if old.get("region") == new.get("region"):
                return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)
            return provider_pb2.DiffResponse(
                changes=provider_pb2.DiffResponse.DIFF_SOME, replaces=["region"], diffs=["region"]
            )

        return _answered(context, "the provider's settings", answer)

    def Configure(  # noqa: N802
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

        return _answered(context, "configuring the provider", answer)

    def Check(  # noqa: N802
        self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        """Complete the inputs, or say why they are refused."""

        def answer() -> provider_pb2.CheckResponse:
            token = _type(request.urn)
            resource = RESOURCES.get(token)
            if resource is None:
                failure = provider_pb2.CheckFailure(reason=_unknown_type(token))
                return provider_pb2.CheckResponse(inputs=request.news, failures=[failure])
            news = decode(request.news)
            checked = lifecycle.check(
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

        return _answered(context, request.urn, answer)

    def Diff(  # noqa: N802
        self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext
    ) -> provider_pb2.DiffResponse:
        """Say which properties differ and whether that takes a new resource."""

        def answer() -> provider_pb2.DiffResponse:
            resource = _resource(request.urn)
            old = decode(request.old_inputs).values
            difference = lifecycle.diff(resource, old=old, new=decode(request.news).values)
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

        return _answered(context, request.urn, answer)

    def Create(  # noqa: N802
        self, request: provider_pb2.CreateRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CreateResponse:
        """Create a resource, or plan to."""

        def answer() -> provider_pb2.CreateResponse:
            resource = _resource(request.urn)
            news = decode(request.properties)
            if request.preview:
                state = lifecycle.plan_create(resource, news.values)
            else:
                state = lifecycle.create(resource, self._connected(), news.values)
            return provider_pb2.CreateResponse(
                id=state.identifier, properties=_outputs(state.outputs, news)
            )

        inputs = request.properties
        return _answered(context, request.urn, answer, verb="creating", inputs=inputs)

    def Read(  # noqa: N802
        self, request: provider_pb2.ReadRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ReadResponse:
        """Return a resource as the service describes it; an empty id when it is gone."""

        def answer() -> provider_pb2.ReadResponse:
            inputs = decode(request.inputs)
            known = Known(inputs=inputs.values, outputs=decode(request.properties).values)
            state: State = lifecycle.read(
                _resource(request.urn), self._connected(), request.id, known
            )
            return provider_pb2.ReadResponse(
                id=state.identifier,
                properties=_outputs(state.outputs, inputs),
                inputs=encode(state.inputs, inputs.secrets),
            )

        return _answered(context, request.urn, answer, verb="reading")

    def Update(  # noqa: N802
        self, request: provider_pb2.UpdateRequest, context: grpc.ServicerContext
    ) -> provider_pb2.UpdateResponse:
        """Update a resource, or plan to."""

        def answer() -> provider_pb2.UpdateResponse:
            resource = _resource(request.urn)
            news = decode(request.news)
            outputs = decode(request.olds).values
            if request.preview:
                state = lifecycle.plan_update(resource, news.values, outputs)
            else:
                old = Known(inputs=decode(request.old_inputs).values, outputs=outputs)
                state = lifecycle.update(
                    resource, self._connected(), request.id, old=old, new=news.values
                )
            return provider_pb2.UpdateResponse(properties=_outputs(state.outputs, news))

        inputs = request.news
        return _answered(context, request.urn, answer, verb="updating", inputs=inputs)

    def Delete(  # noqa: N802
        self, request: provider_pb2.DeleteRequest, context: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        """Delete a resource; one that does not exist is deleted already."""

        def answer() -> empty_pb2.Empty:
            outputs = decode(request.properties).values
            # The engine may leave the old inputs out; the outputs hold every one of them.
            inputs = decode(request.old_inputs).values or outputs
            known = Known(inputs=inputs, outputs=outputs)
            lifecycle.delete(_resource(request.urn), self._connected(), request.id, known)
            return empty_pb2.Empty()

        return _answered(context, request.urn, answer, verb="deleting")

    def Invoke(  # noqa: N802
        self, request: provider_pb2.InvokeRequest, context: grpc.ServicerContext
    ) -> provider_pb2.InvokeResponse:
        """Call a function of the AWS provider."""

        def answer() -> provider_pb2.InvokeResponse:
            arguments = decode(request.args).values
            result = invokes.invoke(self._connected(), request.tok, arguments)
            response = provider_pb2.InvokeResponse()
            getattr(response, "return").CopyFrom(encode(result))
            return response

        return _answered(context, request.tok, answer)

    def _connected(self) -> Session:
        if self._session is None:
            raise ProviderError("the provider was not configured")
        return self._session


def serve(environment: Mapping[str, str]) -> tuple[grpc.Server, int]:
    """Start the server on a free port of the loopback interface.

    Parameters
    ----------
    environment
        See `Provider`.

    Returns
    -------
    tuple
        The running server and its port.
    """
    options = [
        ("grpc.max_receive_message_length", _MESSAGE_BYTES),
        ("grpc.max_send_message_length", _MESSAGE_BYTES),
    ]
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=_THREADS), options=options)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Provider(environment), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port


def main() -> None:
    """Serve until the engine that started this process is gone.

    The one line on the standard output is the port, as Pulumi's plugin protocol wants it.
    """
    parent = os.getppid()
    server, port = serve(os.environ)
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    while server.wait_for_termination(timeout=_PARENT_CHECK_SECONDS):
        if os.getppid() != parent:
            server.stop(grace=None)
            return


def _answered(
    context: grpc.ServicerContext,
    what: str,
    answer: Callable[[], _Answer],
    *,
    verb: str = "",
    inputs: struct_pb2.Struct | None = None,
) -> _Answer:
    """Return an answer, or end the call with an error of one line.

    Parameters
    ----------
    context
        Of the call.
    what
        The URN, or what else the call is about.
    answer
        Makes the answer.
    verb
        What is being done, for the error's text.
    inputs
        The wanted inputs, to be kept in the state beside a resource that is not as wanted.
    """
    label = _label(what, verb)
    try:
        return answer()
    except lifecycle.InitializationError as error:
        message = f"{label}: {error}"
        code = grpc.StatusCode.UNKNOWN
        wanted = decode(inputs)
        detail = any_pb2.Any()
        detail.Pack(
            provider_pb2.ErrorResourceInitFailed(
                id=error.identifier,
                properties=_outputs(error.outputs, wanted),
                reasons=[message],
                inputs=inputs,
            )
        )
        number, _ = code.value
        status = status_pb2.Status(code=number, message=message, details=[detail])
        context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    except (ProviderError, WireError, invokes.UnknownFunctionError, *CALL_ERRORS) as error:
        code, message = grpc.StatusCode.UNKNOWN, f"{label}: {describe(error)}"
    except Exception as error:  # noqa: BLE001  a defect of this provider has to reach the user too
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


def _outputs(values: Mapping[str, object], inputs: Properties) -> struct_pb2.Struct:
    """Return outputs in wire form: what a secret input went into is secret as well."""
    secrets = set(inputs.secrets)
    if TAGS.name in secrets:
        secrets.add(TAGS_ALL)
    return encode(values, secrets)


def _label(what: str, verb: str) -> str:
    if what.startswith("urn:"):
        what = f'{_type(what)} "{what.rsplit("::", 1)[-1]}"'
    return f"{verb} {what}" if verb else what


def _type(urn: str) -> str:
    # urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME; a name may hold further colons.
    return urn.split("::", 3)[2].rsplit("$", 1)[-1]


def _resource(urn: str) -> Resource:
    token = _type(urn)
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
