"""Tests of the test support: services in memory answer as the genuine ones do."""
