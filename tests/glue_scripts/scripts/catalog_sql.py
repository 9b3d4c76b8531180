"""Spark SQL over the tables of the catalog, and a table made by it."""

from __future__ import annotations

import sys

from pyspark.context import SparkContext

from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.utils import getResolvedOptions

args = getResolvedOptions(sys.argv, ["JOB_NAME"])
glueContext = GlueContext(SparkContext.getOrCreate())
spark = glueContext.spark_session
job = Job(glueContext)
job.init(args["JOB_NAME"], args)

spark.sql("USE clinic")
print("tables", sorted(table.name for table in spark.catalog.listTables("clinic")))
busy = spark.sql("SELECT year, count(*) AS visits FROM visits GROUP BY year HAVING count(*) > 1")
busy.write.mode("overwrite").option("path", "s3://output/busy/").saveAsTable("clinic.busy_years")
print("busy", spark.table("clinic.busy_years").collect())
spark.sql("INSERT INTO clinic.busy_years VALUES ('2030', 9)")
dynamic = glueContext.create_dynamic_frame.from_catalog(database="clinic", table_name="busy_years")
print("count", dynamic.count())
job.commit()
