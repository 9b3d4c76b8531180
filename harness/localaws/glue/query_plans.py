"""The plans of the queries that a script ran, from the record that Spark keeps of them for its user interface.

The record of the warm driver has the queries of all runs, and keeps the last few of them only: so it is looked at all the while, and
a query is the run's when its jobs carry the run's tag or, where it needed no job, when the script's file asked for it.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from py4j.protocol import Py4JError, Py4JJavaError

__all__ = ["QueryPlans"]

_PATIENCE = 10_000
"""Milliseconds in which the JVM has told its record of what ended."""
_INTERVAL = 0.2


class QueryPlans:
    """Plans by query, collected while the script runs, when a context is stopped and at the end."""

    def __init__(self, run_id: str, script: Path) -> None:
        self.run_id, self.script = run_id, script
        self._found: dict[tuple[int, int], str] = {}
        self._settled: set[tuple[int, int]] = set()
        """Queries that have ended: nothing about them changes any more."""
        self._lock = threading.Lock()
        self._ended = threading.Event()

    def watch(self) -> None:
        """From now on the queries of this process are looked for."""
        from pyspark import SparkContext

        stop = SparkContext.stop

        def collect_and_stop(context: SparkContext) -> None:
            self._told(self._collect_the_last)
            stop(context)

        SparkContext.stop = collect_and_stop  # type: ignore[assignment,method-assign]
        threading.Thread(target=self._look, name="query-plans", daemon=True).start()

    def show(self, file: Path) -> None:
        """Prints the plans and writes them to the file. Why that cannot be is told and not raised: a run's result is its script's."""
        self._ended.set()
        self._told(self._collect_the_last)
        self._told(lambda: self._write(file))

    def _write(self, file: Path) -> None:
        parts = [f"=== Query {number}: {text}\n" for number, (_, text) in enumerate(sorted(self._found.items()), 1)]
        text = "\n".join(parts) or "The script ran no query.\n"
        print(text, end="")
        file.write_text(text, "utf-8")

    @staticmethod
    def _told(work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 whatever it is, the script did not do it
            with suppress(OSError):  # the log may be on the disk that is full
                print(f"Plans of queries are missing: {type(error).__name__}: {error}", file=sys.stderr)

    def _collect_the_last(self) -> None:
        self._collect(patiently=True)

    def _look(self) -> None:
        while not self._ended.wait(_INTERVAL):
            try:
                self._collect()
            except Py4JError:
                return  # the JVM ended with the script, which says so itself

    def _collect(self, patiently: bool = False) -> None:
        """Adds what has run so far; nothing when there is no session, or its JVM is gone."""
        from pyspark.sql import SparkSession

        session = SparkSession._instantiatedSession
        context = session.sparkContext._jsc if session is not None else None
        if session is None or context is None:
            return
        with self._lock:
            scala_context: Any = context.sc()
            if patiently:
                scala_context.listenerBus().waitUntilEmpty(_PATIENCE)
            state: Any = session._jsparkSession.sharedState()
            executions = state.statusStore().executionsList()
            for index in range(executions.size()):
                one = executions.apply(index)
                key = scala_context.hashCode(), one.executionId()
                if key in self._settled:
                    continue
                if one.completionTime().isDefined():
                    self._settled.add(key)
                if key in self._found or self._is_ours(one, scala_context.statusStore()):
                    self._found[key] = f"{one.description()}\n{one.physicalPlanDescription().strip()}"

    def _is_ours(self, execution: Any, store: Any) -> bool:
        if str(self.script) in str(execution.description()):
            return True
        jobs = execution.jobs().keys().toSeq()
        return any(self._is_tagged(store, jobs.apply(index)) for index in range(jobs.size()))

    def _is_tagged(self, store: Any, job: int) -> bool:
        try:
            return bool(store.job(job).jobTags().contains(self.run_id))
        except Py4JJavaError as error:
            if error.java_exception.getClass().getName() != "java.util.NoSuchElementException":
                raise
            return False  # the record keeps the last few jobs only, and this one's query was looked at while it ran
