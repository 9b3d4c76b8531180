"""What the system must be and have, checked before anything is fetched. Standard library only."""

from __future__ import annotations

import importlib.util
import platform
import shutil
import sys
from pathlib import Path

from install.exceptions import MissingRequirementError, UnsupportedPlatformError

__all__ = ["check_folder", "check_platform"]

NEEDED_BYTES = 4 * 1024**3


def check_platform(system: str | None = None, machine: str | None = None, libc: str | None = None) -> None:
    """Refuse what cannot work, by name.

    Raises:
        UnsupportedPlatformError: not Linux, not x86_64, or not glibc.
        MissingRequirementError: Python has no venv or ensurepip.
    """
    system, machine = system or platform.system(), machine or platform.machine()
    libc = platform.libc_ver()[0] if libc is None else libc
    found = f"{system} {machine} {libc}".strip()
    if system != "Linux":
        raise UnsupportedPlatformError(found, "the database servers and the Java that it installs are Linux programs")
    if machine not in ("x86_64", "AMD64"):
        raise UnsupportedPlatformError(found, "the MySQL-compatible server has no build for this processor")
    if libc != "glibc":
        raise UnsupportedPlatformError(found, "the servers are built for glibc, not for musl")
    for module in ("venv", "ensurepip"):
        if importlib.util.find_spec(module) is None:
            raise MissingRequirementError(
                f"Python's module {module} (of {sys.executable})", "On Debian and Ubuntu: apt-get install python3.11-venv."
            )


def check_folder(checkout: Path) -> None:
    """See that the checkout can be installed in.

    Raises:
        MissingRequirementError: a path that cannot be used, or no room.
    """
    if ":" in str(checkout):
        raise MissingRequirementError(f"A usable path: {checkout} has a colon, which PYTHONPATH cannot hold", "Move the checkout.")
    present = (checkout / ".venv" / "installed.json").exists()
    free = shutil.disk_usage(checkout).free
    if not present and free < NEEDED_BYTES:
        raise MissingRequirementError(
            f"Room on the disk of {checkout}: {free / 1024**3:.1f} GB are free, {NEEDED_BYTES / 1024**3:.0f} GB are needed", "Free some."
        )
