"""Tests of the state of a stack."""
