"""Tests of reports and sources of journal exports."""
