"""Tests without network, child process or emulator."""
