"""Tests of the program's archive with the real pip."""
