"""Triggers and workflows start real job runs and crawls; state machines wait for job runs; logs are where Glue puts them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from endpoint_process import EndpointProcess

pytestmark = pytest.mark.timeout(300)
SCRIPT = """
import sys, time
import boto3
arguments = dict(zip(sys.argv[1::2], sys.argv[2::2]))
print("argument", arguments.get("--what"), arguments.get("--WORKFLOW_RUN_ID"), flush=True)
print("warning to stderr", file=sys.stderr, flush=True)
if arguments.get("--what") == "fail":
    raise ValueError("the job failed")
if arguments.get("--what") == "sleep":
    time.sleep(120)
boto3.client("s3").put_object(Bucket="workflow", Key=f"data/{arguments['--JOB_NAME']}/x.csv", Body=b"id,name\\n1,a\\n2,b\\n")
"""


class Work:
    """Jobs, triggers and workflows over one endpoint. The script needs no Spark, so that no JVM is started for it."""

    def __init__(self, endpoint: EndpointProcess) -> None:
        self.endpoint = endpoint
        self.glue, self.s3, self.logs = (endpoint.client(service) for service in ("glue", "s3", "logs"))
        self.s3.create_bucket(Bucket="workflow")
        self.s3.put_object(Bucket="workflow", Key="script.py", Body=SCRIPT.encode())
        self.glue.create_database(DatabaseInput={"Name": "workflow"})
        for name in ("first", "second", "third"):
            command = {"Name": "glueetl", "ScriptLocation": "s3://workflow/script.py"}
            execution = {"MaxConcurrentRuns": 5}
            self.glue.create_job(Name=name, Role="r", Command=command, ExecutionProperty=execution, DefaultArguments={"--what": "default"})
        self.glue.create_crawler(
            Name="look", Role="r", DatabaseName="workflow", Targets={"S3Targets": [{"Path": "s3://workflow/data/"}]}, TablePrefix="w_"
        )

    def trigger(self, name: str, kind: str, actions: list[dict[str, Any]], workflow: str = "", **settings: Any) -> None:
        of = {"WorkflowName": workflow} if workflow else {}
        self.glue.create_trigger(Name=name, Type=kind, Actions=actions, StartOnCreation=kind != "ON_DEMAND", **of, **settings)

    def ended(self, workflow: str, run_id: str) -> dict[str, Any]:
        deadline = time.monotonic() + 90
        while (run := self.glue.get_workflow_run(Name=workflow, RunId=run_id, IncludeGraph=True)["Run"])["Status"] in (
            "RUNNING",
            "STOPPING",
        ):
            assert time.monotonic() < deadline, run
            time.sleep(0.1)
        return run


@pytest.fixture(scope="module")
def work(endpoint: EndpointProcess) -> Work:
    return Work(endpoint)


def job(name: str, what: str = "write") -> dict[str, Any]:
    return {"JobName": name, "Arguments": {"--what": what}}


def when(name: str, state: str = "SUCCEEDED", kind: str = "Job") -> dict[str, Any]:
    field = {"Job": "State", "Crawler": "CrawlState"}[kind]
    return {"LogicalOperator": "EQUALS", f"{kind}Name": name, field: state}


def test_a_workflow_runs_its_jobs_and_crawlers_in_the_order_of_its_conditions(work: Work) -> None:
    work.glue.create_workflow(Name="load", DefaultRunProperties={"a": "1"}, MaxConcurrentRuns=1)
    work.trigger("begin", "ON_DEMAND", [job("first"), job("second")], "load")
    both = {"Logical": "AND", "Conditions": [when("first"), when("second")]}
    work.trigger("crawl", "CONDITIONAL", [{"CrawlerName": "look"}], "load", Predicate=both)
    work.trigger("last", "CONDITIONAL", [job("third")], "load", Predicate={"Conditions": [when("look", kind="Crawler")]})
    work.trigger("never", "CONDITIONAL", [job("third")], "load", Predicate={"Conditions": [when("first", "FAILED")]})

    run_id = work.glue.start_workflow_run(Name="load", RunProperties={"b": "2"})["RunId"]
    with pytest.raises(work.glue.exceptions.ConcurrentRunsExceededException):
        work.glue.start_workflow_run(Name="load")
    run = work.ended("load", run_id)

    assert (run["Status"], run["WorkflowRunProperties"]) == ("COMPLETED", {"a": "1", "b": "2"})
    assert run["Statistics"] == {
        "TotalActions": 4, "TimeoutActions": 0, "FailedActions": 0, "StoppedActions": 0, "SucceededActions": 4, "RunningActions": 0,
        "ErroredActions": 0, "WaitingActions": 0,
    }  # fmt: skip
    nodes = {node["UniqueId"]: node for node in run["Graph"]["Nodes"]}
    assert {"trigger:begin", "trigger:crawl", "trigger:last", "job:first", "job:second", "job:third", "crawler:look"} <= set(nodes)
    assert {"SourceId": "crawler:look", "DestinationId": "trigger:last"} in run["Graph"]["Edges"]
    (third,) = nodes["job:third"]["JobDetails"]["JobRuns"]
    assert (third["JobRunState"], third["TriggerName"], third["Arguments"]["--WORKFLOW_RUN_ID"]) == ("SUCCEEDED", "last", run_id)
    first = nodes["job:first"]["JobDetails"]["JobRuns"][0]
    assert first["CompletedOn"] <= third["StartedOn"]
    assert [table["Name"] for table in work.glue.get_tables(DatabaseName="workflow")["TableList"]] == ["w_data"]


def test_the_output_of_a_run_is_in_glues_log_groups(work: Work) -> None:
    run_id = work.glue.start_job_run(JobName="first", Arguments={"--what": "fail"})["JobRunId"]
    deadline = time.monotonic() + 60
    while (run := work.glue.get_job_run(JobName="first", RunId=run_id)["JobRun"])["JobRunState"] in ("STARTING", "RUNNING"):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert (run["JobRunState"], run["LogGroupName"]) == ("FAILED", "/aws-glue/jobs")
    assert "the job failed" in run["ErrorMessage"]
    output, error = (
        [event["message"] for event in work.logs.get_log_events(logGroupName=f"/aws-glue/jobs/{name}", logStreamName=run_id)["events"]]
        for name in ("output", "error")
    )
    assert "argument fail None" in output
    assert "warning to stderr" in error


def test_a_run_that_fails_is_made_again_as_often_as_its_job_says(work: Work) -> None:
    command = {"Name": "glueetl", "ScriptLocation": "s3://workflow/script.py"}
    work.glue.create_job(Name="stubborn", Role="r", Command=command, MaxRetries=1, DefaultArguments={"--what": "fail"})
    run_id = work.glue.start_job_run(JobName="stubborn")["JobRunId"]
    deadline = time.monotonic() + 60
    while len(runs := work.glue.get_job_runs(JobName="stubborn")["JobRuns"]) < 2 or runs[0]["JobRunState"] != "FAILED":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert [(run["Id"], run["Attempt"], run.get("PreviousRunId")) for run in runs] == [
        (f"{run_id}_attempt_1", 1, run_id),
        (run_id, 0, None),
    ]


def test_chained_triggers_fire_without_a_workflow_and_failed_jobs_are_conditions_too(work: Work) -> None:
    work.trigger("by_hand", "ON_DEMAND", [job("first", "fail")])
    work.trigger("on_failure", "CONDITIONAL", [job("second", "after failure")], Predicate={"Conditions": [when("first", "FAILED")]})
    before = len(work.glue.get_job_runs(JobName="second")["JobRuns"])

    work.glue.start_trigger(Name="by_hand")

    deadline = time.monotonic() + 60
    while len(runs := work.glue.get_job_runs(JobName="second")["JobRuns"]) == before or runs[0]["JobRunState"] != "SUCCEEDED":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert (runs[0]["TriggerName"], runs[0]["Arguments"]["--what"]) == ("on_failure", "after failure")


def test_a_stopped_workflow_run_stops_its_jobs(work: Work) -> None:
    work.glue.create_workflow(Name="long")
    work.trigger("long_begin", "ON_DEMAND", [job("third", "sleep")], "long")
    run_id = work.glue.start_workflow_run(Name="long")["RunId"]
    work.glue.stop_workflow_run(Name="long", RunId=run_id)
    run = work.ended("long", run_id)
    assert (run["Status"], run["Statistics"]["StoppedActions"]) == ("STOPPED", 1)
    assert work.glue.get_job_runs(JobName="third")["JobRuns"][0]["JobRunState"] == "STOPPED"


def test_a_state_machine_waits_for_a_job_run_and_stops_it(work: Work, wait_until: Callable[..., Any]) -> None:
    states = work.endpoint.client("stepfunctions")
    task = {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync", "End": True,
            "Parameters": {"JobName": "first", "Arguments": {"--what.$": "$.what"}}}  # fmt: skip
    definition = json.dumps({"StartAt": "S", "States": {"S": task}})
    arn = states.create_state_machine(name="waits", definition=definition, roleArn="arn:aws:iam::123456789012:role/m")["stateMachineArn"]

    def start(what: str) -> str:
        execution: str = states.start_execution(stateMachineArn=arn, input=json.dumps({"what": what}))["executionArn"]
        return execution

    good, bad, endless = start("write"), start("fail"), start("sleep")
    ended = {
        each: wait_until(lambda each=each: (e := states.describe_execution(executionArn=each))["status"] != "RUNNING" and e, 60)
        for each in (good, bad)
    }
    output = json.loads(ended[good]["output"])
    assert (output["JobRunState"], output["JobName"]) == ("SUCCEEDED", "first")
    assert (ended[bad]["status"], ended[bad]["error"]) == ("FAILED", "States.TaskFailed")
    assert "the job failed" in json.loads(ended[bad]["cause"])["ErrorMessage"]

    states.stop_execution(executionArn=endless)
    runs = [run for run in work.glue.get_job_runs(JobName="first")["JobRuns"] if run["Arguments"]["--what"] == "sleep"]
    wait_until(lambda: work.glue.get_job_run(JobName="first", RunId=runs[0]["Id"])["JobRun"]["JobRunState"] == "STOPPED")


def test_triggers_are_updated_stopped_and_read_back(work: Work) -> None:
    glue = work.glue
    work.trigger("nightly", "SCHEDULED", [job("first")], Schedule="cron(0 1 * * ? *)")
    with pytest.raises(ClientError, match=r"The schedule 'every day' is not valid"):
        glue.update_trigger(Name="nightly", TriggerUpdate={"Schedule": "every day", "Actions": [job("first")]})
    update = {"Schedule": "cron(0 2 * * ? *)", "Description": "later", "Actions": [job("second")]}
    updated = glue.update_trigger(Name="nightly", TriggerUpdate=update)["Trigger"]
    assert (updated["Schedule"], updated["Description"], updated["State"]) == ("cron(0 2 * * ? *)", "later", "ACTIVATED")
    glue.stop_trigger(Name="nightly")
    assert glue.get_trigger(Name="nightly")["Trigger"]["State"] == "DEACTIVATED"
    assert "nightly" in glue.list_triggers()["TriggerNames"]
    glue.delete_trigger(Name="nightly")
    with pytest.raises(glue.exceptions.EntityNotFoundException):
        glue.get_trigger(Name="nightly")
    with pytest.raises(ClientError, match="needs a Predicate"):
        work.trigger("wrong", "CONDITIONAL", [job("first")])
