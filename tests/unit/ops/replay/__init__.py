"""Tests of loading exports into tables."""
