"""Where the outcomes of an evaluation go besides the script: CloudWatch, S3, and the run, from which the Data Quality API reads them."""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from awsglue.job import RUN_FOLDER
from awsgluedq import RESULTS
from awsgluedq.evaluation import Evaluation

__all__ = ["as_document", "outcome_frame", "publish"]

_NAMESPACE = "Glue Data Quality"
_SCHEMA = "Rule string, Outcome string, FailureReason string, EvaluatedMetrics map<string,double>, EvaluatedRule string"


def publish(found: Evaluation, options: Mapping[str, Any], spark: SparkSession) -> None:
    """Does what the publishing options ask for. A flag may be True or "true".

    enableDataQualityResultsPublishing: results of a job's run are found by GetDataQualityResult; elsewhere there is no run to keep them.
    enableDataQualityCloudWatchMetrics: numbers of rules passed and failed. resultsS3Prefix: the outcomes as JSON.
    """
    context = str(options.get("dataQualityEvaluationContext", ""))
    folder = os.environ.get(RUN_FOLDER)
    if _is_on(options, "enableDataQualityResultsPublishing") and folder:
        _write(Path(folder) / RESULTS, {**as_document(found), "context": context})
    if _is_on(options, "enableDataQualityCloudWatchMetrics"):
        _measure(found, context)
    if options.get("resultsS3Prefix"):
        outcome_frame(spark, found).write.mode("append").json(str(options["resultsS3Prefix"]))


def outcome_frame(spark: SparkSession, found: Evaluation) -> DataFrame:
    """Frame of `Rule, Outcome, FailureReason, EvaluatedMetrics, EvaluatedRule`, and `Labels` where there are any: a record a rule."""
    labels = any(one.labels for one in found.outcomes)
    rows = [
        (one.text, "Passed" if one.passed else "Failed", one.reason, one.metrics, one.evaluated, *([one.labels] if labels else []))
        for one in found.outcomes
    ]
    return spark.createDataFrame(rows, _SCHEMA + ", Labels map<string,string>" * labels)


def as_document(found: Evaluation) -> dict[str, Any]:
    """The outcomes as JSON has them: `rules` and `analyzers`."""
    rules = [vars(one) for one in found.outcomes]
    return {"completed": time.time(), "rules": rules, "analyzers": [vars(one) for one in found.analyses]}


def _is_on(options: Mapping[str, Any], name: str) -> bool:
    return str(options.get(name, "")).lower() == "true"


def _write(folder: Path, document: Mapping[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{time.time_ns()}-{uuid.uuid4().hex}"
    draft = folder / f".{name}"
    draft.write_text(json.dumps(document), "utf-8")
    draft.replace(folder / f"{name}.json")


def _measure(found: Evaluation, context: str) -> None:
    """Names and dimension as in "Viewing data quality metrics in CloudWatch"."""
    import boto3

    passed = sum(one.passed for one in found.outcomes)
    values = {"glue.data.quality.rules.passed": passed, "glue.data.quality.rules.failed": len(found.outcomes) - passed}
    where = [{"Name": "EvaluationContext", "Value": context}] if context else []
    data = [{"MetricName": name, "Value": float(value), "Unit": "Count", "Dimensions": where} for name, value in values.items()]
    boto3.client("cloudwatch").put_metric_data(Namespace=_NAMESPACE, MetricData=data)
