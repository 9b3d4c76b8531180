"""What the runs of a warm driver leave in its JVM: Py4J keeps every Java object that a Python process was given until that process
says that it needs it no longer, and a process that ends says nothing. A session with its plans and caches would stay for ever.

Py4J numbers the objects one after another. Each run writes down, before it is given its first one, which number that will be;
once it has ended, what is older than the first object of every run that still lives belongs to nobody.
"""

from __future__ import annotations

import os
from typing import Any

from localaws.engines.processes import is_running, start_time

__all__ = ["announce", "announce_listener", "forget_listener", "is_announced", "newest", "sweep", "take_back"]

_LISTENER = "etl.listener."
"""Likewise: the object that listens for a run."""
_RUN = "etl.run."
"""Prefix of the JVM's system properties in which runs announce themselves: `<pid> <its start> <number>`."""


def announce(gateway: Any, run_id: str) -> None:
    """Say that this process, as the run `run_id`, uses the objects from here on. Its first call to the JVM."""
    first = newest(gateway)
    pid = os.getpid()
    gateway.jvm.java.lang.System.setProperty(f"{_RUN}{run_id}", f"{pid} {start_time(pid)} {first}")


def take_back(gateway: Any, run_id: str) -> None:
    """The process lives on and uses none of its objects any more."""
    gateway.jvm.java.lang.System.clearProperty(f"{_RUN}{run_id}")


def is_announced(jvm: Any, run_id: str) -> bool:
    """Is the JVM one that runs share?"""
    return jvm.java.lang.System.getProperty(f"{_RUN}{run_id}") is not None


def announce_listener(jvm: Any, run_id: str, listener: Any) -> None:
    """Say that the run listens to the events of all: when its process has ended, the listener is taken away."""
    jvm.java.lang.System.setProperty(f"{_LISTENER}{run_id}", listener._target_id)


def forget_listener(jvm: Any, run_id: str) -> None:
    """The run has taken its listener away."""
    jvm.java.lang.System.clearProperty(f"{_LISTENER}{run_id}")


def newest(gateway: Any) -> int:
    """The number of the object that the JVM gave out last."""
    return _number(gateway.jvm.java.lang.Object()._target_id) or 0


def sweep(gateway: Any, kept: int) -> int:
    """Let go of the objects of runs whose processes have ended; how many there were. Runs may begin meanwhile.

    kept: the newest object of the driver's own process, which needs that one and those before.
    """
    # In this order: a run that announces itself after the look at the announcements has newer objects than `limit`.
    limit = newest(gateway)
    limit = min([limit, *_first_objects_of_living_runs(gateway)])
    bindings = gateway.java_gateway_server.getGateway().getBindings()
    names = bindings.keySet().toString().strip("[]").split(", ")
    stale = [name for name in names if kept < (_number(name) or 0) <= limit]
    if stale:  # as one text: every element of a Python list would be a call
        java = gateway.jvm.java.util
        bindings.keySet().removeAll(java.Collections.list(java.StringTokenizer(" ".join(stale))))
    return len(stale)


def _first_objects_of_living_runs(gateway: Any) -> list[int]:
    """Announcements of runs that ended are taken back, with what listens for them."""
    properties = gateway.jvm.java.lang.System.getProperties()
    first = []
    for name in properties.stringPropertyNames().toString().strip("[]").split(", "):
        announced = properties.getProperty(name) if name.startswith(_RUN) else None
        if announced is None:
            continue
        pid, started, number = announced.split(" ")
        if is_running(int(pid), started):
            first.append(int(number))
        else:
            _take_listener_away(gateway, properties, name.removeprefix(_RUN))
            properties.remove(name)
    return first


def _take_listener_away(gateway: Any, properties: Any, run_id: str) -> None:
    name = properties.remove(f"{_LISTENER}{run_id}")
    listener = gateway.java_gateway_server.getGateway().getObject(name) if name is not None else None
    if listener is not None:
        gateway.jvm.org.apache.spark.SparkContext.getOrCreate().removeSparkListener(listener)
        listener.stop()


def _number(name: str) -> int | None:
    """Of an object's name in Py4J, o17; None for the names of Py4J's own."""
    digits = name.removeprefix("o")
    return int(digits) if name.startswith("o") and digits.isdigit() else None
