"""A little of what jobs do, for the archive of classes: `python class_training.py ARCHIVE CLASS_PATH`.

The rows do not matter; the classes do that are loaded on the way: reading, cleaning, windows, joins, Iceberg, the Glue client.
"""

from __future__ import annotations

import os
import shlex
import sys
import tempfile
from contextlib import suppress
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F

_NOBODY = "http://127.0.0.1:9"
"""Nothing listens there: the client is made, and its call fails."""


def main(archive: str, path: str) -> None:
    """Leave the classes of this process's JVM in `archive` when it ends."""
    with tempfile.TemporaryDirectory(prefix="etl-classes-") as folder:
        java = f'-XX:TieredStopAtLevel=1 -Duser.timezone=UTC "-XX:ArchiveClassesAtExit={archive}"'
        settings = {
            "spark.master": "local[2]",
            "spark.driver.memory": "1g",
            "spark.driver.extraClassPath": path,
            "spark.driver.extraJavaOptions": java,
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.ui.enabled": "false",
            "spark.sql.shuffle.partitions": "2",
            "spark.sql.catalogImplementation": "in-memory",
            "spark.sql.warehouse.dir": f"file:{folder}/warehouse",
            "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
            "spark.sql.catalog.lake": "org.apache.iceberg.spark.SparkCatalog",
            "spark.sql.catalog.lake.type": "hadoop",
            "spark.sql.catalog.lake.warehouse": f"file:{folder}/lake",
        }
        arguments = " ".join(f"--conf {shlex.quote(f'{name}={value}')}" for name, value in settings.items())
        os.environ["PYSPARK_SUBMIT_ARGS"] = f"{arguments} pyspark-shell"
        session = SparkSession.builder.getOrCreate()
        process = session.sparkContext._gateway.proc  # type: ignore[union-attr]
        _files(session, folder)
        _lake(session)
        with suppress(Py4JJavaError):
            _glue_client(session._jvm)
        session.stop()
        process.stdin.close()
        process.wait()


def _files(session: SparkSession, folder: str) -> None:
    rows = [(number, f"name {number}", f"2026-01-0{number % 9 + 1}", float(number)) for number in range(50)]
    frame = session.createDataFrame(rows, "id long, name string, day string, amount double")
    cleaned = frame.select(
        "id",
        F.trim("name").alias("name"),
        F.to_date("day").alias("day"),
        F.col("amount").cast("decimal(18,4)").alias("amount"),
        F.sha2(F.concat_ws("|", "id", "name"), 256).alias("digest"),
        F.when(F.col("id") > 10, F.lit("many")).otherwise("few").alias("kind"),
    ).where("name is not null")
    for name in ("parquet", "json", "csv"):
        target = f"file:{folder}/{name}"
        cleaned.write.mode("overwrite").format(name).save(target)
        session.read.format(name).schema(cleaned.schema).load(target).count()
    _shapes(cleaned).collect()
    cleaned.persist().count()
    cleaned.localCheckpoint().groupBy("kind").agg(F.countDistinct("id"), F.max("day"), F.sum("amount")).collect()


def _shapes(frame: DataFrame) -> DataFrame:
    window = Window.partitionBy("kind").orderBy("day", "id")
    numbered = frame.select("*", F.row_number().over(window).alias("place"), F.lag("digest").over(window).alias("before"))
    known = F.broadcast(frame.select("id", F.struct("name", "day").alias("member"), F.array("kind").alias("kinds")))
    joined = numbered.join(known, on="id", how="left").join(frame.select("id").limit(20), on="id", how="left_semi")
    return joined.unionByName(joined).withColumn("kind", F.explode("kinds")).dropDuplicates(["id"]).orderBy("id")


def _lake(session: SparkSession) -> None:
    session.sql("CREATE TABLE lake.db.t (id bigint, name string) USING iceberg TBLPROPERTIES ('write.merge.mode'='copy-on-write')")
    session.range(20).selectExpr("id", "concat('n', id) AS name").writeTo("lake.db.t").append()
    session.range(5, 30).selectExpr("id", "'changed' AS name").createOrReplaceTempView("changes")
    session.sql(
        "MERGE INTO lake.db.t t USING changes s ON t.id = s.id WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *"
    )
    session.sql("DELETE FROM lake.db.t WHERE id = 3")
    session.table("lake.db.t").where("id > 3").join(session.table("changes"), on="id").collect()
    session.sql("SELECT * FROM lake.db.t.snapshots").collect()


def _glue_client(jvm: Any) -> None:
    catalog = jvm.org.apache.iceberg.aws.glue.GlueCatalog()
    options = jvm.java.util.HashMap()
    for name, value in {
        "glue.endpoint": _NOBODY,
        "client.region": "us-east-1",
        "client.credentials-provider": "software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider",
        "warehouse": "s3://nowhere/",
        "io-impl": "org.apache.iceberg.hadoop.HadoopFileIO",
    }.items():
        options.put(name, value)
    catalog.initialize("glue", options)
    catalog.loadTable(jvm.org.apache.iceberg.catalog.TableIdentifier.parse("db.t"))


if __name__ == "__main__":
    main(*sys.argv[1:])
