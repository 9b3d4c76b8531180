"""The AWS command line, as it is installed, does on the endpoint what people type: real work, true states, the services' errors."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from endpoint_process import EndpointProcess

from localaws.engines.postgres import PostgresEngine
from localaws.home import Home

ROLE = "arn:aws:iam::123456789012:role/command-line"
OWN = ("AWS_", "HOME")


class CommandLine:
    """`aws` in a folder of its own, with no configuration but the endpoint's address."""

    def __init__(self, endpoint: EndpointProcess, folder: Path) -> None:
        self.folder = folder
        kept = {name: value for name, value in os.environ.items() if not name.startswith(OWN)}
        self.environment = {
            **kept, "HOME": str(folder), "AWS_ENDPOINT_URL": endpoint.url, "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
        }  # fmt: skip

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "awscli", *arguments]
        return subprocess.run(command, env=self.environment, cwd=self.folder, capture_output=True, text=True, timeout=120, check=False)

    def __call__(self, *arguments: str) -> str:
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def json(self, *arguments: str) -> Any:
        return json.loads(self(*arguments, "--output", "json"))


@pytest.fixture(scope="module")
def aws(endpoint: EndpointProcess, tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    aws = CommandLine(endpoint, tmp_path_factory.mktemp("command line"))
    aws("s3", "mb", "s3://command-line")
    aws("iam", "create-role", "--role-name", "command-line", "--assume-role-policy-document", "{}")
    return aws


@pytest.fixture(scope="module")
def warehouse(endpoint: EndpointProcess) -> Iterator[PostgresEngine]:
    engine = PostgresEngine(Home(endpoint.home))
    try:
        engine.start()
        yield engine
    finally:
        engine.stop()
        engine.remove_outside()


def test_s3_copies_lists_and_synchronizes_files(aws: CommandLine) -> None:
    (aws.folder / "data").mkdir()
    (aws.folder / "data" / "small.csv").write_text("id,name\n1,pump\n", "utf-8")
    (aws.folder / "data" / "large.bin").write_bytes(os.urandom(9 << 20))  # in parts: more than 8 MB

    aws("s3", "sync", "data", "s3://command-line/data", "--only-show-errors")
    aws("s3", "cp", "s3://command-line/data/large.bin", "back.bin", "--only-show-errors")

    listed = [line.split() for line in aws("s3", "ls", "s3://command-line/data/").splitlines()]
    assert [(size, name) for _, _, size, name in listed] == [(str(9 << 20), "large.bin"), ("15", "small.csv")]
    assert (aws.folder / "back.bin").read_bytes() == (aws.folder / "data" / "large.bin").read_bytes()
    assert aws("s3", "cp", "s3://command-line/data/small.csv", "-") == "id,name\n1,pump\n"
    assert aws("s3", "sync", "data", "s3://command-line/data") == ""


def test_a_glue_job_runs_and_tells_how_it_ended(aws: CommandLine, endpoint: EndpointProcess, wait_until: Callable[..., Any]) -> None:
    (aws.folder / "job.py").write_text(
        "import sys\nprint('hello')\nif 'fail' in sys.argv:\n    raise ValueError('no such batch')\n", "utf-8"
    )
    aws("s3", "cp", "job.py", "s3://command-line/job.py", "--only-show-errors")
    twice = ("--execution-property", "MaxConcurrentRuns=2")
    command = "Name=pythonshell,PythonVersion=3.9,ScriptLocation=s3://command-line/job.py"
    aws("glue", "create-job", "--name", "typed", "--role", ROLE, "--command", command, *twice)

    good = aws.json("glue", "start-job-run", "--job-name", "typed")["JobRunId"]
    bad = aws.json("glue", "start-job-run", "--job-name", "typed", "--arguments", '{"--mode": "fail"}')["JobRunId"]
    glue = endpoint.client("glue")  # waits cheaper than the command line
    wait_until(lambda: all(run.get("CompletedOn") for run in glue.get_job_runs(JobName="typed")["JobRuns"]))

    runs = {run["Id"]: run for run in aws.json("glue", "get-job-runs", "--job-name", "typed")["JobRuns"]}
    assert runs[good] == aws.json("glue", "get-job-run", "--job-name", "typed", "--run-id", good)["JobRun"]
    assert (runs[good]["JobRunState"], runs[bad]["JobRunState"]) == ("SUCCEEDED", "FAILED")
    assert "no such batch" in runs[bad]["ErrorMessage"]


def test_athena_answers_a_query(aws: CommandLine, endpoint: EndpointProcess, wait_until: Callable[..., Any]) -> None:
    to = ("--result-configuration", "OutputLocation=s3://command-line/athena/")
    query = aws.json("athena", "start-query-execution", "--query-string", "SELECT 6 * 7 AS answer", *to)["QueryExecutionId"]
    athena = endpoint.client("athena")
    wait_until(lambda: athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]["State"] == "SUCCEEDED")

    rows = aws.json("athena", "get-query-results", "--query-execution-id", query, "--query", "ResultSet.Rows[].Data[0].VarCharValue")
    assert rows == ["answer", "42"]


