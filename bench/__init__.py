"""Speed, cost and lag of the handler, beside the plain way: `python -m bench --help`."""
