"""Comparisons of the services in memory with the genuine engines."""
