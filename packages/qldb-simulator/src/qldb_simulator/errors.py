"""The one error that the simulator shows to a person."""

from __future__ import annotations


class SimulatorError(Exception):
    """The simulated QLDB cannot be used as asked; the text says why and what to do about it."""
