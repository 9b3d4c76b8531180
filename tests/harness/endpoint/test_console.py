"""The endpoint's web page shows what is there, escapes it, changes nothing, and works in a browser."""

from __future__ import annotations

import html
import io
import json
import os
import re
import shutil
import signal
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from endpoint_process import EndpointProcess

from localaws.console.application import Console
from localaws.console.graph import Box, Drawing, draw
from localaws.console.kept import Kept
from localaws.console.routes import ROUTES
from localaws.console.sources import Sources
from localaws.http import HttpRequest
from localaws.records import Records
from waiting import wait_until

ROLE = "arn:aws:iam::123456789012:role/r"
ASSUMED = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
HOSTILE = "<script>document.title='taken'</script>&"
PIPELINE = Path(__file__).parents[3] / "pipelines" / "wholesale_batch.asl.json"
MACHINE = {
    "StartAt": "Both",
    "States": {
        "Both": {"Type": "Parallel", "Next": "Load",
                 "Branches": [{"StartAt": name, "States": {name: {"Type": "Pass", "End": True}}} for name in ("Left", "Right")]},
        "Load": {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync", "Parameters": {"JobName": "absent"},
                 "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Tell"}], "Next": "Publish"},
        "Publish": {"Type": "Pass", "End": True},
        "Tell": {"Type": "Pass", "Next": "Broken"},
        "Broken": {"Type": "Fail", "Error": "LoadFailed", "Cause": HOSTILE},
    },
}  # fmt: skip


def get(endpoint: EndpointProcess, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], str]:
    connection = HTTPConnection(urlsplit(endpoint.url).netloc, timeout=60)
    try:
        connection.request(method, f"/_etl/{path}", headers=headers)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read().decode()
    finally:
        connection.close()


