"""The process that keeps the warm driver: `python -m localaws.engines.spark_driver --gateway-file FILE`.

It starts the JVM with a pipe as its standard input, makes the SparkContext and writes the gateway's address and secret into
FILE (0600); then it waits. Spark's gateway ends when its input does, so the JVM never outlives this process, however it ends.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from pyspark import SparkContext
from pyspark.java_gateway import launch_gateway
from pyspark.sql import SparkSession

from localaws.engines.spark_objects import newest

__all__ = ["main"]


def main(argv: list[str]) -> int:
    """Runs until SIGTERM or until the JVM ends."""
    parser = argparse.ArgumentParser(prog="localaws.engines.spark_driver")
    parser.add_argument("--gateway-file", type=Path, required=True)
    file: Path = parser.parse_args(argv).gateway_file
    file.unlink(missing_ok=True)

    gateway = launch_gateway()
    context = SparkContext(gateway=gateway)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    _warm_up(context)
    parameters = gateway.gateway_parameters
    address = {"port": parameters.port, "secret": parameters.auth_token, "jvm": gateway.proc.pid, "own_objects": newest(gateway)}
    _write_secret(file, address)
    try:
        return gateway.proc.wait()
    finally:
        file.unlink(missing_ok=True)
        gateway.proc.stdin.close()
        gateway.proc.wait()


def _warm_up(context: SparkContext) -> None:
    """Loads the classes of a first query, and leaves no session behind that a run could find.

    And the native libraries, which are unpacked when they are first used: were the disk full then, Java would never try again.
    """
    jvm: Any = context._jvm
    jvm.com.github.luben.zstd.util.Native.load()
    jvm.org.xerial.snappy.Snappy.getNativeLibraryVersion()
    jvm.net.jpountz.lz4.LZ4Factory.fastestInstance()
    session = SparkSession(context)
    session.range(100).selectExpr("id % 7 AS k", "id").groupBy("k").count().orderBy("k").collect()
    jvm.SparkSession.clearDefaultSession()
    jvm.SparkSession.clearActiveSession()


def _write_secret(file: Path, content: dict[str, object]) -> None:
    draft = file.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        json.dump(content, stream)
    draft.replace(file)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
