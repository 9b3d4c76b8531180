"""Three daily batches and a backfill through the real jobs: sources, endpoint, Spark, lake, Redshift. Compared with the oracle.

What a batch leaves is kept when it is loaded (`World.states`), so each test asks for the batch it needs, in any order.
"""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner

from cli.run import run as run_command
from integration.stack import World

# The first test of a process loads what it needs, on a machine that others may use too.
pytestmark = pytest.mark.timeout(3600)

FIRST, SECOND, THIRD, LATE = BATCHES = ("1998-06-15", "1998-06-16", "1998-06-17", "1998-06-15-late")
SOURCES = ("customer", "lineitem", "orders", "part", "partsupp", "rates", "shipments", "supplier")
MYSQL = {"customer": ("customer_id",), "orders": ("order_id",), "lineitem": ("order_id", "line_number")}
KEYS = {"dim_customer": "customer", "dim_part": "part", "dim_supplier": "supplier"}
BEGINNING, END = datetime(1900, 1, 1), datetime(9999, 12, 31)


@pytest.mark.parametrize("batch_id", BATCHES)
def test_after_each_batch_every_row_and_column_equals_the_oracle(world: World, batch_id: str) -> None:
    state = world.load_until(batch_id)

    assert not state.differences, "\n".join(map(str, state.differences))
    assert all(rows for rows, _ in state.checksums.values())


@pytest.mark.parametrize("batch_id", BATCHES)
def test_counts_by_source_and_rule_are_those_that_the_simulator_made(world: World, batch_id: str) -> None:
    """A MySQL table is read again for the hour before its last high-water mark: the rows of that hour are known duplicates."""
    world.load_until(batch_id)
    counted, made = world.counts(batch_id), world.made(batch_id)

    assert sorted(counted) == sorted(SOURCES)
    for source in SOURCES:
        again = _read_again(world, batch_id, source) if source in MYSQL else 0
        assert counted[source]["read"] == made["delivered"][source] + again, source
        assert counted[source]["quarantined"] == made["quarantined"][source], source
        assert counted[source]["duplicates"] == made["duplicates"][source] + again, source


@pytest.mark.parametrize("batch_id", BATCHES)
def test_every_record_is_accepted_refused_or_a_duplicate(world: World, batch_id: str) -> None:
    world.load_until(batch_id)

    for source, counts in world.counts(batch_id).items():
        assert counts["read"] == counts["accepted"] + sum(counts["quarantined"].values()) + counts["duplicates"], source


@pytest.mark.parametrize("batch_id", BATCHES)
def test_the_quarantine_holds_the_very_records_that_the_simulator_spoiled(world: World, batch_id: str) -> None:
    world.load_until(batch_id)
    refused, made = world.refused(batch_id), world.made_bad(batch_id)

    assert not made - refused, f"made and not refused: {sorted(map(str, made - refused))[:10]}"
    assert not refused - made, f"refused and not made: {sorted(map(str, refused - made))[:10]}"


def test_customers_that_are_gone_from_the_source_are_deleted_at_the_window_s_end(world: World) -> None:
    for batch_id in (SECOND, THIRD):
        state, window_end = world.load_until(batch_id), world.batch(batch_id).window_end
        gone = _deleted_customers(world, batch_id)
        found = {
            row["customer_id"]
            for row in state.versions["dim_customer"]
            if row["is_deleted"] and row["is_current"] and row["effective_from"] == window_end
        }
        assert gone, "the simulator deletes customers in this batch"
        assert found == gone


def test_a_customer_that_is_inserted_again_is_no_longer_deleted(world: World) -> None:
    before, after = world.load_until(SECOND), world.load_until(THIRD)
    deleted = {row["customer_id"] for row in before.versions["dim_customer"] if row["is_current"] and row["is_deleted"]}
    back = {row["customer_id"] for row in after.versions["dim_customer"] if row["is_current"] and not row["is_deleted"]} & deleted

    assert len(back) == world.made(THIRD)["changes"]["customers_inserted_again"] > 0


def test_every_dimension_has_its_unknown_member(world: World) -> None:
    world.load_until(FIRST)

    for name in ("customer", "part", "supplier", "geography", "currency", "order_profile"):
        assert world.query(f"SELECT count(*) AS members FROM warehouse.dim_{name} WHERE {name}_key = -1") == [{"members": 1}], name
    assert world.query("SELECT full_date FROM (SELECT date AS full_date FROM warehouse.dim_date WHERE date_key = -1) d")


