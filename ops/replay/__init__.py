"""Loads journal exports into the stack's tables."""
