"""What a job's script publishes about data quality is found by the Data Quality API and in CloudWatch."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from endpoint_process import EndpointProcess

pytestmark = pytest.mark.timeout(300)

SCRIPT = '''
from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame
from awsgluedq.transforms import EvaluateDataQuality
from pyspark.context import SparkContext

glue = GlueContext(SparkContext.getOrCreate())
frame = DynamicFrame.fromDF(glue.spark_session.sql("select * from values (1, 'a'), (2, null) as t(id, name)"), glue, "frame")
RULES = """
    Rules = [ RowCount > 1, IsComplete "name" labels=["team"="sales"] ]
    Analyzers = [ Completeness "name" ]
"""
options = {"enableDataQualityResultsPublishing": True, "enableDataQualityCloudWatchMetrics": True}
EvaluateDataQuality().process_rows(frame=frame, ruleset=RULES, publishing_options={"dataQualityEvaluationContext": "node_1", **options})
EvaluateDataQuality.apply(frame, "Rules = [ RowCount > 1 ]", {"dataQualityEvaluationContext": "silent"})
'''


def test_results_that_a_job_publishes_are_found_by_job_run_and_id(endpoint: EndpointProcess, wait_until: Callable[..., Any]) -> None:
    glue, s3 = endpoint.client("glue"), endpoint.client("s3")
    s3.create_bucket(Bucket="quality-of-jobs")
    s3.put_object(Bucket="quality-of-jobs", Key="script.py", Body=SCRIPT.encode())
    glue.create_job(Name="checks", Role="r", Command={"Name": "glueetl", "ScriptLocation": "s3://quality-of-jobs/script.py"})
    run_id = glue.start_job_run(JobName="checks")["JobRunId"]

    run = wait_until(lambda: _ended(glue.get_job_run(JobName="checks", RunId=run_id)["JobRun"]), seconds=180)

    assert run["JobRunState"] == "SUCCEEDED", run
    (listed,) = glue.list_data_quality_results(Filter={"JobName": "checks"})["Results"]
    assert listed["JobRunId"] == run_id
    assert glue.list_data_quality_results(Filter={"JobName": "another"})["Results"] == []
    result = glue.get_data_quality_result(ResultId=listed["ResultId"])
    assert (result["EvaluationContext"], result["JobName"], result["Score"]) == ("node_1", "checks", 0.5)
    failed = result["RuleResults"][1]
    assert (failed["Description"], failed["Result"], failed["Labels"]) == ('IsComplete "name"', "FAIL", {"team": "sales"})
    assert failed["EvaluationMessage"] == "Value: 0.5 does not meet the constraint requirement!"
    (analyzed,) = result["AnalyzerResults"]
    assert analyzed["EvaluatedMetrics"] == {"Column.name.Completeness": 0.5}
    assert glue.batch_get_data_quality_result(ResultIds=[listed["ResultId"], "gone"])["ResultsNotFound"] == ["gone"]
    with pytest.raises(ClientError, match="EntityNotFound"):
        glue.get_data_quality_result(ResultId="gone")
    _retry(endpoint.home / "runs", run_id)
    ids = [one["ResultId"] for one in glue.list_data_quality_results(Filter={"JobName": "checks"})["Results"]]
    assert sorted(glue.get_data_quality_result(ResultId=each)["JobRunId"] for each in ids) == [run_id, f"{run_id}_attempt_1"]
    metrics = endpoint.client("cloudwatch").list_metrics(Namespace="Glue Data Quality")["Metrics"]
    assert {metric["MetricName"] for metric in metrics} == {"glue.data.quality.rules.passed", "glue.data.quality.rules.failed"}


def _retry(runs: Path, run_id: str) -> None:
    """What a second attempt leaves that does the same."""
    again = f"{run_id}_attempt_1"
    shutil.copytree(runs / run_id, runs / again)
    kept = json.loads((runs / run_id / "run.json").read_text("utf-8"))
    (runs / again / "run.json").write_text(json.dumps({**kept, "run_id": again, "attempt": 1}), "utf-8")


def _ended(run: dict[str, Any]) -> dict[str, Any] | None:
    return run if run["JobRunState"] in ("SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT", "ERROR") else None
