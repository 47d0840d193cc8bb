"""Tests that need sockets, child processes, a database engine or the local AWS."""
