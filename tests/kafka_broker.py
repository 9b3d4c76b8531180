"""A Kafka broker of its own on loopback: the server's jars that `make install` fetches, on the packaged Java, without ZooKeeper."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from localaws.engines.spark_home import java_home, spark_home
from localaws.home import Home
from localaws.ports import free_port, is_served_by_another
from waiting import wait_until

__all__ = ["broker"]

# Of Spark's jars: what the server needs beside its own.
_SHARED = ("scala-library", "jackson-core-2", "jackson-databind", "jackson-annotations", "zookeeper", "slf4j-api", "log4j", "zstd-jni",
           "lz4-java", "snappy-java")  # fmt: skip


@contextmanager
def broker(folder: Path) -> Iterator[str]:
    """Its `host:port`. Topics are made when they are first written to; its data and log are in the folder."""
    for attempt in range(3):  # somebody else may take a port between its choice and its use
        process, address, log = _start(folder / str(attempt))
        try:
            wait_until(partial(_has_decided, process, address))
            if process.poll() is None:
                yield f"{address[0]}:{address[1]}"
                return
        finally:
            process.kill()
            process.wait()
        assert "BindException" in log.read_text(), log.read_text()[-3000:]
    raise AssertionError("no free ports for a broker in three attempts")


def _start(folder: Path) -> tuple[subprocess.Popen[bytes], tuple[str, int], Path]:
    data = folder / "data"
    data.mkdir(parents=True)
    (data / "meta.properties").write_text("version=1\ncluster.id=MkU3OEVBNTcwNTJENDM2Qg\nnode.id=1\n")
    port, controller = free_port(), free_port()
    settings = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        "log.dirs": str(data),
        "broker.session.timeout.ms": "120000",  # on a busy machine its own heartbeats come late
        "offsets.topic.replication.factor": "1",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
    }
    file, log = folder / "server.properties", folder / "server.log"
    file.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    home = Home.resolve()
    jars = [*sorted((home.dist / "broker").glob("*.jar")), *sorted(home.jars.glob("kafka-clients-*.jar"))]
    jars += [jar for name in _SHARED for jar in sorted((spark_home() / "jars").glob(f"{name}*.jar"))]
    options = ["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", os.pathsep.join(map(str, jars))]
    with log.open("wb") as stream:
        process = subprocess.Popen([java_home() / "bin" / "java", *options, "kafka.Kafka", file], stdout=stream, stderr=stream)
    return process, ("127.0.0.1", port), log


def _has_decided(process: subprocess.Popen[bytes], address: tuple[str, int]) -> bool:
    """Whether the broker, and nobody else on its port, takes connections; or has ended."""
    if process.poll() is not None:
        return True
    with suppress(OSError), socket.create_connection(address, timeout=1):
        return not is_served_by_another(address[1], [process.pid])
    return False
