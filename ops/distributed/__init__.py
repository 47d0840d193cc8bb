"""Replays in AWS: the steps of the stack's state machine, and the command that starts it."""
