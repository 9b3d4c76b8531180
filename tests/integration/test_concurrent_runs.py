"""Two runs of one batch at once: one waits for the other or fails cleanly, and the batch is in the warehouse once."""

from __future__ import annotations

import time

import pytest

from integration.commands import etl_run
from integration.stack import World
from localaws.home import CHECKOUT
from scenario.pipeline import Pipeline
from simulator import Batch

# The first test of a process loads what it needs, on a machine that others may use too.
pytestmark = pytest.mark.timeout(3600)

OTHER_STATE = "etl-state-of-nobody-else"


def test_two_runs_of_one_batch_at_once_load_it_once(world: World) -> None:
    batch = _next(world)
    world.scenario.deliver(batch)

    commands = [etl_run(world, batch.batch_id) for _ in range(2)]
    codes = [command.wait() for command in commands]

    assert 0 in codes, "\n".join(command.output for command in commands)
    for code, command in zip(codes, commands, strict=True):
        assert code in (0, 1), command.output
        assert "Traceback" not in command.output
        if code:
            assert "LeaseTakenError" in command.output or "Concurrent" in command.output, command.output
    _assert_loaded_once(world, batch)


def test_two_loads_at_once_that_do_not_know_of_each_other_load_once(world: World) -> None:
    """Each holds a lease in a table of its own, so that nothing but the ledger keeps them apart."""
    batch = _next(world)
    world.scenario.deliver(batch)
    pipeline = Pipeline.load(CHECKOUT / "deployment" / "pipeline.json", world.scenario.client("glue"), str)
    for branch in [branch for step in pipeline.steps[:-1] for branch in step.branches]:
        assert _ended(world, branch.job, _start(world, branch.job, batch, **branch.arguments)) == "SUCCEEDED", branch.job
    _make_other_state(world)

    runs = [_start(world, "load_redshift", batch, **{"--state_table": table}) for table in ("etl-state", OTHER_STATE)]
    states = [_ended(world, "load_redshift", run) for run in runs]

    assert "SUCCEEDED" in states
    assert set(states) <= {"SUCCEEDED", "FAILED"}
    _assert_loaded_once(world, batch)


def _start(world: World, job: str, batch: Batch, **arguments: str) -> str:
    given = {} if job == "migrate_redshift" else {"--batch_id": batch.batch_id, "--business_date": batch.business_date.isoformat()}
    run_id: str = world.scenario.client("glue").start_job_run(JobName=job, Arguments={**given, **arguments})["JobRunId"]
    return run_id


def _ended(world: World, job: str, run_id: str) -> str:
    glue = world.scenario.client("glue")
    while (state := str(glue.get_job_run(JobName=job, RunId=run_id)["JobRun"]["JobRunState"])) in {"STARTING", "RUNNING", "STOPPING"}:
        time.sleep(0.1)
    return state


def _make_other_state(world: World) -> None:
    dynamodb = world.scenario.client("dynamodb")
    described = dynamodb.describe_table(TableName="etl-state")["Table"]
    dynamodb.create_table(
        TableName=OTHER_STATE,
        KeySchema=described["KeySchema"],
        AttributeDefinitions=described["AttributeDefinitions"],
        BillingMode="PAY_PER_REQUEST",
    )


def _assert_loaded_once(world: World, batch: Batch) -> None:
    state = world.note(batch)
    assert not state.differences, "\n".join(map(str, state.differences))
    assert world.refused(batch.batch_id) == world.made_bad(batch.batch_id)
    ledger = "SELECT count(*) AS loads FROM ops.load_ledger WHERE batch_id = %s"
    assert world.query(ledger, [batch.batch_id]) == [{"loads": 1}]


def _next(world: World) -> Batch:
    return next(batch for batch in world.batches if batch.batch_id not in world.states)
