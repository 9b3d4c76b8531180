"""StartJobRun and its like: the states are true, and survive the endpoint."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from localaws.engines.processes import start_time
from localaws.engines.spark import SparkEngine
from localaws.errors import AwsError
from localaws.glue import job_runs, run_supervisor
from localaws.glue.run_store import JobRun, RunStore
from localaws.home import Home
from localaws.operation import Request, ServiceContext
from waiting import wait_until

pytestmark = pytest.mark.timeout(300)

NOWHERE = "http://127.0.0.1:1"
ENDLESS = """
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
print("working", flush=True)
while True:
    spark.range(0, 10**10, 1, 2).selectExpr("sum(sqrt(id))").collect()
"""


class Glue:
    """The handlers as a client would call them, with moto behind them in this process."""

    def __init__(self, home: Home) -> None:
        self.home = home
        session = boto3.session.Session(region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
        self.planes = {service: session.client(service) for service in ("glue", "logs")}
        self.plane = self.planes["glue"]

    def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        request = Request("glue", operation, parameters, "us-east-1", "123456789012", self.home.root, NOWHERE, self.planes.__getitem__)
        return job_runs.OPERATIONS[operation](request)

    def create(self, name: str, source: str, **job: Any) -> None:
        script = self.home.s3 / "scripts" / f"{name}.py"
        script.parent.mkdir(parents=True, exist_ok=True)
        script.write_text(source)
        command = {"Name": job.pop("Command", "glueetl"), "ScriptLocation": f"s3://scripts/{name}.py"}
        self.plane.create_job(Name=name, Role="arn:aws:iam::123456789012:role/glue", Command=command, **job)

    def run(self, name: str, run_id: str) -> dict[str, Any]:
        return self.call("GetJobRun", JobName=name, RunId=run_id)["JobRun"]

    def wait(self, name: str, run_id: str, seconds: float = 120) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        while (run := self.run(name, run_id))["JobRunState"] in ("STARTING", "RUNNING", "STOPPING"):
            assert time.monotonic() < deadline, run
            time.sleep(0.05)
        return run

    def log(self, run_id: str, name: str = "output.log") -> str:
        file = self.home.runs / run_id / name
        return file.read_text() if file.exists() else ""


@pytest.fixture
def glue(tmp_path: Path) -> Iterator[Glue]:
    with mock_aws():
        yield Glue(Home(tmp_path / "home").make())
        job_runs.close_service()


@pytest.fixture
def warm(home: Home, driver: SparkEngine) -> Iterator[Glue]:
    with mock_aws():
        yield Glue(home)
        job_runs.close_service()


def test_a_run_gets_the_jobs_arguments_and_its_own_and_succeeds_with_true_times(glue: Glue) -> None:
    glue.create("echo", "import sys, time\ntime.sleep(1.2)\nprint(sys.argv[1:])", DefaultArguments={"--a": "1", "--b": "2"}, Timeout=7)

    before = time.time()
    run_id = glue.call("StartJobRun", JobName="echo", Arguments={"--b": "3", "--c": "4"})["JobRunId"]
    run = glue.wait("echo", run_id)

    assert run["JobRunState"] == "SUCCEEDED", glue.log(run_id, "error.log")
    assert run["Arguments"] == {"--a": "1", "--b": "3", "--c": "4"}
    assert before <= run["StartedOn"] <= run["CompletedOn"] <= time.time()
    assert 1 <= run["ExecutionTime"] <= run["CompletedOn"] - run["StartedOn"] + 1
    assert run["Timeout"] == 7
    assert "ErrorMessage" not in run
    words = ast.literal_eval(glue.log(run_id))
    assert dict(zip(words[::2], words[1::2], strict=True)) == {
        "--JOB_NAME": "echo",
        "--JOB_ID": "j_echo",
        "--JOB_RUN_ID": run_id,
        "--job-bookmark-option": "job-bookmark-disable",
        "--TempDir": f"s3://scripts/temporary/{run_id}/",
        "--a": "1",
        "--b": "3",
        "--c": "4",
    }


def test_a_script_that_fails_fails_the_run_with_the_tracebacks_last_line(glue: Glue) -> None:
    glue.create("bad", "def deep():\n    raise ValueError('line 3 of orders.csv')\ndeep()")

    run_id = glue.call("StartJobRun", JobName="bad")["JobRunId"]
    run = glue.wait("bad", run_id)

    assert (run["JobRunState"], run["ErrorMessage"]) == ("FAILED", "ValueError: line 3 of orders.csv")
    assert "in deep" in glue.log(run_id, "error.log")


def test_a_script_that_is_not_there_fails_the_run_and_names_it(glue: Glue) -> None:
    glue.create("absent", "")
    (glue.home.s3 / "scripts" / "absent.py").unlink()

    run = glue.wait("absent", glue.call("StartJobRun", JobName="absent")["JobRunId"])

    assert run["JobRunState"] == "FAILED"
    assert "File not found: s3://scripts/absent.py" in run["ErrorMessage"]


def test_a_process_that_vanishes_is_a_failure_with_its_signal(glue: Glue) -> None:
    glue.create("gone", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")

    run = glue.wait("gone", glue.call("StartJobRun", JobName="gone")["JobRunId"])

    assert run["JobRunState"] == "FAILED"
    assert "signal 9 (SIGKILL)" in run["ErrorMessage"]


def test_exit_without_a_result_is_no_success(glue: Glue) -> None:
    glue.create("quiet", "import os; os._exit(0)")

    run = glue.wait("quiet", glue.call("StartJobRun", JobName="quiet")["JobRunId"])

    assert (run["JobRunState"], run["ErrorMessage"][:45]) == ("FAILED", "The script's process ended with exit code 0 a")


def test_a_job_that_does_not_exist_is_not_found(glue: Glue) -> None:
    with pytest.raises(AwsError, match="EntityNotFoundException: Job nosuch"):
        glue.call("StartJobRun", JobName="nosuch")
    with pytest.raises(AwsError, match="EntityNotFoundException: Job run jr_1"):
        glue.call("GetJobRun", JobName="nosuch", RunId="jr_1")


def test_a_command_that_is_not_run_here_is_refused_by_name(glue: Glue) -> None:
    glue.create("ray", "", Command="glueray")

    with pytest.raises(AwsError, match="'glueray', which this endpoint does not run yet"):
        glue.call("StartJobRun", JobName="ray")


def test_a_streaming_jobs_script_location_and_log_groups_may_be_given_with_the_run(glue: Glue) -> None:
    glue.create("other", "print('other')")
    glue.create("stream", "print('stream')", Command="gluestreaming")
    prefixes = {"--custom-logGroup-prefix": "/shop/etl", "--custom-logStream-prefix": "nightly"}

    run_id = glue.call("StartJobRun", JobName="stream", Arguments={"--scriptLocation": "s3://scripts/other.py", **prefixes})["JobRunId"]
    run = glue.wait("stream", run_id)

    assert (run["JobRunState"], run["LogGroupName"], glue.log(run_id)) == ("SUCCEEDED", "/shop/etl", "other\n")
    events = glue.planes["logs"].get_log_events(logGroupName="/shop/etl/output", logStreamName="nightly-driver")["events"]
    assert [event["message"] for event in events] == ["other"]


def test_more_runs_than_the_job_allows_are_refused(glue: Glue) -> None:
    glue.create("one", "import time; time.sleep(60)", ExecutionProperty={"MaxConcurrentRuns": 1})
    run_id = glue.call("StartJobRun", JobName="one")["JobRunId"]

    with pytest.raises(AwsError, match="ConcurrentRunsExceededException"):
        glue.call("StartJobRun", JobName="one")

    glue.call("BatchStopJobRun", JobName="one", JobRunIds=[run_id])
    assert glue.wait("one", run_id)["JobRunState"] == "STOPPED"


def test_stopping_tells_which_runs_it_could_not_stop(glue: Glue) -> None:
    glue.create("ended", "")
    run_id = glue.call("StartJobRun", JobName="ended")["JobRunId"]
    glue.wait("ended", run_id)

    answer = glue.call("BatchStopJobRun", JobName="ended", JobRunIds=[run_id, "jr_unknown"])

    assert answer["SuccessfulSubmissions"] == []
    assert [error["ErrorDetail"]["ErrorCode"] for error in answer["Errors"]] == ["InvalidInputException", "EntityNotFoundException"]


def test_runs_are_listed_the_newest_first_in_pages(glue: Glue) -> None:
    glue.create("many", "", ExecutionProperty={"MaxConcurrentRuns": 3})
    ids = [glue.call("StartJobRun", JobName="many")["JobRunId"] for _ in range(3)]
    for run_id in ids:
        glue.wait("many", run_id)

    first = glue.call("GetJobRuns", JobName="many", MaxResults=2)
    second = glue.call("GetJobRuns", JobName="many", MaxResults=2, NextToken=first["NextToken"])

    assert [run["Id"] for run in first["JobRuns"] + second["JobRuns"]] == ids[::-1]
    assert "NextToken" not in second


def test_a_run_past_its_time_is_ended_as_timeout(glue: Glue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_supervisor, "MINUTE", 1.0)
    glue.create("slow", "import time; time.sleep(60)", Timeout=2)

    run = glue.wait("slow", glue.call("StartJobRun", JobName="slow")["JobRunId"])

    assert (run["JobRunState"], run["ErrorMessage"]) == ("TIMEOUT", "Timeout of 2 minutes exceeded.")


def test_stopping_a_run_stops_what_it_does_in_the_driver(warm: Glue, driver: SparkEngine) -> None:
    warm.create("endless", ENDLESS)
    run_id = warm.call("StartJobRun", JobName="endless")["JobRunId"]
    wait_until(lambda: "working" in warm.log(run_id))

    warm.call("BatchStopJobRun", JobName="endless", JobRunIds=[run_id])

    assert warm.wait("endless", run_id)["JobRunState"] == "STOPPED"
    with driver.gateway.connected() as client:
        context = client.jvm.org.apache.spark.SparkContext.getOrCreate()
        assert len(context.statusTracker().getActiveJobIds()) == 0


def test_runs_survive_the_endpoint_that_started_them(glue: Glue) -> None:
    glue.create("kept", "print('done')")
    run_id = glue.call("StartJobRun", JobName="kept")["JobRunId"]
    ended = glue.wait("kept", run_id)

    job_runs.close_service()

    assert glue.run("kept", run_id) == ended


def test_a_run_whose_endpoint_and_process_died_is_found_failed(glue: Glue) -> None:
    gone = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    started = start_time(gone.pid)
    gone.kill()
    gone.wait()
    glue.create("orphan", "")
    now = time.time() - 5
    RunStore(glue.home.runs).save(
        JobRun("jr_orphan", "orphan", "s3://scripts/orphan.py", {}, "RUNNING", now, now, 480, pid=gone.pid, process_started=started)
    )

    job_runs.open_service(ServiceContext(glue.home.root, NOWHERE, glue.planes.__getitem__))
    run = glue.wait("orphan", "jr_orphan")

    assert run["JobRunState"] == "FAILED"
    assert "gone and left no result" in run["ErrorMessage"]


def test_a_run_that_lived_on_without_an_endpoint_is_taken_up_again(glue: Glue, tmp_path: Path) -> None:
    go = tmp_path / "go"
    glue.create("patient", f"import os, time\nwhile not os.path.exists({str(go)!r}): time.sleep(0.05)\nprint('finished')")
    endpoint = subprocess.Popen(
        [sys.executable, "-c", _OTHER_ENDPOINT, str(glue.home.root)], stdout=subprocess.PIPE, text=True, env={**os.environ}
    )
    assert endpoint.stdout is not None
    run_id = endpoint.stdout.readline().strip()
    endpoint.kill()
    endpoint.wait()

    job_runs.open_service(ServiceContext(glue.home.root, NOWHERE, glue.planes.__getitem__))
    assert glue.run("patient", run_id)["JobRunState"] == "RUNNING"
    go.touch()

    assert glue.wait("patient", run_id)["JobRunState"] == "SUCCEEDED"
    assert glue.log(run_id) == "finished\n"


_OTHER_ENDPOINT = """
import sys, time
from pathlib import Path
sys.path[:0] = PATHS
from localaws.glue.run_store import JobRun
from localaws.glue.run_supervisor import RunSupervisor
from localaws.home import Home
supervisor = RunSupervisor(Home(Path(sys.argv[1])), "http://127.0.0.1:1")
now = time.time()
run = supervisor.store.save(JobRun("jr_patient", "patient", "s3://scripts/patient.py", {}, "STARTING", now, now, 480))
supervisor.launch(run, "s3://scripts/t/")
while supervisor.store.get("jr_patient").state != "RUNNING":
    time.sleep(0.02)
print("jr_patient", flush=True)
time.sleep(60)
""".replace("PATHS", repr(sys.path))
