"""Tests of the package; each module says what it proves."""
