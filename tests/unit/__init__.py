"""Tests without network, child processes or emulator."""
