"""The life cycle that every engine has: install, start, health, endpoint, stop, data folder.

An engine is a process (group) of its own. It is found again by `state.json` in its folder, which holds pid, start time and
ports, so that any later command can stop it. A file lock makes starts and stops of one engine wait for each other.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import ClassVar, Literal

from localaws.engines.processes import Command, end_group, group_members, is_running, spawn, start_time
from localaws.exceptions import EngineError, EngineNotRunningError, EngineStartError, EngineStopError
from localaws.home import CHECKOUT, Home
from localaws.ports import free_port, is_free, is_served_by_another

__all__ = ["Command", "Engine", "Health", "State"]

ATTEMPTS = 4
TAIL_LINES = 25


@dataclass(frozen=True)
class State:
    """What `state.json` holds: the leader's pid and start time, and the ports by name."""

    pid: int
    started: str
    ports: dict[str, int]


@dataclass(frozen=True)
class Health:
    """`running` answers; `unhealthy` runs and does not answer; `dead` ended without being stopped; `stopped` was not started."""

    state: Literal["running", "unhealthy", "dead", "stopped"]
    detail: str = ""


class _PortTakenError(EngineError):
    """Another server came between choosing a port and binding it; another port is tried."""


class Engine(ABC):
    """One engine of one home. Subclasses say how it is prepared, run and asked for health; the rest is here."""

    name: ClassVar[str]
    depends_on: ClassVar[tuple[str, ...]] = ()
    port_names: ClassVar[tuple[str, ...]] = ("main",)
    start_timeout: ClassVar[float] = 60.0
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM
    stop_timeout: ClassVar[float] = 15.0

    def __init__(self, home: Home) -> None:
        self.home = home

    @abstractmethod
    def install(self) -> None:
        """Prepare the data folder; does nothing when that is done. Raises EngineNotInstalledError when a program is missing."""

    @abstractmethod
    def command(self, ports: Mapping[str, int]) -> Command:
        """What runs the engine on these ports."""

    @abstractmethod
    def is_healthy(self, ports: Mapping[str, int]) -> bool:
        """Whether it really answers. OSError means not yet."""

    @property
    @abstractmethod
    def endpoint(self) -> str:
        """Its URL, without credentials. Raises EngineNotRunningError while it is down."""

    @property
    def folder(self) -> Path:
        """Its folder in the home: state.json, lock, log, and mostly the data."""
        return self.home.engines / self.name

    @property
    def data_folder(self) -> Path:
        """Where its data is."""
        return self.folder / "data"

    @property
    def log_file(self) -> Path:
        """What it prints."""
        return self.folder / "engine.log"

    @property
    def ports(self) -> dict[str, int]:
        """Its ports by name. Raises EngineNotRunningError while it is down."""
        state = self._read_state()
        if state is None or not is_running(state.pid, state.started):
            raise EngineNotRunningError(self.name)
        return state.ports

    @property
    def pid(self) -> int | None:
        """The leader's process id, None while it is down."""
        state = self._read_state()
        return state.pid if state is not None and is_running(state.pid, state.started) else None

    def health(self) -> Health:
        """Look, and change nothing."""
        state = self._read_state()
        if state is None:
            return Health("stopped")
        if not is_running(state.pid, state.started):
            return Health("dead", f"process {state.pid} ended; see {self.log_file}")
        try:
            if self.is_healthy(state.ports):
                return Health("running")
        except OSError as error:
            return Health("unhealthy", str(error))
        return Health("unhealthy", f"process {state.pid} runs and does not answer; see {self.log_file}")

    def start(self) -> str:
        """Start it unless it runs, wait until it answers, and return its endpoint.

        Raises:
            EngineStartError: it did not come up. Nothing of it is left running.
        """
        with self.locked():
            state = self._read_state()
            if state is not None:
                if is_running(state.pid, state.started) and self._becomes_healthy(state):
                    return self.endpoint
                self._end(state)
            self.install()
            preferred = self._last_ports()
            for _ in range(ATTEMPTS):
                ports = {name: free_port(preferred.get(name)) for name in self.port_names}
                with contextlib.suppress(_PortTakenError):
                    self._launch(ports)
                    return self.endpoint
                preferred = {}
        raise EngineStartError(self.name, f"no free port in {ATTEMPTS} attempts", self.log_file, self._log_tail())

    def stop(self) -> None:
        """Stop it and everything that it started; does nothing when it is down.

        Raises:
            EngineStopError: something of it survived SIGKILL.
        """
        if not self.folder.exists():
            return
        with self.locked():
            state = self._read_state()
            if state is not None:
                self._end(state)

    def _launch(self, ports: dict[str, int]) -> None:
        self.log_file.write_bytes(b"")
        try:
            pid = spawn(self.command(ports), self._environment(), self.log_file)
        except OSError as error:
            raise EngineStartError(self.name, str(error)) from error
        # A process that ended at once has no start time any more; the log says why.
        state = State(pid, start_time(pid) or "ended:0", ports)
        self._write_state(state)
        try:
            self._wait_until_healthy(state)
        except BaseException:
            self._end(state)
            raise

    def _wait_until_healthy(self, state: State) -> None:
        deadline = time.monotonic() + self.start_timeout
        while time.monotonic() < deadline:
            alive = is_running(state.pid, state.started)
            if any(self._is_taken(port, state, alive) for port in state.ports.values()):
                raise _PortTakenError(self.name, f"one of the ports {state.ports} is another's")
            if not alive:
                raise EngineStartError(self.name, "its process ended", self.log_file, self._log_tail())
            with contextlib.suppress(OSError):
                if self.is_healthy(state.ports):
                    return
            time.sleep(0.05)
        raise EngineStartError(self.name, f"it did not answer in {self.start_timeout:.0f} s", self.log_file, self._log_tail())

    def _is_taken(self, port: int, state: State, alive: bool) -> bool:
        return is_served_by_another(port, group_members(state.pid, state.started)) if alive else not is_free(port)

    def _becomes_healthy(self, state: State) -> bool:
        """Whether a process that runs answers soon; it may be busy."""
        deadline = time.monotonic() + 5.0
        while is_running(state.pid, state.started) and time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                if self.is_healthy(state.ports):
                    return True
            time.sleep(0.1)
        return False

    def _end(self, state: State) -> None:
        if state.started != "ended:0" and not end_group(state.pid, state.started, self.stop_signal, self.stop_timeout):
            raise EngineStopError(self.name, state.pid)
        self._state_file.unlink(missing_ok=True)

    def _environment(self) -> dict[str, str]:
        """The same for every caller: nothing of the user's settings or credentials reaches an engine."""
        return {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "HOME": str(self.folder),
            "PYTHONPATH": f"{CHECKOUT / 'libs'}{os.pathsep}{CHECKOUT / 'harness'}",
            "PYTHONUNBUFFERED": "1",
            "PYTHONSAFEPATH": "1",  # a user's folder may hold a module named as one of ours
            "ETL_HOME": str(self.home.root),
        }

    @property
    def _state_file(self) -> Path:
        return self.folder / "state.json"

    def _read_state(self) -> State | None:
        try:
            return State(**json.loads(self._state_file.read_text()))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError) as error:
            raise EngineError(self.name, f"{self._state_file} cannot be read ({error}); end its process and delete that file.") from error

    def _write_state(self, state: State) -> None:
        for path, content in ((self._state_file, asdict(state)), (self.folder / "ports.json", state.ports)):
            draft = path.with_suffix(".draft")
            draft.write_text(json.dumps(content))
            draft.replace(path)

    def _last_ports(self) -> dict[str, int]:
        """Ports of the last start: kept where they are free, so that a restart does not move a URL that a user noted."""
        try:
            return dict(json.loads((self.folder / "ports.json").read_text()))
        except (FileNotFoundError, ValueError):
            return {}

    def _log_tail(self) -> str:
        lines = self.log_file.read_text(errors="replace").splitlines() if self.log_file.exists() else []
        return "\n".join(lines[-TAIL_LINES:])

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """While this is held, nobody else starts or stops it."""
        self.home.make()
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
