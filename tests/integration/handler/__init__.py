"""The handler's own clients, over the loopback interface."""
