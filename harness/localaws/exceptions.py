"""Errors of homes and engines.

    LocalAwsError
    ├── HomeError              the folder for local state cannot be used
    └── EngineError            something about one engine
        ├── EngineNotInstalledError    a program or jar of it is missing
        ├── EngineStartError           it did not come up
        ├── EngineStopError            it did not go away
        ├── EngineNotRunningError      somebody asks for its endpoint while it is down
        └── UnknownEngineError         there is no engine of that name

Each message says what was wrong, where, and what to do.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

__all__ = [
    "EngineError",
    "EngineNotInstalledError",
    "EngineNotRunningError",
    "EngineStartError",
    "EngineStopError",
    "HomeError",
    "LocalAwsError",
    "UnknownEngineError",
]


class LocalAwsError(Exception):
    """Every error of this package that a user can do something about."""


class HomeError(LocalAwsError):
    """The home folder cannot be made or written."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"The folder for local state, {path}, cannot be used: {reason}. "
            "Give another one in the environment variable ETL_HOME, or make this one writable for you."
        )


class EngineError(LocalAwsError):
    """Something about the engine `engine`."""

    def __init__(self, engine: str, message: str) -> None:
        self.engine = engine
        super().__init__(f"Engine {engine}: {message}")


class EngineNotInstalledError(EngineError):
    """A program that the engine needs is not there."""

    def __init__(self, engine: str, missing: Path | str) -> None:
        super().__init__(engine, f"{missing} is missing. Run `make install`.")


class EngineStartError(EngineError):
    """The engine did not come up; the message carries the end of its log."""

    def __init__(self, engine: str, reason: str, log_file: Path | None = None, tail: str = "") -> None:
        log = f"\nThe end of its log ({log_file}):\n{tail}" if log_file and tail else ""
        super().__init__(engine, f"did not start: {reason}{log}")


class EngineStopError(EngineError):
    """The engine's processes survived being killed."""

    def __init__(self, engine: str, pid: int) -> None:
        super().__init__(engine, f"process group {pid} is still there after SIGKILL. Look at it with `ps -g {pid}`.")


class EngineNotRunningError(EngineError):
    """Its endpoint is asked for while it is down."""

    def __init__(self, engine: str) -> None:
        super().__init__(engine, "is not running. Start it with `./etl up` (or `make up`).")


class UnknownEngineError(EngineError):
    """No engine has that name."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__(name, f"there is no engine of this name. There are: {', '.join(sorted(known))}.")
