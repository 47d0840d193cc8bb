"""Runs the provider as the process that Pulumi's engine starts: a gRPC server on a free port."""

from __future__ import annotations

import os
import sys
from concurrent import futures
from typing import TYPE_CHECKING, Final

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from pulumi_aws_standin.provider import Provider

if TYPE_CHECKING:
    from collections.abc import Mapping

_MAX_THREADS: Final = 16
_MAX_MESSAGE_BYTES: Final = 400 * 1024 * 1024
"""The engine's own limit; an archive of text assets is sent in a message."""

_PARENT_CHECK_SECONDS: Final = 2.0


def serve(environment: Mapping[str, str]) -> tuple[grpc.Server, int]:
    """Start the server on a free port of the loopback interface.

    Parameters
    ----------
    environment
        As for `Provider`.

    Returns
    -------
    tuple
        The running server and its port.
    """
    options = [
        ("grpc.max_receive_message_length", _MAX_MESSAGE_BYTES),
        ("grpc.max_send_message_length", _MAX_MESSAGE_BYTES),
    ]
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=_MAX_THREADS), options=options)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Provider(environment), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port


def main() -> None:
    """Serve until the engine that started this process has ended.

    The only line on standard output is the port, as Pulumi's plugin protocol requires.
    """
    parent = os.getppid()
    server, port = serve(os.environ)
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    while server.wait_for_termination(timeout=_PARENT_CHECK_SECONDS):
        if os.getppid() != parent:
            server.stop(grace=None)
            return
