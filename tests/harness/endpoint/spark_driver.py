"""A Spark program of its own for the endpoint's tests: what Spark sees of the storage, and writers that commit at once.

    spark_driver.py HOME ENDPOINT_URL ACTION[:ARGUMENT…] …

Does one action after the other and prints a line of JSON for each. It is a program because its settings are static (a
test process can have one driver only), and one for several actions because a JVM takes its time to start.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from localaws.home import Home
from localaws.spark_settings import CATALOG, settings

TABLE = f"{CATALOG}.curated.two_writers"


def main(home: str, endpoint_url: str, *actions: str) -> None:
    spark = _session(Path(home), endpoint_url)
    for action in actions:
        name, *arguments = action.split(":")
        result = {"view": view, "create": create, "meet": meet, "write": write, "read": read}[name](spark, *arguments)
        print("RESULT " + json.dumps(result), flush=True)
    spark.stop()


def view(spark: SparkSession, bucket: str, later: str) -> dict[str, object]:
    """Read what boto3 put, write what boto3 will read, and use a bucket that is made while this session runs."""
    lines = [row.value for row in spark.read.text(f"s3://{bucket}/from boto/é x.txt").collect()]
    spark.createDataFrame([(1, "a"), (2, "b")], "id int, name string").coalesce(1).write.parquet(f"s3://{bucket}/from_spark/t")
    _client().create_bucket(Bucket=later)
    spark.range(3).coalesce(1).write.json(f"s3://{later}/made_later")
    try:
        spark.range(1).write.json("s3://no-such-bucket/x")
        missing = "written"
    except Exception as error:  # noqa: BLE001 - py4j's, whose class says nothing
        missing = str(error).splitlines()[1]
    return {"lines": lines, "missing": missing}


def create(spark: SparkSession) -> dict[str, object]:
    """The table that the writers share."""
    spark.sql(f"CREATE TABLE {TABLE} (writer string, commit int) USING iceberg TBLPROPERTIES ('commit.retry.num-retries'='50')")
    return {}


def meet(spark: SparkSession, place: str, mine: str, other: str) -> dict[str, object]:
    """Wait for the other program at the same point."""
    s3 = _client()
    s3.put_object(Bucket="meeting", Key=f"{place}/{mine}", Body=b"")
    deadline = time.monotonic() + 240
    while not s3.list_objects_v2(Bucket="meeting", Prefix=f"{place}/{other}")["KeyCount"]:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{other} did not come to {place}")
        time.sleep(0.05)
    return {}


def write(spark: SparkSession, writer: str, commits: str) -> dict[str, object]:
    """Commit again and again to a table that another process commits to at the same time."""
    for commit in range(int(commits)):
        spark.createDataFrame([(writer, commit)], "writer string, commit int").writeTo(TABLE).append()
    return {"committed": int(commits)}


def read(spark: SparkSession) -> dict[str, object]:
    """All rows, and how many commits the table's history has, as the catalog has them now and not as this session last saw them."""
    spark.sql(f"REFRESH TABLE {TABLE}")
    rows = sorted([row.writer, row.commit] for row in spark.table(TABLE).collect())
    return {"rows": rows, "snapshots": spark.table(f"{TABLE}.snapshots").count()}


def _session(home: Path, endpoint_url: str) -> SparkSession:
    jars = [str(path) for path in Home(home).jars.glob("iceberg-*.jar")]
    builder = SparkSession.builder.master("local[1]").config("spark.jars", ",".join(jars))
    fixed = {
        "spark.ui.enabled": "false",
        "spark.driver.memory": "1g",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.warehouse.dir": str(home / "unused"),
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -Duser.timezone=UTC",
        "spark.log.level": "ERROR",
    }
    for name, value in (fixed | settings(home, endpoint_url)).items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def _client() -> Any:
    from localaws.bootstrap import client

    return client("s3", os.environ["AWS_ENDPOINT_URL"])


if __name__ == "__main__":
    main(*sys.argv[1:])
