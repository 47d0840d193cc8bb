"""Tests of comparing exports with tables."""
