"""The state of a deployed stack: what is read, what of it needs attention, how it is shown."""
