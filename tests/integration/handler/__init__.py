"""The handler with real sockets, processes and engines."""
