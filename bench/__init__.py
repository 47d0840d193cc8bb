"""Speed, cost and lag of the handler, compared with a baseline: `python -m bench --help`."""
