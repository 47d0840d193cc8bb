"""Support that several test modules share."""
