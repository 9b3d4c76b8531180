"""The warm driver: one JVM with a SparkContext that job runs attach to (docs/decisions/0004-warm-driver.md).

A run is a Python process of its own with a Spark session of its own; `localaws.glue.sessions` attaches it. Its threads in the
JVM carry its id as name and as job tag, by which `SparkEngine.cancel` finds and ends what a stopped or killed run left.
"""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from py4j.java_gateway import GatewayParameters, JavaGateway
from py4j.protocol import Py4JError, Py4JNetworkError

from localaws.engines.base import Command, Engine
from localaws.engines.endpoint import EndpointEngine
from localaws.engines.spark_conf import configuration, spark_environment
from localaws.engines.spark_objects import announce, sweep, take_back
from localaws.exceptions import EngineNotInstalledError, EngineNotRunningError

__all__ = ["Gateway", "SparkEngine"]

CANCEL_SECONDS = 30.0


@dataclass(frozen=True)
class Gateway:
    """Where the driver's JVM listens, the secret that it asks for, its process, and its last object that is nobody's but its own."""

    port: int
    secret: str
    jvm: int
    own_objects: int

    @classmethod
    def read(cls, file: Path) -> Gateway | None:
        """The gateway of a running driver, None while there is none."""
        try:
            return cls(**json.loads(file.read_text()))
        except FileNotFoundError:
            return None

    @contextlib.contextmanager
    def connected(self) -> Iterator[JavaGateway]:
        """A plain connection, for what is not a run: health and clean-up."""
        # Without memory management: its finalizers would call a driver that may be gone by then, and log errors about it.
        parameters = GatewayParameters(port=self.port, auth_token=self.secret, auto_convert=True, enable_memory_management=False)
        client = JavaGateway(gateway_parameters=parameters)
        name = f"client-{uuid4().hex}"
        try:
            announce(client, name)
            yield client
            take_back(client, name)
        finally:
            client.close()


class SparkEngine(Engine):
    """The kept driver of one home."""

    name = "spark"
    depends_on = ("endpoint",)
    port_names = ()
    start_timeout = 120.0

    def install(self) -> None:
        """Makes the folders; the programs are PyPI wheels and the jars of `make install`."""
        self.data_folder.mkdir(parents=True, exist_ok=True)
        if not any(self.home.jars.glob("iceberg-spark-runtime*.jar")):
            raise EngineNotInstalledError(self.name, self.home.jars / "iceberg-spark-runtime*.jar")

    def command(self, ports: Mapping[str, int]) -> Command:
        self.gateway_file.unlink(missing_ok=True)
        environment = spark_environment(self.home, self._endpoint_url())
        argv = [sys.executable, "-m", "localaws.engines.spark_driver", "--gateway-file", str(self.gateway_file)]
        return Command(argv, env={**environment, "PYSPARK_PYTHON": sys.executable}, cwd=self.data_folder)

    def is_healthy(self, ports: Mapping[str, int]) -> bool:
        gateway = Gateway.read(self.gateway_file)
        if gateway is None:
            return False
        try:
            with gateway.connected() as client:
                return client.jvm.org.apache.spark.SparkContext.getOrCreate().isStopped() is False
        except Py4JError as error:
            raise OSError(f"the driver's gateway does not answer: {error}") from error

    @property
    def gateway_file(self) -> Path:
        """Address and secret of the running driver, readable for its owner only."""
        return self.folder / "gateway.json"

    @property
    def gateway(self) -> Gateway:
        """Of the running driver. Raises EngineNotRunningError while it is down."""
        gateway = Gateway.read(self.gateway_file) if self.pid is not None else None
        if gateway is None:
            raise EngineNotRunningError(self.name)
        return gateway

    @property
    def endpoint(self) -> str:
        return f"py4j://127.0.0.1:{self.gateway.port}"

    def settings_of(self, endpoint_url: str) -> dict[str, str]:
        """What a driver of this home is started with when the endpoint is at this URL."""
        return configuration(self.home, endpoint_url)

    def _endpoint_url(self) -> str:
        """The endpoint's URL, or one where nothing listens: each run brings the current one, the driver itself calls nobody."""
        try:
            return EndpointEngine(self.home).endpoint
        except EngineNotRunningError:
            return "http://127.0.0.1:1"

    def cancel(self, run_id: str, patience: float = CANCEL_SECONDS) -> bool:
        """Ends what the run `run_id` still does in the JVM; True when nothing of it is left.

        A call that the run's process made goes on in the JVM when that process is killed, and may start one job after
        another: so its jobs are cancelled by tag until its threads are gone.
        """
        try:
            gateway = self.gateway
        except EngineNotRunningError:
            return True
        with gateway.connected() as client:
            return _cancel(client, run_id, patience)

    def sweep(self) -> None:
        """Lets go of what ended runs left in the JVM; nothing when the driver is down."""
        with contextlib.suppress(EngineNotRunningError, Py4JNetworkError):
            gateway = self.gateway
            with gateway.connected() as client:
                sweep(client, gateway.own_objects)


def _cancel(client: JavaGateway, run_id: str, patience: float) -> bool:
    context = client.jvm.org.apache.spark.SparkContext.getOrCreate()
    deadline = time.monotonic() + patience
    while True:
        context.cancelJobsWithTag(run_id)
        threads = _threads(client, run_id)
        if not threads:
            return True
        if time.monotonic() > deadline:
            return False
        for thread in threads:
            thread.interrupt()
        time.sleep(0.1)


def _threads(client: JavaGateway, run_id: str) -> list[Any]:
    return [thread for thread in client.jvm.java.lang.Thread.getAllStackTraces().keySet() if thread.getName() == run_id]
