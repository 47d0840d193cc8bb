"""Reads journal exports from a folder or from S3."""
