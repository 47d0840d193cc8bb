"""Comparisons of the Ion reader with amazon.ion, in child processes."""
