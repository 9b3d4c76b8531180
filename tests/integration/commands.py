"""`etl run` as a process of its own, and the means to kill what works for it at a chosen moment."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from integration.stack import World
from localaws.engines.endpoint import EndpointEngine
from localaws.engines.processes import is_running
from localaws.engines.spark import SparkEngine
from localaws.glue.run_store import JobRun, RunStore
from localaws.home import CHECKOUT

__all__ = ["Command", "Kill", "Victim", "active_run", "etl_run", "strike", "wait_for"]

Victim = Literal["run", "endpoint", "driver", "command"]
_USUAL_SECONDS = 6.0
_PATIENCE = 1800.0
Found = TypeVar("Found")


@dataclass(frozen=True)
class Kill:
    """Kill the victim while this job runs, after this share of the time that the job took last."""

    job: str
    victim: Victim
    share: float


@dataclass
class Command:
    """A started `etl run`. output: what it printed, errors included."""

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None

    @property
    def output(self) -> str:
        return self.log.read_text("utf-8")

    def wait(self, timeout: float = _PATIENCE) -> int:
        return self.process.wait(timeout)


def etl_run(world: World, batch_id: str, *arguments: str) -> Command:
    """Start `etl run` for the batch, as a person would: it starts the engines that are down."""
    log = world.home.root / f"etl-run-{time.monotonic_ns()}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(CHECKOUT / "etl"), "run", "--batch", batch_id, *arguments],
            env={**os.environ, "ETL_HOME": str(world.home.root)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    return Command(process, log)


def strike(world: World, command: Command, batch_id: str, kill: Kill) -> bool:
    """Wait for the moment and kill -9 the victim. False when the command ended before the moment came."""
    usual = _last_duration(world, kill.job)
    if wait_for(lambda: active_run(world, batch_id, kill.job), command) is None:
        return False
    time.sleep(kill.share * usual)
    pid = wait_for(lambda: _pid_of(world, command, batch_id, kill), command)
    if pid is None:
        return False
    os.kill(pid, signal.SIGKILL)
    return True


def wait_for(look: Callable[[], Found | None], command: Command, pause: float = 0.01) -> Found | None:
    """What `look` finds; None when the command ends before it finds anything."""
    give_up = time.monotonic() + _PATIENCE
    while time.monotonic() < give_up:
        found = look()
        if found is not None or not command.is_running:
            return found
        time.sleep(pause)
    raise TimeoutError(f"nothing came in {_PATIENCE:.0f} s; the command says:\n{command.output}")


def active_run(world: World, batch_id: str, job: str | None = None) -> JobRun | None:
    """A run of the batch (and job) whose process is at work."""
    for run in RunStore(world.home.runs).all(job):
        mine = run.is_active and run.arguments.get("--batch_id") == batch_id
        if mine and run.pid is not None and is_running(run.pid, run.process_started or ""):
            return run
    return None


def _pid_of(world: World, command: Command, batch_id: str, kill: Kill) -> int | None:
    if kill.victim == "run":
        # A job that is over leaves the moment to whichever comes next.
        run = active_run(world, batch_id, kill.job) or active_run(world, batch_id)
        return None if run is None else run.pid
    if kill.victim == "endpoint":
        return EndpointEngine(world.home).pid
    if kill.victim == "driver":
        return SparkEngine(world.home).gateway.jvm
    return command.process.pid


def _last_duration(world: World, job: str) -> float:
    ended = [run for run in RunStore(world.home.runs).all(job) if run.state == "SUCCEEDED" and run.completed_on is not None]
    return ended[0].completed_on - ended[0].started_on if ended else _USUAL_SECONDS  # type: ignore[operator]
