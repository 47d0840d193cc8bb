"""Tests of the simulated Amazon QLDB."""
