"""What QLDB writes, read without any AWS."""
