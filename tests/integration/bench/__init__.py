"""The benchmark against its own stub, over loopback connections."""
