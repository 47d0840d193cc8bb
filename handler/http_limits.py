"""How long a client of the function waits for a peer, and how many connections it keeps."""

from __future__ import annotations

from dataclasses import dataclass

from botocore.config import Config


@dataclass(frozen=True, kw_only=True)
class HttpLimits:
    """Limits of a client's connections.

    Attributes
    ----------
    connect_seconds
        Time to connect.
    read_seconds
        Time to wait for the next bytes.
    connections
        Connections that are kept open.
    """

    connect_seconds: float = 1.0
    read_seconds: float = 5.0
    connections: int

    def config(self, *, attempts: int) -> Config:
        """Return the configuration of one of botocore's own clients.

        Parameters
        ----------
        attempts
            Requests for one call, the first included.
        """
        return Config(
            connect_timeout=self.connect_seconds,
            read_timeout=self.read_seconds,
            max_pool_connections=self.connections,
            retries={"mode": "standard", "total_max_attempts": attempts},
        )
