"""The handler without any AWS."""
