"""Errors of the installation.

    InstallError
    ├── UnsupportedPlatformError    this machine is not one that it works on
    ├── MissingRequirementError     something that the system must have is missing
    ├── CommandFailedError          pip or the jar resolver failed
    └── CorruptJarError             a jar is not the one of the lock
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["CommandFailedError", "CorruptJarError", "InstallError", "MissingRequirementError", "UnsupportedPlatformError"]


class InstallError(Exception):
    """Every failure of the installation that a user can do something about."""


class UnsupportedPlatformError(InstallError):
    """The platform is not Linux x86_64 with glibc."""

    def __init__(self, found: str, what: str) -> None:
        super().__init__(
            f"This project runs on Linux x86_64 (glibc); here is {found}: {what}. Use such a machine, a virtual machine or a container."
        )


class MissingRequirementError(InstallError):
    """The system lacks something."""

    def __init__(self, missing: str, remedy: str) -> None:
        super().__init__(f"{missing} is missing. {remedy}")


class CommandFailedError(InstallError):
    """A program that the installation runs failed."""

    def __init__(self, what: str, command: Sequence[str], code: int, output: str) -> None:
        self.output = output
        super().__init__(f"{what} failed ({command[0]} ended with {code}):\n{output.strip()[-3000:]}")


class CorruptJarError(InstallError):
    """A jar's size or checksum differs from the lock's."""

    def __init__(self, jar: str, expected: str, found: str) -> None:
        super().__init__(
            f"The jar {jar} is not the one of requirements/jars.lock: it should have {expected} and has {found}. "
            "It was deleted; run `make install` again. If it happens again, the mirror or proxy in between alters files."
        )