@pytest.mark.parametrize("name", ["dim_part", "dim_supplier"])
def test_a_member_that_comes_after_its_facts_keeps_the_key_that_was_inferred(world: World, name: str) -> None:
    member = KEYS[name]
    before, after = (_versions(world.load_until(batch_id).versions[name], member) for batch_id in (FIRST, THIRD))
    inferred = {key: rows[0] for key, rows in before.items() if rows[0]["is_inferred"]}
    arrived = {key: row for key, row in inferred.items() if not after[key][0]["is_inferred"]}

    assert len(inferred) >= world.made(FIRST)["changes"][f"{member}s_named_before_they_arrive"] > 0
    assert arrived, "at least one of them arrives by the third batch"
    for key, row in inferred.items():
        assert after[key][0][f"{member}_key"] == row[f"{member}_key"]
        assert after[key][0]["effective_from"] == BEGINNING


@pytest.mark.parametrize("name", list(KEYS))
def test_the_versions_of_every_member_follow_on_each_other(world: World, name: str) -> None:
    for batch_id in BATCHES:
        for key, rows in _versions(world.load_until(batch_id).versions[name], KEYS[name]).items():
            starts, ends = [row["effective_from"] for row in rows], [row["effective_to"] for row in rows]
            assert starts[0] == BEGINNING, (batch_id, key)
            assert ends == [*starts[1:], END], (batch_id, key)
            assert [row["is_current"] for row in rows] == [False] * (len(rows) - 1) + [True], (batch_id, key)


@pytest.mark.parametrize("name", ["dim_part", "dim_supplier"])
def test_a_backfill_leaves_the_newer_versions_as_they_are(world: World, name: str) -> None:
    """What was known to hold after the first day still holds, whether the backfill makes a version before it or moves its beginning."""
    key = KEYS[name]
    before, after = (_versions(world.load_until(batch_id).versions[name], key) for batch_id in (THIRD, LATE))
    newer = world.batch(FIRST).window_end

    changed = [m for m, rows in before.items() if after[m] != rows and rows[-1]["effective_from"] >= newer]
    assert changed, "the backfill changes the history of a member that has newer versions"
    for member in changed:
        known = min(row["effective_from"] for row in before[member] if row["effective_from"] >= newer)
        starts = {row["effective_from"] for rows in (before[member], after[member]) for row in rows}
        for instant in {known, *(start for start in starts if start > known)}:
            assert _at(after[member], instant, key) == _at(before[member], instant, key), (member, instant)
        assert before[member][0][f"{key}_key"] == after[member][0][f"{key}_key"], member


@pytest.mark.parametrize("batch_id", [FIRST, SECOND, THIRD])
def test_running_a_day_again_changes_nothing(world: World, batch_id: str) -> None:
    world.load_until(LATE)
    before, refused, counted = world.checksums(), world.refused(batch_id), world.counts(batch_id)
    ledger = world.query("SELECT * FROM ops.load_ledger ORDER BY batch_id")

    world.scenario.run(batch_id, world.batch(batch_id).business_date)

    assert world.checksums() == before
    assert world.refused(batch_id) == refused
    assert world.counts(batch_id) == counted
    assert world.query("SELECT * FROM ops.load_ledger ORDER BY batch_id") == ledger


def test_the_command_runs_a_loaded_batch_only_when_told_and_even_then_changes_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.load_until(LATE)
    monkeypatch.setenv("ETL_HOME", str(world.home.root))
    before = world.checksums()

    alone = CliRunner().invoke(run_command, ["--batch", THIRD], catch_exceptions=False)
    again = CliRunner().invoke(run_command, ["--batch", THIRD, "--again", "--from-step", "facts"], catch_exceptions=False)

    assert alone.exit_code == again.exit_code == 0
    assert "nothing to do" in alone.output
    assert "is loaded" in again.output
    assert world.checksums() == before


def test_a_rebuild_from_landing_without_the_sources_gives_identical_tables(world: World) -> None:
    world.load_until(LATE)
    before, refused = world.checksums(), {batch_id: world.refused(batch_id) for batch_id in BATCHES}
    world.forget_all_but_landing()
    world.scenario.stack.stop(["source-api", "mysql"])
    try:
        for batch in world.batches:
            world.scenario.run(batch.batch_id, batch.business_date)
        assert world.scenario.running_engines() == {"postgres", "redshift", "endpoint", "spark"}
    finally:
        world.scenario.start()

    assert world.checksums() == before
    assert {batch_id: world.refused(batch_id) for batch_id in BATCHES} == refused


