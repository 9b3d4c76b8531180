"""Places of those that CONNECTION LIMIT gives a user or a database: one locked file each, free when the process of the session ends.

PostgreSQL does not hold these limits, since every session of it is the endpoint's own user's; and its advisory locks are those of one
database, while a user has his places in all of them.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

__all__ = ["take_place"]


def take_place(folder: Path, of: str, limit: int) -> bool:
    """Whether one of so many was free. It is held until this process ends; a negative limit is none."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(limit):
        handle = os.open(folder / f"{of}-{number}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            continue
        return True
    return limit < 0
