"""What was run is still told after the endpoint was killed; what was under way then is told as failed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from endpoint_process import EndpointProcess


def test_what_was_run_outlives_the_endpoint(tmp_path: Path, wait_until: Callable[..., Any]) -> None:
    endpoint = EndpointProcess(tmp_path / "home").start()
    try:
        s3, glue, athena = (endpoint.client(service) for service in ("s3", "glue", "athena"))
        s3.create_bucket(Bucket="lasting")
        s3.put_object(Bucket="lasting", Key="t/a.csv", Body=b"id,name\n1,a\n2,b\n")
        glue.create_database(DatabaseInput={"Name": "lasting"})
        glue.create_crawler(Name="c", Role="r", DatabaseName="lasting", Targets={"S3Targets": [{"Path": "s3://lasting/t/"}]})
        glue.start_crawler(Name="c")
        wait_until(lambda: glue.get_crawler(Name="c")["Crawler"]["State"] == "READY")
        output = {"OutputLocation": "s3://lasting/results/"}
        done, endless = (
            athena.start_query_execution(QueryString=sql, ResultConfiguration=output)["QueryExecutionId"]
            for sql in (
                "select count(*) from lasting.t",
                "select count(*) from unnest(sequence(1, 1000000)) a(x), unnest(sequence(1, 1000000)) b(y)",
            )
        )
        wait_until(lambda: athena.get_query_execution(QueryExecutionId=done)["QueryExecution"]["Status"]["State"] == "SUCCEEDED")

        schema = {"RegistryName": "default-registry", "SchemaName": "lasting"}
        fields = '{"type": "record", "name": "R", "fields": [%s]}'
        glue.create_schema(SchemaName="lasting", DataFormat="AVRO", Compatibility="BACKWARD", SchemaDefinition=fields % "")
        breaking = fields % '{"name": "n", "type": "int"}'
        assert glue.register_schema_version(SchemaId=schema, SchemaDefinition=breaking)["Status"] == "FAILURE"

        endpoint.kill()
        endpoint.start()

        glue, athena = endpoint.client("glue"), endpoint.client("athena")
        assert glue.get_crawler(Name="c")["Crawler"]["LastCrawl"]["Status"] == "SUCCEEDED"
        assert [crawl["State"] for crawl in glue.list_crawls(CrawlerName="c")["Crawls"]] == ["COMPLETED"]
        assert glue.get_table(DatabaseName="lasting", Name="t")["Table"]["Parameters"]["UPDATED_BY_CRAWLER"] == "c"
        rows = athena.get_query_results(QueryExecutionId=done)["ResultSet"]["Rows"]
        assert rows[1]["Data"] == [{"VarCharValue": "2"}]

        assert glue.get_schema_by_definition(SchemaId=schema, SchemaDefinition=breaking)["Status"] == "FAILURE"
        assert glue.get_schema(SchemaId=schema)["LatestSchemaVersion"] == 1

        def failed() -> Any:
            status = athena.get_query_execution(QueryExecutionId=endless)["QueryExecution"]["Status"]
            return status if status["State"] == "FAILED" else None

        assert wait_until(failed)["StateChangeReason"] == "INTERNAL_ERROR: The endpoint ended while the query was under way."
    finally:
        endpoint.stop()
