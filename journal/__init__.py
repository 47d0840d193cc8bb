"""What QLDB writes, and nothing of AWS: binary Ion and revisions. Pure: no I/O."""
