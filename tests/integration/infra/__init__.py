"""The program against the real pip."""
