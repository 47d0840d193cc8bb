"""Services in memory held to the genuine engines."""
