"""AWS on one machine, for the demonstration and the end-to-end tests."""
