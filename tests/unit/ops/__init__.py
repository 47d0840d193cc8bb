"""Tests of the operator's commands, on services in memory."""
