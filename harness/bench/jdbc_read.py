"""Reads lineitem by JDBC and writes nothing: `jdbc_read.py URL USER PARTITIONS FETCH`, password on standard input.

Prints the seconds of the read and the rows.
"""

from __future__ import annotations

import sys
import time

from pyspark.sql import SparkSession

url, user, partitions, fetch = sys.argv[1:]
spark = SparkSession.builder.getOrCreate()
reader = (
    spark.read.format("jdbc")
    .option("url", f"{url}?useCursorFetch=true&connectionTimeZone=UTC")
    .option("driver", "com.mysql.cj.jdbc.Driver")
    .option("user", user)
    .option("password", sys.stdin.read())
    .option("fetchsize", fetch)
)
low, high, rows = reader.option("dbtable", "(SELECT MIN(order_id), MAX(order_id), COUNT(*) FROM lineitem) AS bounds").load().first()
lines = (
    reader.option("dbtable", "lineitem")
    .option("partitionColumn", "order_id")
    .option("lowerBound", str(low))
    .option("upperBound", str(high))
    .option("numPartitions", partitions)
    .load()
)
began = time.monotonic()
lines.write.format("noop").mode("overwrite").save()
print(time.monotonic() - began, rows)
spark.stop()
