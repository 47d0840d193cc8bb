"""Tests that need a database engine or the local AWS."""
