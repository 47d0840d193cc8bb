"""Tests of the local AWS with child processes and loopback servers."""
