"""`etl report` on the real endpoint and warehouse: records in the bucket, a job run that failed, rows in the tables."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli.report import report
from etl_common.audit import Audit, SourceCounts
from etl_common.redshift.data_api import RedshiftDataApi, Target
from etl_common.redshift.migrate import SqlFile, migrate
from localaws import bootstrap
from localaws.engines.endpoint import EndpointEngine
from localaws.engines.postgres import PostgresEngine
from localaws.home import Home
from report.exceptions import NoSuchBatchError

SQL = Path(__file__).parents[3] / "sql" / "redshift"
LOGS = "wholesale-logs"


@dataclass
class Local:
    """The home of the test and clients of its endpoint."""

    home: Home
    endpoint: str

    def client(self, service: str) -> Any:
        return bootstrap.client(service, self.endpoint)

    @property
    def api(self) -> RedshiftDataApi:
        return RedshiftDataApi(self.client("redshift-data"), Target(database="warehouse", workgroup="wholesale"))


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    home = Home(tmp_path_factory.mktemp("home"))
    postgres, endpoint = PostgresEngine(home), EndpointEngine(home)
    try:
        postgres.start()
        found = Local(home, endpoint.start())
        bootstrap.apply(found.endpoint, {})
        migrate(found.api, [SqlFile(str(path.relative_to(SQL)), path.read_text("utf-8")) for path in SQL.glob("[0-9]*/*.sql")])
        yield found
    finally:
        endpoint.stop()
        postgres.stop()
        postgres.remove_outside()


@pytest.fixture
def home_of_test(local: Local, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ETL_HOME", str(local.home.root))


def test_without_records_it_says_to_run_a_batch(local: Local, home_of_test: None) -> None:
    result = CliRunner().invoke(report)

    assert isinstance(result.exception, NoSuchBatchError)
    assert "Run a batch first: ./etl run" in str(result.exception)


def test_migrating_again_applies_nothing(local: Local) -> None:
    assert migrate(local.api, [SqlFile(str(path.relative_to(SQL)), path.read_text("utf-8")) for path in SQL.glob("[0-9]*/*.sql")]) == []


def test_a_loaded_batch_is_reported_with_its_counts_and_versions(local: Local, home_of_test: None, tmp_path: Path) -> None:
    audit = Audit(local.client("s3"), LOGS, "ingest_csv", "1998-06-16", date(1998, 6, 16))
    audit.record(SourceCounts("supplier", 10, 8, {"bad_number": 1}, 1))
    audit.watermarks["orders"] = {"low": None, "high": "1998-06-16T10:00:00"}
    audit.store(finished=True)
    for statement in (
        "INSERT INTO ops.load_ledger (batch_id, business_date, client_token, loaded_rows) VALUES ('1998-06-16', '1998-06-16', 't', 4321)",
        "INSERT INTO warehouse.dim_supplier (supplier_key, supplier_id, effective_from, effective_to, is_current, is_inferred, is_deleted) "
        "VALUES (1, 1, '1900-01-01', '1998-06-16 09:00:00', FALSE, FALSE, FALSE), "
        "(2, 1, '1998-06-16 09:00:00', '9999-12-31', TRUE, FALSE, FALSE), (3, 2, '1900-01-01', '9999-12-31', TRUE, TRUE, FALSE)",
    ):
        local.api.execute(statement)

    result = CliRunner().invoke(report, ["--output", str(tmp_path)], catch_exceptions=False)

    found = json.loads((tmp_path / "1998-06-16.json").read_text("utf-8"))
    assert result.output.startswith("batch 1998-06-16: loaded\n")
    assert (found["status"], found["warehouse_error"], found["ledger"]["loaded_rows"]) == ("loaded", None, 4321)
    assert found["funnels"][0]["quarantined"] == {"bad_number": 1}
    assert found["watermarks"] == {"orders": {"low": None, "high": "1998-06-16T10:00:00"}}
    supplier = next(row for row in found["dimensions"] if row["dimension"] == "dim_supplier")
    assert supplier == {"dimension": "dim_supplier", "members": 2, "versions": 3, "began_on_the_day": 1, "inferred": 1, "deleted": 0}
    assert "supplier" in (tmp_path / "1998-06-16.html").read_text("utf-8")


def test_a_run_that_failed_is_reported_with_its_error(local: Local, home_of_test: None, tmp_path: Path) -> None:
    glue = local.client("glue")
    glue.create_job(
        Name="ingest_rds", Role="arn:aws:iam::123456789012:role/etl", Command={"Name": "glueetl", "ScriptLocation": "s3://wholesale-scripts/none.py"}
    )
    run = glue.start_job_run(JobName="ingest_rds", Arguments={"--batch_id": "1998-06-17"})["JobRunId"]
    Audit(local.client("s3"), LOGS, "ingest_csv", "1998-06-17", date(1998, 6, 17)).store(finished=True)
    _wait(glue, run)

    result = CliRunner().invoke(report, ["--batch", "1998-06-17", "--output", str(tmp_path)], catch_exceptions=False)

    found = json.loads((tmp_path / "1998-06-17.json").read_text("utf-8"))
    assert found["status"] == "failed"
    assert {step["job"]: step["state"] for step in found["steps"]} == {"ingest_csv": "SUCCEEDED", "ingest_rds": "FAILED"}
    assert "ingest_rds failed: " in result.output
    assert "to go on: ./etl run --batch 1998-06-17" in result.output


def test_a_batch_that_is_not_known_is_told_with_those_that_are(local: Local, home_of_test: None) -> None:
    Audit(local.client("s3"), LOGS, "ingest_csv", "1998-06-18", date(1998, 6, 18)).store(finished=True)

    result = CliRunner().invoke(report, ["--batch", "1999-01-01"])

    assert isinstance(result.exception, NoSuchBatchError)
    assert "1998-06-18" in str(result.exception)


def test_without_the_endpoint_it_says_what_to_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ETL_HOME", str(tmp_path / "nothing"))

    result = CliRunner().invoke(report)

    assert (result.exit_code, "./etl up" in result.output) == (1, True)


def _wait(glue: Any, run: str) -> None:
    give_up = datetime.now(UTC).timestamp() + 120
    while glue.get_job_run(JobName="ingest_rds", RunId=run)["JobRun"]["JobRunState"] not in ("FAILED", "SUCCEEDED", "ERROR"):
        assert datetime.now(UTC).timestamp() < give_up, "the run did not end"
