"""Tests that need the loopback interface or another process."""
