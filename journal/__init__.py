"""What QLDB writes, independent of AWS: binary Ion and revisions. Pure: no I/O."""
