"""Tests of the pure parts of reading exports."""
