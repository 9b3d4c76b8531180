"""A table of Delta Lake: written, read as it was, changed by SQL and by Delta's own Python, and known to the catalog."""

from __future__ import annotations

import sys

from pyspark.context import SparkContext

from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame
from awsglue.job import Job
from awsglue.utils import getResolvedOptions

args = getResolvedOptions(sys.argv, ["JOB_NAME"])
glueContext = GlueContext(SparkContext.getOrCreate())
spark = glueContext.spark_session
job = Job(glueContext)
job.init(args["JOB_NAME"], args)

from delta.tables import DeltaTable  # noqa: E402 of the jar that --datalake-formats brings

PATH = "s3://output/parts/"


def read(**options):
    frame = glueContext.create_dynamic_frame.from_options("s3", {"path": PATH, **options}, format="delta")
    return sorted((row.kind, row.n) for row in frame.toDF().collect())


first = DynamicFrame.fromDF(spark.createDataFrame([("a", 1), ("b", 2)], "kind string, n int"), glueContext, "first")
glueContext.write_dynamic_frame.from_options(first, "s3", {"path": PATH, "partitionKeys": ["kind"]}, format="delta")
glueContext.write_dynamic_frame.from_options(first, "delta", {"path": PATH, "partitionKeys": ["kind"]})
print("appended", read())
DeltaTable.forPath(spark, PATH).update("n = 2", {"n": "n + 40"})
print("updated", read())
print("as it was", read(versionAsOf=0))

spark.sql(f"CREATE TABLE clinic.parts USING delta LOCATION '{PATH}'")
spark.sql("MERGE INTO clinic.parts USING (SELECT 'c' AS kind, 7 AS n) new ON parts.kind = new.kind WHEN NOT MATCHED THEN INSERT *")
made = spark.createDataFrame([("d", 8)], "kind string, n int")
glueContext.write_data_frame.from_catalog(frame=made, database="clinic", table_name="parts")
dynamic = glueContext.create_dynamic_frame.from_catalog(database="clinic", table_name="parts", push_down_predicate="n < 40")
print("by the catalog", sorted((row.kind, row.n) for row in dynamic.toDF().collect()))
before = glueContext.create_data_frame.from_catalog("clinic", "parts", additional_options={"versionAsOf": "0"})
print("before", before.count(), "now", spark.table("clinic.parts").count())
made.write.format("delta").mode("append").option("path", "s3://output/more/").saveAsTable("clinic.more_parts")
print("saved", spark.sql("SELECT kind, n FROM clinic.more_parts").collect())
job.commit()
