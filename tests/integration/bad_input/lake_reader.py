"""Answers SQL on the lake, one statement a line, one line of JSON each: a test process cannot attach to the warm driver itself,
since that changes PySpark for the whole process.
"""

from __future__ import annotations

import json
import os
import sys

from localaws.engines.spark import SparkEngine
from localaws.glue.sessions import attach
from localaws.home import Home


def main(run_id: str) -> None:
    engine = SparkEngine(Home.resolve())
    # Iceberg's catalog keeps tables as it saw them for half a minute; here jobs commit between two statements.
    settings = engine.settings_of(os.environ["AWS_ENDPOINT_URL"]) | {"spark.sql.catalog.glue_catalog.cache-enabled": "false"}
    attach(engine.gateway, run_id, settings, os.environ["PYTHONPATH"])
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.getOrCreate()
    spark.conf.set("spark.sql.session.timeZone", "UTC")
    for statement in sys.stdin:
        rows = [list(row) for row in spark.sql(statement).collect()]
        print(json.dumps(rows, default=str, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
