"""The benchmark: speed, cost and lag of the handler, compared with a baseline."""
