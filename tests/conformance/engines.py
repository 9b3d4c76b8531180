"""What every engine must do. A test class inherits `EngineConformance` and says which engine and how to leave a trace in its data.

Starting a server takes seconds, so the tests of a class share one home. Each brings the engine itself into the state that it is
about (`start` and `stop` do nothing when there is nothing to do), so that they hold in any order and alone.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from localaws.engines.base import Engine
from localaws.engines.processes import group_members
from localaws.exceptions import EngineNotRunningError
from localaws.home import Home
from localaws.ports import LOOPBACK


class EngineConformance:
    """The life cycle, shown on a real server. `keeps_data` is False for an engine that holds none."""

    keeps_data = True

    def make(self, home: Home) -> Engine:
        """The engine of that home."""
        raise NotImplementedError

    def remember(self, engine: Any, text: str) -> None:
        """Put `text`, and nothing else, into the engine's data."""
        raise NotImplementedError

    def recall(self, engine: Any) -> str:
        """What `remember` put there."""
        raise NotImplementedError

    def end(self, home: Home) -> None:
        """End and remove everything of that home's engine."""
        engine = self.make(home)
        engine.stop()
        if hasattr(engine, "remove_outside"):
            engine.remove_outside()

    @pytest.fixture(scope="class")
    @classmethod
    def home(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
        """A home whose path has a space."""
        home = Home(tmp_path_factory.mktemp("engine") / "a home")
        yield home
        cls().end(home)

    @pytest.fixture
    def engine(self, home: Home) -> Engine:
        return self.make(home)

    @pytest.fixture
    def fresh(self, tmp_path: Path) -> Iterator[Home]:
        """A home that no other test has used."""
        home = Home(tmp_path / "another home")
        yield home
        self.end(home)

    def test_before_a_start_it_is_stopped_and_has_no_endpoint(self, fresh: Home) -> None:
        engine = self.make(fresh)

        assert engine.health().state == "stopped"
        with pytest.raises(EngineNotRunningError, match=f"{engine.name}: is not running. Start it with `./etl up`"):
            _ = engine.endpoint

    def test_after_a_start_it_answers_on_loopback_only(self, engine: Engine) -> None:
        endpoint = engine.start()

        assert engine.health().state == "running"
        assert endpoint == engine.endpoint
        if engine.port_names:
            assert f"{LOOPBACK}:{engine.ports['main']}" in endpoint
            assert _listening_addresses(engine.ports["main"]) == {LOOPBACK}

    def test_a_second_start_changes_nothing(self, engine: Engine) -> None:
        first = engine.start()
        pid = engine.pid

        assert engine.start() == first
        assert engine.pid == pid

    def test_after_a_stop_nothing_of_it_is_left(self, engine: Engine) -> None:
        engine.start()
        state = json.loads((engine.folder / "state.json").read_text())

        engine.stop()

        assert engine.health().state == "stopped"
        assert engine.pid is None
        assert group_members(state["pid"], state["started"]) == []
        engine.stop()  # and again changes nothing

    def test_a_restart_keeps_its_data_and_its_port(self, engine: Engine) -> None:
        endpoint = engine.start()
        if self.keeps_data:
            self.remember(engine, "kept")

        engine.stop()

        again = engine.start()
        assert again == endpoint or not engine.port_names
        if self.keeps_data:
            assert self.recall(engine) == "kept"

    def test_a_killed_process_is_noticed_and_started_again_with_its_data(self, engine: Engine) -> None:
        engine.start()
        if self.keeps_data:
            self.remember(engine, "kept")
        killed = engine.pid
        assert killed is not None

        os.kill(killed, signal.SIGKILL)
        _wait_for(lambda: engine.health().state == "dead")
        engine.start()

        assert engine.pid not in (None, killed)
        if self.keeps_data:
            assert self.recall(engine) == "kept"

    def test_a_port_that_is_taken_is_left_to_its_owner(self, engine: Engine) -> None:
        if not engine.port_names:
            pytest.skip("it chooses its port itself")
        engine.start()
        port = engine.ports["main"]
        engine.stop()

        with socket.socket() as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            other.bind((LOOPBACK, port))
            other.listen()
            engine.start()

            assert engine.ports["main"] != port
            assert engine.health().state == "running"

    def test_two_homes_run_side_by_side(self, engine: Engine, fresh: Home) -> None:
        other = self.make(fresh)
        engine.start()
        other.start()

        assert engine.pid != other.pid
        if self.keeps_data:
            self.remember(engine, "first")
            self.remember(other, "second")
            assert (self.recall(engine), self.recall(other)) == ("first", "second")
        other.stop()
        assert engine.health().state == "running"

    def test_two_starts_at_once_start_one(self, home: Home) -> None:
        self.make(home).stop()
        pids: list[int | None] = []

        def start() -> None:
            engine = self.make(home)
            engine.start()
            pids.append(engine.pid)

        threads = [threading.Thread(target=start) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(pids) == 2
        assert len(set(pids)) == 1

    def test_another_process_finds_it_and_stops_it(self, engine: Engine) -> None:
        engine.start()
        kind = type(engine)
        code = (
            "import sys, pathlib; from localaws.home import Home; "
            f"from {kind.__module__} import {kind.__name__} as E; e = E(Home(pathlib.Path(sys.argv[1]))); print(e.endpoint); e.stop()"
        )
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}

        done = subprocess.run(
            [sys.executable, "-c", code, str(engine.home.root)], env=environment, capture_output=True, text=True, check=True, timeout=60
        )

        assert done.stdout.startswith(("http", "postgresql", "redshift", "mysql", "py4j"))
        assert engine.health().state == "stopped"

    def test_no_command_line_shows_a_secret(self, engine: Engine) -> None:
        engine.start()
        state = json.loads((engine.folder / "state.json").read_text())
        secrets = vars(engine.home.credentials).values()

        for pid in group_members(state["pid"], state["started"]):
            line = Path(f"/proc/{pid}/cmdline").read_bytes().decode()
            assert not any(secret in line for secret in secrets)

    def test_a_state_file_of_a_process_that_is_not_ours_is_not_obeyed(self, fresh: Home) -> None:
        engine = self.make(fresh)
        stranger = subprocess.Popen(["sleep", "60"], start_new_session=True)
        try:
            engine.folder.mkdir(parents=True)
            ports = dict.fromkeys(engine.port_names, 1)
            (engine.folder / "state.json").write_text(json.dumps({"pid": stranger.pid, "started": "another-boot:1", "ports": ports}))

            assert engine.health().state == "dead"
            engine.stop()

            assert stranger.poll() is None
            assert engine.health().state == "stopped"
        finally:
            stranger.kill()
            stranger.wait()


def _wait_for(condition: Any, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.05)


def _listening_addresses(port: int) -> set[str]:
    """Local addresses on which somebody listens to `port`, by /proc/net; an IPv6 one is given as it stands there."""
    addresses = set()
    for table in ("tcp", "tcp6"):
        path = Path("/proc/net", table)
        for line in path.read_text().splitlines()[1:] if path.exists() else []:
            address, _, number = line.split()[1].rpartition(":")
            if line.split()[3] == "0A" and int(number, 16) == port:
                addresses.add(socket.inet_ntoa(bytes.fromhex(address)[::-1]) if len(address) == 8 else address)
    return addresses
