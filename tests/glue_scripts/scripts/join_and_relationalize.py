"""Persons, their memberships and organizations joined, and the history as flat tables."""

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

tables = {
    name: glueContext.create_dynamic_frame.from_options("s3", {"paths": [f"s3://input/{name}/"]}, format="json")
    for name in ("persons", "memberships", "organizations")
}
orgs = tables["organizations"].drop_fields(["other_names"]).rename_field("id", "org_id").rename_field("name", "org_name")
people = Join.apply(tables["persons"], tables["memberships"], "id", "person_id")  # noqa: F405
history = Join.apply(orgs, people, "org_id", "organization_id").drop_fields(["person_id", "org_id"])  # noqa: F405
print("history:", history.count())
for name, frame in history.relationalize("root", "s3://temporary/").items():
    print(name, frame.toDF().columns, frame.count())
    glueContext.write_dynamic_frame.from_options(frame, "s3", {"path": f"s3://output/{name}"}, format="parquet")

job.commit()
