"""All engines of a home: started in the order of what they need and together where they can, stopped in reverse."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from graphlib import TopologicalSorter

from localaws.engines.base import Engine, Health
from localaws.exceptions import EngineNotRunningError, UnknownEngineError
from localaws.home import Home

__all__ = ["ENGINES", "Event", "Stack", "Status", "engine_class"]

# Where each engine is defined; imported when used, so that looking at one does not load the others.
ENGINES = {
    "mysql": "localaws.engines.mariadb:MariaDBEngine",
    "postgres": "localaws.engines.postgres:PostgresEngine",
    "redshift": "localaws.engines.redshift:RedshiftEngine",
    "endpoint": "localaws.engines.endpoint:EndpointEngine",
    "source-api": "localaws.engines.source_api:SourceApiEngine",
    "spark": "localaws.engines.spark:SparkEngine",
}

Event = Callable[[str, str, str], None]  # engine, "starting" | "running" | "stopping" | "stopped" | "failed", detail


@dataclass(frozen=True)
class Status:
    """One engine as it is now."""

    name: str
    health: Health
    endpoint: str | None
    pid: int | None


def engine_class(name: str) -> type[Engine]:
    """The class of the engine `name`. Raises UnknownEngineError."""
    if name not in ENGINES:
        raise UnknownEngineError(name, ENGINES)
    module, attribute = ENGINES[name].split(":")
    found: type[Engine] = getattr(importlib.import_module(module), attribute)
    return found


class Stack:
    """The engines of one home."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.engines: dict[str, Engine] = {name: engine_class(name)(home) for name in ENGINES}

    def start(self, names: Iterable[str] | None = None, on_event: Event | None = None) -> None:
        """Start `names` (all) and what they need.

        Raises:
            EngineStartError: the first that failed. What had been started stays up, `stop` ends it.
        """
        self.home.make()
        from localaws.snapshots.exchange import finish_interrupted  # which knows the engines

        finish_interrupted(self.home)  # a restore that was killed: its state is put in place before anything opens it
        needs = {name: set(engine.depends_on) for name, engine in self.engines.items()}
        self._walk(self._with_needs(names), needs, self._start_one, on_event)

    def stop(self, names: Iterable[str] | None = None, on_event: Event | None = None) -> None:
        """Stop `names` (all), those first that need others."""
        chosen = self._known(names)
        needed_by = {name: {other for other in chosen if name in self.engines[other].depends_on} for name in chosen}
        self._walk(chosen, needed_by, self._stop_one, on_event)

    def status(self) -> list[Status]:
        """Every engine as it is now."""
        with ThreadPoolExecutor(len(self.engines)) as pool:
            return list(pool.map(_status, self.engines.values()))

    def _walk(self, names: set[str], after: dict[str, set[str]], act: Callable[[str, Event], None], on_event: Event | None) -> None:
        """Run `act` for each name as soon as those it comes after are done; the first failure is raised when all under way have ended."""
        order = TopologicalSorter({name: after[name] & names for name in names})
        order.prepare()
        tell = on_event or (lambda name, what, detail: None)
        with ThreadPoolExecutor(max(1, len(names))) as pool:
            futures: dict[Future[None], str] = {}
            while order.is_active():
                for name in order.get_ready():
                    futures[pool.submit(act, name, tell)] = name
                done = next(as_completed(futures))
                name = futures.pop(done)
                done.result()
                order.done(name)

    def _start_one(self, name: str, tell: Event) -> None:
        tell(name, "starting", "")
        try:
            endpoint = self.engines[name].start()
        except Exception as error:
            tell(name, "failed", str(error).splitlines()[0])
            raise
        tell(name, "running", endpoint)

    def _stop_one(self, name: str, tell: Event) -> None:
        tell(name, "stopping", "")
        self.engines[name].stop()
        tell(name, "stopped", "")

    def _known(self, names: Iterable[str] | None) -> set[str]:
        chosen = set(self.engines) if names is None else set(names)
        for name in chosen - set(self.engines):
            raise UnknownEngineError(name, self.engines)
        return chosen

    def _with_needs(self, names: Iterable[str] | None) -> set[str]:
        chosen, todo = set(), list(self._known(names))
        while todo:
            name = todo.pop()
            if name not in chosen:
                chosen.add(name)
                todo += self.engines[name].depends_on
        return chosen


def _status(engine: Engine) -> Status:
    health = engine.health()
    try:
        endpoint = engine.endpoint
    except EngineNotRunningError:
        endpoint = None
    return Status(engine.name, health, endpoint, engine.pid)