def test_a_state_machine_calls_a_function(aws: CommandLine, endpoint: EndpointProcess, wait_until: Callable[..., Any]) -> None:
    with zipfile.ZipFile(aws.folder / "function.zip", "w") as archive:
        archive.writestr("app.py", "def handler(event, context):\n    return {'twice': event['n'] * 2}\n")
    shape = ("--runtime", "python3.11", "--handler", "app.handler", "--timeout", "60", "--zip-file", "fileb://function.zip")
    function = aws.json("lambda", "create-function", "--function-name", "twice", "--role", ROLE, *shape)["FunctionArn"]
    payload = ("--payload", '{"n": 21}')
    assert aws.json("lambda", "invoke", "--function-name", "twice", *payload, "answer.json")["StatusCode"] == 200
    assert json.loads((aws.folder / "answer.json").read_text("utf-8")) == {"twice": 42}

    definition = json.dumps({"StartAt": "S", "States": {"S": {"Type": "Task", "Resource": function, "End": True}}})
    made = aws.json("stepfunctions", "create-state-machine", "--name", "typed", "--role-arn", ROLE, "--definition", definition)
    started = aws.json("stepfunctions", "start-execution", "--state-machine-arn", made["stateMachineArn"], "--input", '{"n": 4}')
    execution, states = started["executionArn"], endpoint.client("stepfunctions")
    wait_until(lambda: states.describe_execution(executionArn=execution)["status"] != "RUNNING")
    found = aws.json("stepfunctions", "describe-execution", "--execution-arn", execution)
    assert (found["status"], json.loads(found["output"])) == ("SUCCEEDED", {"twice": 8})


def test_the_warehouse_answers_a_statement(
    aws: CommandLine, warehouse: PostgresEngine, endpoint: EndpointProcess, wait_until: Callable[..., Any]
) -> None:
    target = ("--workgroup-name", "wholesale", "--database", "warehouse")
    statement = aws.json("redshift-data", "execute-statement", *target, "--sql", "SELECT DATEADD(day, 1, DATE '2026-02-28')::date AS day")[
        "Id"
    ]
    data = endpoint.client("redshift-data")
    wait_until(lambda: data.describe_statement(Id=statement)["Status"] == "FINISHED")

    result = aws.json("redshift-data", "get-statement-result", "--id", statement)
    assert result["Records"] == [[{"stringValue": "2026-03-01"}]]
    assert result["ColumnMetadata"][0]["typeName"] == "date"


def test_what_there_is_not_is_the_services_error(aws: CommandLine) -> None:
    done = aws.run("glue", "get-job", "--job-name", "absent")

    assert done.returncode not in (0, 1, 2), "the command line's code for an error of the service is above 2"
    assert "(EntityNotFoundException) when calling the GetJob operation" in done.stderr
