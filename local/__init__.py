"""AWS on one machine: what the demo and the end-to-end tests deploy to."""