@pytest.fixture(scope="module")
def pages(endpoint: EndpointProcess) -> dict[str, str]:
    """A home with one of everything that a page shows; by route, a path that has something to show."""
    s3, glue, states, athena = (endpoint.client(name) for name in ("s3", "glue", "stepfunctions", "athena"))
    s3.create_bucket(Bucket="landing")
    s3.put_object(Bucket="landing", Key="in/a <b>&.csv", Body=f"id,name\n1,{HOSTILE}\n".encode(), Metadata={"batch_id": "7"})
    for number in range(10):
        s3.put_object(Bucket="landing", Key=f"many/part-{number}", Body=b"x")
    glue.create_database(DatabaseInput={"Name": "curated", "Description": HOSTILE})
    storage = {"Columns": [{"Name": "id", "Type": "bigint", "Comment": HOSTILE}], "Location": "s3://landing/in/"}
    table = {"Name": "orders", "PartitionKeys": [{"Name": "day", "Type": "date"}], "StorageDescriptor": storage}
    glue.create_table(DatabaseName="curated", TableInput=table)
    glue.create_partition(
        DatabaseName="curated", TableName="orders", PartitionInput={"Values": ["2026-01-31"], "StorageDescriptor": storage}
    )
    glue.create_crawler(Name="looks", Role=ROLE, DatabaseName="curated", Targets={"S3Targets": [{"Path": "s3://landing/in/"}]})
    s3.put_object(Bucket="landing", Key="job.py", Body=f"print({HOSTILE!r})\nraise ValueError({HOSTILE!r})\n".encode())
    glue.create_job(
        Name="fails", Role=ROLE, Command={"Name": "pythonshell", "ScriptLocation": "s3://landing/job.py", "PythonVersion": "3.9"}
    )
    run = glue.start_job_run(JobName="fails")["JobRunId"]
    machine = states.create_state_machine(name="pipeline", definition=json.dumps(MACHINE), roleArn=ROLE)["stateMachineArn"]
    execution = states.start_execution(stateMachineArn=machine, name="first", input="{}")["executionArn"]
    output = {"OutputLocation": "s3://landing/results/"}
    query = athena.start_query_execution(QueryString="SELECT 41 + 1 AS answer", ResultConfiguration=output)["QueryExecutionId"]
    endpoint.client("kinesis").create_stream(StreamName="clicks", ShardCount=1)
    endpoint.client("kinesis").put_record(StreamName="clicks", Data=b"clicked", PartitionKey="k")
    dynamodb = endpoint.client("dynamodb")
    key = {
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    }
    dynamodb.create_table(TableName="leases", BillingMode="PAY_PER_REQUEST", **key)
    dynamodb.put_item(TableName="leases", Item={"pk": {"S": "lease-1"}, "tags": {"L": [{"S": HOSTILE}]}})
    endpoint.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(ASSUMED))
    code = b"def handler(event, context):\n    print('seen', event)\n"
    endpoint.client("lambda").create_function(
        FunctionName="notes", Runtime="python3.11", Role=ROLE, Handler="code.handler", Code={"ZipFile": _zipped(code)},
        Environment={"Variables": {"TOKEN": "top-secret-value"}},
    )  # fmt: skip
    endpoint.client("lambda").invoke(FunctionName="notes", Payload=b'{"n": 7}')
    endpoint.client("cloudwatch").put_metric_alarm(
        AlarmName="late", MetricName="m", Namespace="n", Statistic="Sum", Period=60, EvaluationPeriods=1, Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )  # fmt: skip
    wait_until(lambda: glue.get_job_run(JobName="fails", RunId=run)["JobRun"]["JobRunState"] == "FAILED")
    wait_until(lambda: states.describe_execution(executionArn=execution)["status"] == "FAILED")
    wait_until(lambda: athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]["State"] == "SUCCEEDED")
    return {
        "buckets/{bucket}": "buckets/landing?prefix=in/", "buckets/{bucket}/{key+}": "buckets/landing/in/a%20%3Cb%3E%26.csv",
        "catalog/{database}": "catalog/curated", "catalog/{database}/{table}": "catalog/curated/orders", "jobs/{job}": "jobs/fails",
        "jobs/{job}/{run}": f"jobs/fails/{run}", "crawlers/{crawler}": "crawlers/looks", "executions/{machine}": "executions/pipeline",
        "executions/{machine}/{name}": "executions/pipeline/first", "queries/athena/{id}": f"queries/athena/{query}",
        "streams/kinesis/{name}": "streams/kinesis/clicks", "streams/tables/{name}": "streams/tables/leases",
        "functions/{name}": "functions/notes",
    }  # fmt: skip


def _zipped(code: bytes) -> bytes:
    import io
    import zipfile

    with zipfile.ZipFile(buffer := io.BytesIO(), "w") as archive:
        archive.writestr("code.py", code)
    return buffer.getvalue()


SHOWN = {
    "": ["pipeline", "fails", "SELECT 41 + 1", "LoadFailed"],
    "buckets": ["landing"],
    "buckets/{bucket}": ["a &lt;b&gt;&amp;.csv"],
    "buckets/{bucket}/{key+}": ["batch_id", "1,&lt;script&gt;"],
    "catalog": ["curated"],
    "catalog/{database}": ["orders", "day"],
    "catalog/{database}/{table}": ["bigint", "2026-01-31"],
    "jobs": ["fails", "FAILED"],
    "jobs/{job}": ["s3://landing/job.py", "FAILED"],
    "jobs/{job}/{run}": ["ValueError: &lt;script&gt;", "GetJobRun"],
    "crawlers": ["looks"],
    "crawlers/{crawler}": ["s3://landing/in/"],
    "executions": ["pipeline", "FAILED"],
    "executions/{machine}": ["<svg", "Broken"],
    "executions/{machine}/{name}": ["LoadFailed: &lt;script&gt;", "ExecutionFailed"],
    "queries": ["SELECT 41 + 1"],
    "queries/athena/{id}": ["answer", ">42<"],
    "functions": ["notes", "python3.11"],
    "functions/{name}": ["seen", "TOKEN"],
    "streams": ["clicks", "leases"],
    "streams/kinesis/{name}": ["clicked", "shardId-"],
    "streams/tables/{name}": ["lease-1", "&lt;script&gt;"],
    "replication": ["No replication task yet."],
    "events": ["late"],
}
"""By route, what its page says. Statements of Redshift and replication tasks need their engines: the tests of those have them."""


