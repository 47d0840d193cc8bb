"""Tests of the hand-off from an export to a stream."""
