"""The simulated QLDB as an HTTP service in this process."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from qldb_simulator.http_api import HttpApi
from qldb_simulator.http_server import HOST, HttpServer

if TYPE_CHECKING:
    from typing import Self

    from qldb_simulator.control_plane import ControlPlane


class QldbService:
    """The service, which runs from `start` (or ``with``) until `stop`.

    Parameters
    ----------
    plane
        The control plane to serve.
    port
        TCP port of the loopback interface; 0 for any free port, see `port`.

    Raises
    ------
    OSError
        If the port cannot be used.
    """

    def __init__(self, plane: ControlPlane, *, port: int = 0) -> None:
        self.plane = plane
        self._server = HttpServer(port, HttpApi(plane))
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )

    @property
    def port(self) -> int:
        """TCP port on which the service listens."""
        return int(self._server.server_address[1])

    @property
    def endpoint(self) -> str:
        """URL of the service."""
        return f"http://{HOST}:{self.port}"

    def start(self) -> None:
        """Start answering requests."""
        self._thread.start()

    def stop(self) -> None:
        """Cancel all streams and stop answering."""
        self._server.shutdown()
        self._server.server_close()
        self.plane.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()
