"""Test support: factories, encoders, services in memory, fixtures."""
