"""Compares journal exports with the tables of a stack."""
