"""The metrics of a run with `--enable-metrics`, in CloudWatch under Glue's names ("Monitoring AWS Glue using CloudWatch metrics").

From the first SparkContext on, a listener of Spark's own writes the events of its tasks into the run's folder; every thirty seconds and at
the end what they add up to since the last time is put, with the role of the run, for the run and for all runs of the job. Those of the
service that belong to workers of their own (`glue.ALL.…`, executors, files of S3) are not: the driver does all the work here.
"""

from __future__ import annotations

import shutil
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from py4j.protocol import Py4JError

from localaws.engines.spark_objects import announce_listener, forget_listener, is_announced
from localaws.every import Every
from localaws.glue.spark_events import COUNTS, EventCounts

__all__ = ["RunMetrics"]

EVERY = 30.0
_DRIVER = "glue.driver."
_NAMESPACE = "Glue"
_UNITS = {**COUNTS, "elapsedTime": "Milliseconds"}
_PATIENCE = 10_000
"""Milliseconds in which the JVM has told its listeners of what ended."""
_NOT_PUBLISHED = (ClientError, BotoCoreError, Py4JError, OSError)


class RunMetrics:
    """Those of the run of this process."""

    def __init__(self, job_name: str, run_id: str, folder: Path, cloudwatch: Callable[[], Any]) -> None:
        """`cloudwatch` makes the client, when there is something to put."""
        self.job_name, self.run_id, self.folder, self._cloudwatch = job_name, run_id, folder, cloudwatch
        self._context: _Listening | None = None
        self._before: Counter[str] = Counter()
        self._put: Counter[str] = Counter()
        self._lock = threading.RLock()
        self._started = time.monotonic()
        self._every: Every | None = None

    def watch(self) -> None:
        """From now on every SparkContext of this process is listened to."""
        from pyspark import SparkContext

        begin, stop = SparkContext._initialize_context, SparkContext.stop

        def begin_and_listen(context: SparkContext, jconf: Any) -> Any:
            found = begin(context, jconf)
            self._listen(context._jvm, found)
            return found

        def collect_and_stop(context: SparkContext) -> None:
            self._let_go()
            stop(context)

        SparkContext._initialize_context = begin_and_listen  # type: ignore[assignment,method-assign]
        SparkContext.stop = collect_and_stop  # type: ignore[assignment,method-assign]

    def end(self) -> None:
        """Puts what is left. Nothing of a script that made no SparkContext, as on Glue."""
        if self._every is None:
            return
        self._every.close()
        self._publish()
        self._let_go()

    def _listen(self, jvm: Any, context: Any) -> None:
        if self._every is None:
            self._started = time.monotonic()
            self._every = Every(f"metrics of {self.run_id}", EVERY, self._publish)
        try:
            self._context = _Listening(jvm, context, self.run_id, self.folder / f"events-{time.time_ns()}")
        except _NOT_PUBLISHED as error:
            _say(error)

    def _let_go(self) -> None:
        """The context's figures are kept, and nobody listens to it any more."""
        with self._lock:
            if self._context is not None:
                try:
                    self._before += self._context.close()
                except _NOT_PUBLISHED as error:
                    _say(error)
                self._context = None

    def _publish(self) -> None:
        """What came since the last time, and how full the heap is now. What cannot be put is told, and the run goes on."""
        try:
            with self._lock:  # until it is put: who comes meanwhile would put the same once more
                now, gauges = self._figures()
                counts = {f"aggregate.{name}": (now[name] - self._put[name], unit) for name, unit in _UNITS.items()}
                self._cloudwatch().put_metric_data(
                    Namespace=_NAMESPACE, MetricData=[*self._data(counts, "count"), *self._data(gauges, "gauge")]
                )
                self._put = now
        except _NOT_PUBLISHED as error:
            _say(error)

    def _figures(self) -> tuple[Counter[str], dict[str, tuple[float, str]]]:
        now, gauges = Counter(self._before), {}
        if self._context is not None:
            now += self._context.read()
            gauges = self._context.heap()
        now["elapsedTime"] = int((time.monotonic() - self._started) * 1000)
        return now, gauges

    def _data(self, values: Mapping[str, tuple[float, str]], kind: str) -> list[dict[str, Any]]:
        return [
            {"MetricName": _DRIVER + name, "Value": value, "Unit": unit, "Dimensions": [
                {"Name": "JobName", "Value": self.job_name}, {"Name": "JobRunId", "Value": run}, {"Name": "Type", "Value": kind},
            ]}
            for name, (value, unit) in values.items() for run in (self.run_id, "ALL")
        ]  # fmt: skip


class _Listening:
    """One SparkContext with a listener that writes its events to a file. A warm driver's has events of other runs, too."""

    def __init__(self, jvm: Any, context: Any, run_id: str, folder: Path) -> None:
        folder.mkdir()
        self._jvm, self._context, self._run_id, self._folder = jvm, context.sc(), run_id, folder
        conf = context.getConf()  # a copy
        for name in ("compress", "rolling.enabled", "logBlockUpdates.enabled", "logStageExecutorMetrics"):
            conf.set(f"spark.eventLog.{name}", "false")
        conf.set("spark.eventLog.buffer.kb", "1")  # a task's event can be read when it has ended, not when its stage has
        attempt, place = jvm.scala.Option.apply(None), jvm.java.net.URI(folder.as_uri())
        self._listener = jvm.org.apache.spark.scheduler.EventLoggingListener(run_id, attempt, place, conf)
        self._listener.start()
        announce_listener(jvm, run_id, self._listener)  # a process that is killed cannot take it away
        self._context.listenerBus().addToEventLogQueue(self._listener)
        (file,) = folder.glob("*.inprogress")
        self._counts = EventCounts(file, run_id if is_announced(jvm, run_id) else None)

    def read(self) -> Counter[str]:
        """What its tasks add up to."""
        self._context.listenerBus().waitUntilEmpty(_PATIENCE)
        return self._counts.read()

    def heap(self) -> dict[str, tuple[float, str]]:
        """How full the JVM's heap is: the driver's, with all runs that share it."""
        usage = self._jvm.java.lang.management.ManagementFactory.getMemoryMXBean().getHeapMemoryUsage()
        return {"jvm.heap.used": (usage.getUsed(), "Bytes"), "jvm.heap.usage": (usage.getUsed() / usage.getMax(), "None")}

    def close(self) -> Counter[str]:
        """The last figures."""
        found = self.read()
        self._context.removeSparkListener(self._listener)
        self._listener.stop()
        forget_listener(self._jvm, self._run_id)
        shutil.rmtree(self._folder)
        return found


def _say(error: Exception) -> None:
    print(f"The run's metrics could not be published: {type(error).__name__}: {str(error).splitlines()[0]}", file=sys.stderr)