def test_every_page_is_tried_but_those_of_engines() -> None:
    assert set(ROUTES) - set(SHOWN) == {"queries/redshift/{id}", "replication/{task}"}


@pytest.mark.parametrize("route", SHOWN)
def test_a_page_shows_what_it_is_about_and_nothing_of_it_is_markup(endpoint: EndpointProcess, pages: dict[str, str], route: str) -> None:
    status, headers, text = get(endpoint, pages.get(route, route))

    assert status == 200
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert [each for each in SHOWN[route] if each not in text] == []
    assert "<script>document" not in text
    assert "top-secret-value" not in text


def test_nothing_is_fetched_from_elsewhere(endpoint: EndpointProcess, pages: dict[str, str]) -> None:
    for route in SHOWN:
        _, headers, text = get(endpoint, pages.get(route, route))
        assert headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert set(re.findall(r'(?:src|href)="(\w+:)?//', text)) == set()
    assert "url(" not in get(endpoint, "static/console.css")[2]


@pytest.mark.parametrize("path", ["jobs/absent", "jobs/fails/jr_absent", "executions/absent", "catalog/absent", "buckets/absent",
                                  "queries/athena/absent", "streams/tables/absent", "functions/absent", "replication/absent",
                                  "nothing", "static/../application.py", "static/absent.css",
                                  "jobs/fails/..%2F..%2Fcredentials.json"])  # fmt: skip
def test_what_is_not_there_is_a_page_that_says_so(endpoint: EndpointProcess, pages: dict[str, str], path: str) -> None:
    status, _, text = get(endpoint, path)

    assert status == 404
    assert 'role="alert"' in text


@pytest.mark.parametrize(
    "error", [ClientError({"Error": {"Code": "Broken", "Message": "no jobs <today>"}}, "GetJobs"), ReadTimeoutError(endpoint_url="x")]
)
def test_a_count_that_could_not_be_read_says_so_and_is_no_zero(endpoint: EndpointProcess, pages: dict[str, str], error: Exception) -> None:
    class Failing(Sources):
        def listed(self, service: str, operation: str, key: str, most: int = 1000, **parameters: Any) -> list[Any]:
            if operation == "get_jobs":
                raise error
            return super().listed(service, operation, key, most, **parameters)

    console = Console(endpoint.home, lambda: endpoint.url)
    console.sources = Failing(endpoint.home, lambda: endpoint.url)
    answer = console.respond(HttpRequest("GET", "/_etl/", "", {"host": "localhost:1"}, io.BytesIO(), {}))
    text = answer.body.decode()  # type: ignore[union-attr]
    assert answer.status == 200
    assert '<a href="/_etl/jobs"><b>?</b>Jobs</a><p class="problem" role="alert">Not read: ' in text
    assert f"Not read: {error}" in html.unescape(text)
    assert "<today>" not in text
    assert '<a href="/_etl/buckets"><b>1</b>Buckets</a></li>' in text
    assert "Not read" not in get(endpoint, "")[2]


