"""Readers for what QLDB writes, independent of AWS. Pure: no I/O."""
