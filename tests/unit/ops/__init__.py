"""What an operator runs, on services in memory."""
