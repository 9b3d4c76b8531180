"""Errors of the simulator.

SimulatorError
├── SimulatorConfigError     the configuration asks for something the data cannot give: fix the call
├── GenerationError          the generator or the program behind it failed
├── NotGeneratedError        a folder or batch was asked for that has not been generated
└── LoadError                a source refused what the simulator wanted to load
"""

from __future__ import annotations

__all__ = ["GenerationError", "LoadError", "NotGeneratedError", "SimulatorConfigError", "SimulatorError"]


class SimulatorError(Exception):
    """Base of every error that the simulator raises on purpose."""


class SimulatorConfigError(SimulatorError):
    """The configuration asks for something the data cannot give."""


class GenerationError(SimulatorError):
    """The generator, or the program behind it, failed."""


class NotGeneratedError(SimulatorError):
    """A folder or a batch was asked for that has not been generated."""


class LoadError(SimulatorError):
    """A source refused what the simulator wanted to load."""
