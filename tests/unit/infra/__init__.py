"""Tests of the program's components with Pulumi's mocks, and of its settings and archive."""
