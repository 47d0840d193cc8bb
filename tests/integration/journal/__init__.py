"""The Ion reader beside amazon.ion, in child processes."""
