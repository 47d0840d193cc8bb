"""The local AWS with real sockets, processes and engines."""
