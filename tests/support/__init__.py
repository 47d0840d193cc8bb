"""What several tests use: factories, encoders, services in memory, fixtures."""
