"""The boxes of the picture, one component each, and the settings and code archive they need."""
