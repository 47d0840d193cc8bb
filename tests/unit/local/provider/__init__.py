"""The stand-in provider without the emulator."""
