"""What an operator runs, with child processes."""
