"""Batches whose jobs, engines and commands are killed (SIGKILL) within and between stages, and run again until they are loaded.

In the end every row and column is as the oracle has it, nothing is counted twice and nothing is missing from the quarantine.
Each test takes the next batch that is not loaded yet, so their order does not matter.
"""

from __future__ import annotations

import os
import random
import re
import signal
from collections.abc import Sequence

import pytest

from integration.commands import Kill, Victim, active_run, etl_run, strike, wait_for
from integration.stack import World
from simulator import Batch

# The first test of a process loads what it needs, on a machine that others may use too.
pytestmark = pytest.mark.timeout(3600)

JOBS = ("ingest_rds", "ingest_csv", "ingest_api", "reconcile_keys", "build_dimensions", "quality_gate", "build_facts", "load_redshift")
VICTIMS: tuple[Victim, ...] = ("run", "endpoint", "driver", "command")
SEED = int(os.environ.get("ETL_KILL_SEED", "1998"))
SOAK_KILLS = int(os.environ.get("ETL_SOAK_KILLS", "30"))


def test_a_batch_whose_job_runs_are_killed_is_loaded_as_if_they_had_not_been(world: World) -> None:
    chance = random.Random(SEED)
    jobs = ("ingest_rds", "ingest_csv", "build_dimensions", "build_facts", "load_redshift")

    struck = load_with_kills(world, _next(world), [Kill(job, "run", chance.uniform(0, 0.7)) for job in jobs])

    # A job may be over before its moment comes, most of all the last one.
    assert sum(struck) >= len(jobs) - 1


def test_a_batch_whose_engines_and_command_are_killed_is_loaded_as_if_they_had_not_been(world: World) -> None:
    chance = random.Random(SEED + 1)
    plan: list[tuple[str, Victim]] = [("ingest_rds", "endpoint"), ("ingest_csv", "command"), ("build_facts", "driver")]

    struck = load_with_kills(world, _next(world), [Kill(job, victim, chance.uniform(0, 0.7)) for job, victim in plan])

    assert all(struck)


def test_a_run_killed_between_the_commit_in_redshift_and_its_own_loads_once(world: World) -> None:
    """The run is stopped when its statement is with the service, which goes on alone; killed when the ledger has the batch."""
    batch = _next(world)
    world.scenario.deliver(batch)
    command = etl_run(world, batch.batch_id)
    data_api = world.scenario.client("redshift-data")

    def submitted() -> bool | None:
        return bool(data_api.list_statements(StatementName=f"load {batch.batch_id}", Status="ALL")["Statements"]) or None

    assert wait_for(submitted, command), command.output
    run = active_run(world, batch.batch_id, "load_redshift")
    assert run is not None
    assert run.pid is not None
    os.kill(run.pid, signal.SIGSTOP)
    try:
        row = wait_for(lambda: _ledger(world, batch.batch_id) or None, command)
    finally:
        os.kill(run.pid, signal.SIGKILL)
    assert row, command.output
    assert command.wait() == 1
    assert "killed by signal 9" in command.output
    assert not (world.home.runs / run.run_id / "commit.json").exists(), "the job had committed before it was stopped"

    again = etl_run(world, batch.batch_id, "--again")

    assert again.wait() == 0, again.output
    assert _ledger(world, batch.batch_id) == row
    _assert_loaded(world, batch)


@pytest.mark.soak
@pytest.mark.timeout(4 * 3600)
def test_many_kills_change_nothing(world: World) -> None:
    """ETL_SOAK_KILLS of them (30), at random instants in all batches; ETL_KILL_SEED gives others."""
    chance = random.Random(SEED + 2)
    struck: list[bool] = []
    for position, batch in enumerate(world.batches):
        share = len(range(position, SOAK_KILLS, len(world.batches)))
        jobs = sorted((chance.choice(JOBS) for _ in range(share)), key=JOBS.index)
        struck += load_with_kills(world, batch, [Kill(job, chance.choice(VICTIMS), chance.uniform(0, 0.9)) for job in jobs])

    assert sum(struck) >= SOAK_KILLS * 0.8


def load_with_kills(world: World, batch: Batch, kills: Sequence[Kill]) -> list[bool]:
    """After each kill go on from the step that the failed command names; at last run the whole batch again and compare.

    Which of the kills found their victim.
    """
    world.scenario.deliver(batch)
    struck, go_on = [], ["--again"]
    for kill in kills:
        command = etl_run(world, batch.batch_id, *go_on)
        struck.append(strike(world, command, batch.batch_id, kill))
        command.wait()
        assert "Traceback" not in command.output
        named = re.search(r"--from-step (\w+)", command.output)
        go_on = ["--again", *(named.group().split() if named else ())]
    last = etl_run(world, batch.batch_id, "--again")
    assert last.wait() == 0, last.output
    _assert_loaded(world, batch)
    return struck


def _assert_loaded(world: World, batch: Batch) -> None:
    state, counts, made = world.note(batch), world.counts(batch.batch_id), world.made(batch.batch_id)
    assert not state.differences, "\n".join(map(str, state.differences))
    assert world.refused(batch.batch_id) == world.made_bad(batch.batch_id)
    assert {source: found["quarantined"] for source, found in counts.items()} == made["quarantined"]


def _ledger(world: World, batch_id: str) -> list[dict[str, object]]:
    return world.query("SELECT * FROM ops.load_ledger WHERE batch_id = %s", [batch_id])


def _next(world: World) -> Batch:
    return next(batch for batch in world.batches if batch.batch_id not in world.states)
