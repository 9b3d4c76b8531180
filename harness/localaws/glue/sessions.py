"""Attaching a run's Python process to the warm driver, and letting go of it.

PySpark finds the kept JVM by its own variables PYSPARK_GATEWAY_PORT and PYSPARK_GATEWAY_SECRET; three of its habits, which suppose
that the JVM is the script's alone, are changed here before the script runs:

- making a SparkContext takes the one that is there; `stop()` ends the run's use of it and leaves it to the others;
- a SparkSession is always the run's own, with a state of its own (settings, temporary views, cached tables, global temporary
  views), and never becomes the JVM's default session, which another run would find;
- each of the run's threads in the JVM carries the run's id as name, job tag and scheduler pool (see `SparkEngine.cancel`).
"""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
from collections.abc import Mapping
from typing import Any

import pyspark.context
from py4j.clientserver import ClientServer, ClientServerConnection, JavaClient
from py4j.protocol import Py4JError
from pyspark import SparkContext
from pyspark.sql import SparkSession

from localaws.engines.spark import Gateway
from localaws.engines.spark_objects import announce
from localaws.glue.run_files import OF_WORKERS, STATIC_SETTINGS

__all__ = ["attach"]


class _Attachment:
    """What the process has of the driver: one for the process."""

    def __init__(self, run_id: str, settings: Mapping[str, str], python_path: str) -> None:
        self.run_id, self.settings, self.python_path = run_id, settings, python_path
        self.jsc: Any = None
        self.sessions: list[SparkSession] = []
        self.is_binding = False

    def bind_thread(self, jvm: Any) -> None:
        """Marks the JVM's thread that serves the calling Python thread."""
        jvm.java.lang.Thread.currentThread().setName(self.run_id)
        self.jsc.addJobTag(self.run_id)
        self.jsc.setLocalProperty("spark.scheduler.pool", self.run_id)
        if SparkSession._activeSession is not None:
            jvm.SparkSession.setActiveSession(SparkSession._activeSession._jsparkSession)

    def release(self) -> None:
        """Gives back what the JVM holds for this run: running jobs, cached tables, listeners of its sessions."""
        if self.jsc is None:
            return
        jsc, sessions = self.jsc, self.sessions
        self.sessions = []
        jsc.sc().cancelJobsWithTag(self.run_id)
        for session in sessions:
            shared = session._jsparkSession.sharedState()
            shared.cacheManager().clearCache()
            listener = shared.statusStore().listener()
            if listener.isDefined():
                jsc.sc().removeSparkListener(listener.get())
        if sessions:
            jvm: Any = sessions[0]._jvm
            jvm.SparkSession.clearActiveSession()


def attach(gateway: Gateway, run_id: str, settings: Mapping[str, str], python_path: str) -> None:
    """Makes every SparkContext and SparkSession of this process one of the driver's behind `gateway`.

    settings: the home's settings now; those of Spark SQL become the session's, since the driver may be older than the endpoint.
    python_path: what Python workers of this run import from.
    """
    os.environ["PYSPARK_GATEWAY_PORT"], os.environ["PYSPARK_GATEWAY_SECRET"] = str(gateway.port), gateway.secret
    attachment = _Attachment(run_id, settings, python_path)
    _announce_the_run(run_id)
    _take_the_context(attachment)
    _own_the_sessions(attachment)
    _mark_threads(attachment)
    atexit.register(_detach, attachment)


def _announce_the_run(run_id: str) -> None:
    original = pyspark.context.launch_gateway

    def launch(*args: Any, **kwargs: Any) -> Any:
        gateway = original(*args, **kwargs)
        announce(gateway, run_id)
        return gateway

    pyspark.context.launch_gateway = launch


