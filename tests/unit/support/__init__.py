"""Tests of the test support, whose services in memory answer like the genuine ones."""
