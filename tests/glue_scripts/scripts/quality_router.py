"""What the visual editor writes for checks with a conditional router: rows that fail go another way."""

from __future__ import annotations

import concurrent.futures
import re
import sys

from pyspark.context import SparkContext

from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame, DynamicFrameCollection
from awsglue.job import Job
from awsglue.transforms import *  # noqa: F403
from awsglue.utils import getResolvedOptions
from awsgluedq.transforms import EvaluateDataQuality


class GroupFilter:
    def __init__(self, name, filters):
        self.name = name
        self.filters = filters


def one_group(frame, group) -> DynamicFrame:
    return Filter.apply(frame=frame, f=group.filters)  # noqa: F405


def threaded_route(glue_ctx, frame, groups) -> DynamicFrameCollection:
    frames = {}
    with concurrent.futures.ThreadPoolExecutor(max_workers=5) as executor:
        futures = {executor.submit(one_group, frame, group): group for group in groups}
        for future in concurrent.futures.as_completed(futures):
            frames[futures[future].name] = future.result()
    return DynamicFrameCollection(frames, glue_ctx)


args = getResolvedOptions(sys.argv, ["JOB_NAME"])
glueContext = GlueContext(SparkContext.getOrCreate())
job = Job(glueContext)
job.init(args["JOB_NAME"], args)

sales = glueContext.create_dynamic_frame.from_options(
    connection_type="s3", format="csv", connection_options={"paths": ["s3://input/sales/"]}, format_options={"withHeader": True}
)
RULES = """
    # what a sale has to be
    Rules = [
        RowCount between 1 and 20,
        ColumnDataType "price" = "Double",
        ColumnValues "shop" in ["A", "B"],
        (ColumnValues "price" >= 1) OR (ColumnValues "item" = "w"),
        FileFreshness > (now() - 1 days)
    ]
"""
checked = EvaluateDataQuality().process_rows(
    frame=sales, ruleset=RULES, publishing_options={"dataQualityEvaluationContext": "sales", "enableDataQualityResultsPublishing": True},
    additional_options={"observations.scope": "ALL", "compositeRuleEvaluation.method": "ROW"},
)  # fmt: skip
outcomes = SelectFromCollection.apply(dfc=checked, key="ruleOutcomes")  # noqa: F405
print("outcomes", [row["Outcome"] for row in outcomes.toDF().collect()])
rows = SelectFromCollection.apply(dfc=checked, key="rowLevelOutcomes")  # noqa: F405
routed = threaded_route(glueContext, rows, [
    GroupFilter("failed", lambda row: bool(re.match("Failed", row["DataQualityEvaluationResult"]))),
    GroupFilter("default_group", lambda row: not re.match("Failed", row["DataQualityEvaluationResult"])),
])  # fmt: skip
for name in ("failed", "default_group"):
    frame = SelectFromCollection.apply(dfc=routed, key=name).select_fields(["shop", "item"])  # noqa: F405
    print(name, sorted(tuple(row) for row in frame.toDF().collect()))

job.commit()
