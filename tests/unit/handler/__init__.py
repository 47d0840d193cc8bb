"""Tests of the handler without AWS."""
