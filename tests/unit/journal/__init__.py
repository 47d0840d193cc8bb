"""Tests of the readers for what QLDB writes."""
