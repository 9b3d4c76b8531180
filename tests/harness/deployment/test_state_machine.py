"""The state machine runs the pipeline's jobs in the pipeline's order, and says how a batch ended."""

from __future__ import annotations

import json
from typing import Any

from deployment.jobs import describe_jobs
from deployment.state_machine import PIPELINE_FILE, STATE_MACHINE_FILE, describe_state_machine, state_machine_json

PIPELINE = json.loads(PIPELINE_FILE.read_text("utf-8"))
MACHINE = describe_state_machine(PIPELINE)
RUN = "arn:aws:states:::glue:startJobRun.sync"


def test_the_file_is_fresh() -> None:
    assert STATE_MACHINE_FILE.read_text("utf-8") == state_machine_json(), "run ./etl deployment"


def jobs_of(state: dict[str, Any]) -> list[dict[str, Any]]:
    inner = [each for branch in state.get("Branches", []) for each in branch["States"].values()]
    return [each["Parameters"] for each in (inner or [state]) if each.get("Resource") == RUN]


def test_jobs_run_in_the_order_of_the_pipeline_and_then_the_batch_is_published_and_told() -> None:
    order, name = [], MACHINE["StartAt"]
    while name:
        state = MACHINE["States"][name]
        order.append((name, [parameters["JobName"] for parameters in jobs_of(state)]))
        done = [choice["Next"] for choice in state.get("Choices", []) if "Variable" in choice]
        name = done[0] if done else state.get("Next")

    steps = [(step["name"], [branch["job"] for branch in step["branches"]]) for step in PIPELINE["steps"]]
    crawl = [(f"{what}_landing_csv{end}", []) for what, end in (("crawl", ""), ("wait_for", ""), ("look_at", ""), ("is", "_done"))]
    place = [step["name"] for step in PIPELINE["steps"]].index(PIPELINE["crawl"]["after"]) + 1
    assert order == [*steps[:place], *crawl, *steps[place:], ("publish", []), ("notify", [])]


def test_every_job_gets_the_arguments_that_it_requires() -> None:
    jobs = describe_jobs()
    for state in MACHINE["States"].values():
        for parameters in jobs_of(state):
            given = {name.removeprefix("--").removesuffix(".$") for name in parameters.get("Arguments", {})}
            facts = jobs[parameters["JobName"]]["parameters"]
            assert {name for name, fact in facts.items() if fact["required"]} <= given <= set(facts)


def test_whatever_fails_is_noted_told_and_ends_the_execution_as_failed() -> None:
    states = MACHINE["States"]
    told = ("notify", "note_failure", "notify_failure")
    working = [name for name, state in states.items() if state["Type"] in ("Task", "Parallel") and name not in told]

    assert [name for name in working if states[name]["Catch"][-1]["Next"] != "note_failure"] == []
    assert [states[name]["Next"] for name in ("note_failure", "notify_failure")] == ["notify_failure", "failed"]
    assert states["failed"]["Type"] == "Fail"


def test_a_job_that_failed_is_not_run_again_by_itself() -> None:
    for state in MACHINE["States"].values():
        for each in [state, *(inner for branch in state.get("Branches", []) for inner in branch["States"].values())]:
            assert not {"States.ALL", "States.TaskFailed"} & {name for retry in each.get("Retry", []) for name in retry["ErrorEquals"]}
