"""Processes of engines: started in a group of their own, recognised later by pid and start time, ended as a group.

Pids are reused, so a pid alone never identifies a process. A leader that was killed may leave children behind: the kernel gives
no new process the number of a group that has members, so they are those of the group and session that are younger than the leader,
as long as no other process has its number. (A marker in the environment would not do: PostgreSQL overwrites its own.)
"""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["Command", "end_group", "group_members", "is_running", "spawn", "start_time"]

_CHILDREN: list[subprocess.Popen[bytes]] = []  # kept, because dropping a Popen of a running process is reported as a leak


@dataclass(frozen=True)
class Command:
    """What to run: argv, additions to a clean environment, a user id to change to, and a working folder."""

    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    user: int | None = None
    group: int | None = None
    cwd: Path | None = None


def spawn(command: Command, env: Mapping[str, str], log_file: Path) -> int:
    """Start `command` in a session of its own with its output in `log_file`; returns the pid, which is the group's id."""
    identity: dict[str, Any] = {} if command.user is None else {"user": command.user, "group": command.group, "extra_groups": []}
    with log_file.open("ab") as log:
        process = subprocess.Popen(
            list(command.argv),
            env={**env, **command.env},
            cwd=command.cwd or log_file.parent,  # not the caller's folder, which could then not be unmounted
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            **identity,
        )
    _CHILDREN.append(process)
    return process.pid


def start_time(pid: int) -> str | None:
    """The start of process `pid` as boot id and clock ticks, or None when there is none (a zombie is none)."""
    stat = _stat(pid)
    return None if stat is None or stat.state == "Z" else f"{_boot_id()}:{stat.started}"


def is_running(pid: int, started: str) -> bool:
    """Whether the process that was started as `pid` at `started` still runs. Reaps it when it was ours and ended."""
    _reap(pid)
    return start_time(pid) == started


def group_members(group: int, started: str) -> list[int]:
    """Running processes of the group whose leader was started as `group` at `started`."""
    boot, ticks = started.split(":")
    leader = _stat(group)
    if boot != _boot_id() or (leader is not None and leader.started != int(ticks)):
        return []
    stats = ((pid, _stat(pid)) for pid in (int(name) for name in os.listdir("/proc") if name.isdigit()))
    return [
        pid
        for pid, stat in stats
        if stat is not None and stat.state != "Z" and stat.group == stat.session == group and stat.started >= int(ticks)
    ]


def end_group(group: int, started: str, first: signal.Signals = signal.SIGTERM, patience: float = 15.0) -> bool:
    """Send `first` to the leader, then SIGTERM and SIGKILL to what is left of the group; True when nothing is left."""
    if is_running(group, started):
        with contextlib.suppress(ProcessLookupError):
            os.kill(group, first)
    else:
        patience = 0.0
    for sign, seconds in ((None, patience), (signal.SIGTERM, 3.0), (signal.SIGKILL, 10.0)):
        if sign is not None:
            for pid in group_members(group, started):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, sign)
        if _wait_until_gone(group, started, seconds):
            return True
    return False


@dataclass(frozen=True)
class _Stat:
    state: str
    group: int
    session: int
    started: int


def _stat(pid: int) -> _Stat | None:
    """Fields 3, 5, 6 and 22 of /proc/<pid>/stat, see proc(5); the name in field 2 may hold spaces and parentheses."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = text[text.rindex(")") + 2 :].split()
    return _Stat(fields[0], int(fields[2]), int(fields[3]), int(fields[19]))


@functools.cache
def _boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def _reap(pid: int) -> None:
    for process in _CHILDREN:
        if process.pid == pid:
            process.poll()


def _wait_until_gone(group: int, started: str, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while True:
        _reap(group)
        if not group_members(group, started):
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
