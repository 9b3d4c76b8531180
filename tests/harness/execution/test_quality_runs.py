"""An evaluation run evaluates its rulesets with Spark on a table of the catalog."""

from __future__ import annotations

import time
from typing import Any

import pytest
from botocore.exceptions import ClientError
from endpoint_process import EndpointProcess

pytestmark = pytest.mark.timeout(300)


def test_a_rulesets_rules_are_evaluated_on_the_tables_rows(endpoint: EndpointProcess) -> None:
    glue, s3 = endpoint.client("glue"), endpoint.client("s3")
    s3.create_bucket(Bucket="quality")
    s3.put_object(Bucket="quality", Key="t/a.json", Body=b'{"id": 1, "name": "a"}\n{"id": 2, "name": null}\n{"id": 2, "name": "c"}\n')
    glue.create_database(DatabaseInput={"Name": "quality"})
    serde = {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe"}
    columns = [{"Name": "id", "Type": "int"}, {"Name": "name", "Type": "string"}]
    descriptor = {"Columns": columns, "Location": "s3://quality/t/", "SerdeInfo": serde}
    glue.create_table(
        DatabaseName="quality", TableInput={"Name": "t", "StorageDescriptor": descriptor, "Parameters": {"classification": "json"}}
    )
    with pytest.raises(ClientError, match="The ruleset cannot be read"):
        glue.create_data_quality_ruleset(Name="wrong", Ruleset="Rules = [ this is no rule")
    glue.create_data_quality_ruleset(Name="rules", Ruleset='Rules = [ RowCount = 3, IsComplete "id", IsUnique "id" ]')
    with pytest.raises(ClientError, match="DetectAnomalies is not supported"):
        glue.create_data_quality_ruleset(Name="anomalies", Ruleset='Rules = [ DetectAnomalies "RowCount" ]')
    table = {"GlueTable": {"DatabaseName": "quality", "TableName": "t"}}

    asked = {"DataSource": table, "Role": "r", "RulesetNames": ["rules"]}
    rows = {"RowLevelResults": {"MaxRowsToWrite": 1}}
    with pytest.raises(ClientError, match="AdditionalRunOptions RowLevelResults are not done here. Possible: CloudWatchMetricsEnabled"):
        glue.start_data_quality_ruleset_evaluation_run(**asked, AdditionalRunOptions=rows)
    options = {"ResultsS3Prefix": "s3://quality/results/", "CompositeRuleEvaluationMethod": "ROW"}

    run_id = glue.start_data_quality_ruleset_evaluation_run(**asked, AdditionalRunOptions=options)["RunId"]
    deadline = time.monotonic() + 120
    while (run := glue.get_data_quality_ruleset_evaluation_run(RunId=run_id))["Status"] in ("STARTING", "RUNNING"):
        assert time.monotonic() < deadline
        time.sleep(0.2)

    assert run["Status"] == "SUCCEEDED", run
    result: dict[str, Any] = glue.get_data_quality_result(ResultId=run["ResultIds"][0])
    assert [(rule["Description"], rule["Result"]) for rule in result["RuleResults"]] == [
        ("RowCount = 3", "PASS"), ('IsComplete "id"', "PASS"), ('IsUnique "id"', "FAIL"),
    ]  # fmt: skip
    assert (result["RulesetName"], round(result["Score"], 2)) == ("rules", 0.67)
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket="quality", Prefix="results/")["Contents"]]
    written = "".join(s3.get_object(Bucket="quality", Key=key)["Body"].read().decode() for key in keys if key.endswith(".json"))
    assert '"Rule":"IsUnique \\"id\\"","Outcome":"Failed"' in written
    assert glue.get_data_quality_ruleset(Name="rules")["Ruleset"].startswith("Rules = [ RowCount")
    glue.delete_data_quality_ruleset(Name="rules")
    with pytest.raises(glue.exceptions.EntityNotFoundException):
        glue.start_data_quality_ruleset_evaluation_run(DataSource=table, Role="r", RulesetNames=["rules"])
