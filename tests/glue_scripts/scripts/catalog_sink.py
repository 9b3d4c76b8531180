"""A table that its sink makes in the catalog, with its partitions."""

from __future__ import annotations

import sys

from pyspark.context import SparkContext

from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.transforms import *  # noqa: F403
from awsglue.utils import getResolvedOptions

args = getResolvedOptions(sys.argv, ["JOB_NAME"])
glueContext = GlueContext(SparkContext.getOrCreate())
spark = glueContext.spark_session
job = Job(glueContext)
job.init(args["JOB_NAME"], args)

frame = glueContext.create_dynamic_frame.from_options("s3", {"paths": ["s3://input/mixed/"]}, format="json")
sink = glueContext.getSink(
    connection_type="s3",
    path="s3://output/mixed_table/",
    enableUpdateCatalog=True,
    updateBehavior="UPDATE_IN_DATABASE",
    partitionKeys=["kind"],
)
sink.setFormat("glueparquet")
sink.setCatalogInfo(catalogDatabase="clinic", catalogTableName="mixed_table")
sink.writeFrame(frame.resolveChoice(choice="cast:string"))
print("back:", glueContext.create_dynamic_frame.from_catalog(database="clinic", table_name="mixed_table").count())

job.commit()
