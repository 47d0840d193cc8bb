"""Tests of the operator's commands that start child processes."""
