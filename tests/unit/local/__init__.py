"""Tests of the local AWS's parts."""