def _take_the_context(attachment: _Attachment) -> None:
    def initialize_context(self: SparkContext, jconf: Any) -> Any:
        jvm: Any = self._jvm
        attachment.jsc = jvm.JavaSparkContext(jvm.org.apache.spark.SparkContext.getOrCreate())
        _warn_of_ignored(jconf, attachment.jsc.getConf())
        attachment.bind_thread(jvm)
        self.environment["PYTHONPATH"] = attachment.python_path
        self.environment.update(
            {name.removeprefix(OF_WORKERS): value for name, value in attachment.settings.items() if name.startswith(OF_WORKERS)}
        )
        return attachment.jsc

    def stop(self: SparkContext) -> None:
        if getattr(self, "_jsc", None):
            attachment.release()
            self._jsc = None
        if getattr(self, "_accumulatorServer", None):
            self._accumulatorServer.shutdown()
            self._accumulatorServer = None  # type: ignore[assignment]
        with SparkContext._lock:
            SparkContext._active_spark_context = None

    SparkContext._initialize_context = initialize_context  # type: ignore[method-assign]
    SparkContext.stop = stop  # type: ignore[method-assign]
    # Some scripts shut the gateway down to end a callback server: theirs is closed, the JVM's stays.
    ClientServer.shutdown = lambda self, *args, **kwargs: self.close()


def _own_the_sessions(attachment: _Attachment) -> None:
    original = SparkSession.__init__
    own = {name: value for name, value in attachment.settings.items() if name.startswith("spark.sql.")}

    def initialize(self: SparkSession, sparkContext: SparkContext, jsparkSession: Any = None, options: dict[str, Any] = {}) -> None:  # noqa: B006
        jvm: Any = sparkContext._jvm
        first = SparkSession._instantiatedSession is None or SparkSession._instantiatedSession._sc._jsc is None
        if jsparkSession is None:
            given = {name: str(value) for name, value in {**own, **options}.items()}
            jsparkSession = jvm.SparkSession(sparkContext._jsc.sc(), given)
            attachment.sessions.append(self)
        if first:
            # Set before PySpark looks, so that it does not announce this session to the whole JVM.
            self._sc = sparkContext
            SparkSession._instantiatedSession = self
        original(self, sparkContext, jsparkSession, options)
        if first:
            SparkSession._activeSession = self
            jvm.SparkSession.setActiveSession(jsparkSession)

    SparkSession.__init__ = initialize  # type: ignore[method-assign]


def _mark_threads(attachment: _Attachment) -> None:
    original = JavaClient._create_new_connection

    def create(self: JavaClient) -> ClientServerConnection:
        connection = original(self)
        context = SparkContext._active_spark_context
        if attachment.jsc is not None and SparkContext._jvm is not None and context is not None:
            attachment.bind_thread(SparkContext._jvm)
            while connection in self.deque:  # those calls gave it back; who asked for it gives it back again
                self.deque.remove(connection)
        return connection

    JavaClient._create_new_connection = create


def _warn_of_ignored(asked: Any, actual: Any) -> None:
    """Settings that only a JVM of its own could take are named, never ignored in silence."""
    has = {pair._1(): pair._2() for pair in actual.getAll()}
    wants = {pair._1(): pair._2() for pair in asked.getAll()}
    ignored = sorted(name for name, value in wants.items() if not _is_met(name, value, has.get(name, "")))
    if ignored:
        print(
            f"The warm driver was started without the script's settings {', '.join(ignored)}: they have no effect. "
            "Run the job cold to have them (`--cold`, or the job argument --conf).",
            file=sys.stderr,
        )


def _is_met(name: str, wanted: str, actual: str) -> bool:
    """Whether the driver has the setting, or the session will; Spark itself adds to the options of Java."""
    if name.startswith("spark.sql.") and not name.startswith(STATIC_SETTINGS):
        return True
    return name == "spark.app.name" or wanted == actual or (name.endswith(".extraJavaOptions") and wanted in actual)


def _detach(attachment: _Attachment) -> None:
    """At the end of the process: let go of the JVM, and end the callback server that a library (pydeequ) may have left."""
    gateway = SparkContext._gateway
    if gateway is None:
        return
    with contextlib.suppress(Py4JError):  # the driver may be gone, and then there is nothing to give back
        attachment.release()
    gateway.close(keep_callback_server=False, close_callback_server_connections=True)
