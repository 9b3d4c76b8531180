"""Free ports on loopback, and who listens on one.

A port that was free a moment ago can be taken by the time a server binds it, and then a health check may be answered by
somebody else's server. So after a start the listener is looked up in /proc/net/tcp and must be the process we started.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterable
from pathlib import Path

__all__ = ["LOOPBACK", "free_port", "is_free", "is_served_by_another"]

LOOPBACK = "127.0.0.1"
_LISTEN = "0A"


def is_free(port: int) -> bool:
    """Whether a server could bind `port` on loopback now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port(preferred: int | None = None) -> int:
    """`preferred` when it is free, else one that the kernel chooses."""
    if preferred and is_free(preferred):
        return preferred
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def is_served_by_another(port: int, pids: Iterable[int]) -> bool:
    """Whether somebody listens on TCP `port` and it is certainly none of `pids`.

    Where the open files of a process may not be read (root without CAP_SYS_PTRACE looking at another user's process), it is not certain.
    """
    inodes = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    if not inodes:
        return False
    opened = [_open_sockets(pid) for pid in pids]
    return all(sockets is not None and not sockets & inodes for sockets in opened)


def _listening_inodes(port: int) -> set[str]:
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        path = Path(table)
        if not path.exists():  # a kernel without IPv6
            continue
        for line in path.read_text().splitlines()[1:]:
            columns = line.split()
            if columns[3] == _LISTEN and int(columns[1].rsplit(":", 1)[1], 16) == port:
                found.add(columns[9])
    return found


def _open_sockets(pid: int) -> set[str] | None:
    """Targets of the process's file descriptors; None when they may not be read."""
    folder = f"/proc/{pid}/fd"
    links = set()
    try:
        for name in os.listdir(folder):
            with contextlib.suppress(FileNotFoundError):  # closed meanwhile
                links.add(os.readlink(f"{folder}/{name}"))
    except FileNotFoundError:  # the process ended meanwhile
        return set()
    except PermissionError:
        return None
    return links