def test_documents_that_are_listed_are_read_again_only_when_they_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read, original = [], Kept._read
    monkeypatch.setattr(Kept, "_read", lambda self, path: (read.append(Path(path).stem), original(self, path))[1])
    records, kept = Records(tmp_path / "executions"), Kept(tmp_path / "executions", ("name", "status"))
    assert kept.all() == []
    for name in ("a", "b"):
        records.put(name, {"name": name, "status": "RUNNING", "definition": {"large": True}})
    running = [{"name": name, "status": "RUNNING"} for name in ("a", "b")]
    for _ in range(2):
        assert sorted(kept.all(), key=lambda each: each["name"]) == running
    records.change("b", lambda each: each.update(status="FAILED"))
    records.delete("a")
    assert kept.all() == [{"name": "b", "status": "FAILED"}]
    assert sorted(read) == ["a", "b", "b"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_the_page_is_read_only(endpoint: EndpointProcess, method: str) -> None:
    status, headers, _ = get(endpoint, "jobs", method)

    assert (status, headers["Allow"]) == (405, "GET, HEAD")


def test_a_page_of_another_site_cannot_read_it_under_its_own_name(endpoint: EndpointProcess) -> None:
    assert get(endpoint, "", Host="attacker.example")[0] == 403


def test_the_address_of_the_page_answers_without_its_slash(endpoint: EndpointProcess) -> None:
    with urllib.request.urlopen(f"{endpoint.url}/_etl") as answer:
        assert b"<h1>Overview" in answer.read()


def test_states_have_the_colour_of_what_became_of_them(endpoint: EndpointProcess, pages: dict[str, str]) -> None:
    text = get(endpoint, pages["executions/{machine}/{name}"])[2]

    by_state = {state: kind for kind, state in re.findall(r'<g class="box (\w*)"[^>]*><title>(\w+):', text)}
    assert by_state == {"Both": "succeeded", "Left": "succeeded", "Right": "succeeded", "Load": "caught", "Publish": "",
                        "Tell": "succeeded",                        "Broken": "failed"}  # fmt: skip


def _boxes(drawing: Drawing) -> Iterator[Box]:
    for box in drawing.boxes:
        yield box
        for _, inner in box.inner:
            yield from _boxes(inner)


@pytest.mark.parametrize("definition", [MACHINE, json.loads(PIPELINE.read_text("utf-8"))], ids=["small", "pipeline"])
def test_states_of_a_drawing_stand_apart_and_within_it(definition: dict[str, object]) -> None:
    drawing = draw(definition)

    assert {box.name for box in drawing.boxes} >= set(definition["States"])  # type: ignore[call-overload]
    for box in drawing.boxes:
        assert box.x >= 0
        assert box.x + box.width <= drawing.width
        assert box.y + box.height <= drawing.height
        for other in drawing.boxes:
            apart_across = box.x + box.width <= other.x or other.x + other.width <= box.x
            apart_along = box.y + box.height <= other.y or other.y + other.height <= box.y
            assert box is other or apart_across or apart_along, (box.name, other.name)


def test_a_circle_of_states_is_drawn_once_back() -> None:
    states = {"Wait": {"Type": "Wait", "Seconds": 1, "Next": "Done"},
              "Done": {"Type": "Choice", "Choices": [{"Variable": "$.n", "IsPresent": True, "Next": "Wait"}], "Default": "End"},
              "End": {"Type": "Succeed"}}  # fmt: skip
    drawing = draw({"StartAt": "Wait", "States": states})

    heights = {box.name: box.y for box in drawing.boxes}
    assert heights["Wait"] < heights["Done"] < heights["End"]
    assert len(drawing.lines) == 5  # start, Wait to Done, Done to Wait, Done to End, end


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """Gives the document of an address after its scripts ran, in headless Chromium."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        pytest.skip("no Chromium on this machine (Debian: apt-get install chromium): the page was tried by HTTP only")
    profile = tmp_path_factory.mktemp("chromium")

    def document(url: str) -> str:
        command = [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                   "--disable-background-networking", f"--user-data-dir={profile}", "--dump-dom", url]  # fmt: skip
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True)
        try:
            return process.communicate(timeout=120)[0]
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(30)

    return document


def test_a_browser_draws_an_execution_and_runs_no_script_of_the_data(
    endpoint: EndpointProcess, pages: dict[str, str], browser: Callable[[str], str]
) -> None:
    document = browser(f"{endpoint.url}/_etl/{pages['executions/{machine}/{name}']}")

    assert "<title>Execution first · local AWS</title>" in document
    assert 'class="box failed"' in document
    assert 'aria-label="Filter: History"' in document  # the page's own script ran


def test_a_browser_can_filter_a_long_list(endpoint: EndpointProcess, pages: dict[str, str], browser: Callable[[str], str]) -> None:
    document = browser(f"{endpoint.url}/_etl/buckets/landing?prefix=many/")

    assert 'aria-label="Filter: Objects"' in document
    assert document.count("part-") >= 10
