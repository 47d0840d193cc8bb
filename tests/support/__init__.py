"""What several tests use: encoders, factories, memory services."""