def _versions(rows: list[dict[str, Any]], member: str) -> dict[int, list[dict[str, Any]]]:
    """Rows by natural key, by time; without the unknown member."""
    found: dict[int, list[dict[str, Any]]] = {}
    for row in sorted(rows, key=lambda row: row["effective_from"]):
        if row[f"{member}_key"] != -1:
            found.setdefault(row[f"{member}_id"], []).append(row)
    return found


def _at(rows: list[dict[str, Any]], instant: datetime, member: str) -> dict[str, Any]:
    """The attributes that hold at the instant."""
    (row,) = (row for row in rows if row["effective_from"] <= instant < row["effective_to"])
    return {name: value for name, value in row.items() if name not in (f"{member}_key", "effective_from", "effective_to")}


def _read_again(world: World, batch_id: str, source: str) -> int:
    """Good rows of a MySQL table that lie in the hour before its last mark and did not change since, from the simulator's log."""
    batches = world.batches[: [batch.batch_id for batch in world.batches].index(batch_id) + 1]
    logs = [world.home.source / "log" / batch.batch_id / "delivered" / f"{source}.parquet" for batch in batches]
    states = " UNION ALL BY NAME ".join(f"SELECT {k} AS k, * FROM read_parquet('{log}')" for k, log in enumerate(logs) if log.exists())
    newest = f"row_number() OVER (PARTITION BY {', '.join(MYSQL[source])} ORDER BY k DESC) = 1"
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE state AS SELECT *, {newest} AS is_newest FROM ({states})")
        for k, batch in enumerate(batches if source == "customer" else ()):
            gone = sorted(_deleted_customers(world, batch.batch_id))
            connection.execute("UPDATE state SET is_newest = FALSE WHERE list_contains(?, customer_id) AND k < ?", [gone, k])
        before = len(batches) - 1
        found = connection.execute(
            "SELECT count(*) FROM state WHERE is_newest AND k < $1 AND updated_at < $2 "
            "AND updated_at > (SELECT max(updated_at) FROM state WHERE k < $1) - INTERVAL 1 HOUR",
            [before, world.batch(batch_id).window_end],
        ).fetchone()
    assert found is not None
    return int(found[0])


def _deleted_customers(world: World, batch_id: str) -> set[int]:
    file = world.home.source / "log" / batch_id / "deleted_customers.parquet"
    with duckdb.connect() as connection:
        return {key for (key,) in connection.execute("SELECT customer_id FROM read_parquet(?)", [str(file)]).fetchall()}


# Where a secret is kept: the home's own file, what the servers and the API's service read when they start, and the journal of the
# endpoint, whose Secrets Manager it is.
KEEPS_SECRETS = re.compile(r"credentials\.json|api-token|engines/(mysql|postgres)/.*|endpoint/journal.*")


def test_no_secret_is_in_what_the_runs_and_the_endpoint_left(world: World) -> None:
    """Not in logs, run records, arguments, events, objects, reports and settings, nor in the histories that are asked for."""
    world.load_until(FIRST)
    secrets = {name: value.encode() for name, value in asdict(world.home.credentials).items()}
    answers = {name: json.dumps(found, default=str) for name, found in _told(world).items()}

    files = [path for path in world.home.root.rglob("*") if path.is_file() and not path.is_symlink()]
    names = {path: path.relative_to(world.home.root).as_posix() for path in files}
    contents = {name: _content(path) for path, name in names.items() if not KEEPS_SECRETS.fullmatch(name)}
    searched = contents | {f"the answer of {name}": text.encode() for name, text in answers.items()}
    found = [f"{secret} in {where}" for where, content in searched.items() for secret, value in secrets.items() if value in content]

    assert len(contents) > 100, "the runs left files"
    assert all(len(text) > 100 for text in answers.values()), {name: text for name, text in answers.items() if len(text) <= 100}
    assert found == []


def _content(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def _told(world: World) -> dict[str, list[Any]]:
    """What services tell of jobs, runs, logs, calls and statements."""
    glue, logs, trail = (world.scenario.client(service) for service in ("glue", "logs", "cloudtrail"))
    jobs = glue.get_jobs()["Jobs"]
    groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
    return {
        "jobs": jobs,
        "connections": [glue.get_connections()],
        "runs": [glue.get_job_runs(JobName=job["Name"])["JobRuns"] for job in jobs],
        "logs": [logs.filter_log_events(logGroupName=group)["events"] for group in groups],
        "calls": [page["Events"] for page in trail.get_paginator("lookup_events").paginate()],
        "statements": world.query("SELECT * FROM sys_query_history"),
    }
