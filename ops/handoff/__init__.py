"""Tells whether a stream goes on where an export of the same journal ends."""
