"""A home's state is kept and put back whole, or the command says why not and changes nothing."""

from __future__ import annotations

import fcntl
import itertools
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import psycopg
import pymysql
import pytest

from localaws.bootstrap import client
from localaws.engines.endpoint import EndpointEngine
from localaws.engines.mariadb import MariaDBEngine
from localaws.engines.postgres import PostgresEngine
from localaws.engines.processes import start_time
from localaws.engines.stack import Stack
from localaws.glue.run_store import JobRun, RunStore
from localaws.home import Home
from localaws.records import Records
from localaws.snapshots import Snapshots, exchange
from localaws.snapshots.exceptions import BusyError, SnapshotExistsError, SnapshotMissingError, SnapshotNameError

BEFORE = {"s3/landing/a": "1", "s3/landing/b": "2", "endpoint/journal.jsonl": "one", "credentials.json": "{}", "engines/mysql/data/t": "x"}
AFTER = {"s3/landing/a": "1 changed", "s3/other/c": "3", "runs/jr_1/note": "new", "endpoint/journal.jsonl": "two", "credentials.json": "{}"}
NOT_STATE = {"cache/c": "kept", "engines/mysql/engine.log": "kept", "engines/spark/e": "kept", "jars/j": "kept"}


def write(home: Home, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = home.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def change(home: Home) -> None:
    """From BEFORE to AFTER."""
    for name in BEFORE.keys() - AFTER.keys():
        (home.root / name).unlink()
    (home.root / "engines" / "mysql" / "data").rmdir()
    write(home, AFTER)


def state(home: Home) -> dict[str, str]:
    """Files and their text; records of objects are the endpoint's to show."""
    left_out = {"lock", "snapshots", "s3-meta"}
    files = (path for path in home.root.rglob("*") if path.is_file() and not left_out & set(path.relative_to(home.root).parts))
    return {str(path.relative_to(home.root)): path.read_text() for path in files}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "a home").make()
    write(made, BEFORE | NOT_STATE)
    return made


def test_what_was_saved_comes_back_and_what_came_since_goes(home: Home) -> None:
    snapshots = Snapshots(home)
    snapshots.save("monday")
    change(home)
    snapshots.save("tuesday")

    assert [each.name for each in snapshots.list()] == ["tuesday", "monday"]
    snapshots.restore("monday")
    assert state(home) == BEFORE | NOT_STATE
    snapshots.restore("tuesday")
    assert state(home) == AFTER | NOT_STATE


def test_after_a_reset_only_snapshots_and_what_is_no_state_are_there(home: Home) -> None:
    snapshots = Snapshots(home)
    snapshots.save("full")
    snapshots.reset()

    assert state(home) == NOT_STATE
    snapshots.restore("full")
    assert state(home) == BEFORE | NOT_STATE


class Killed(BaseException):
    """As good as a kill: nothing of ours catches it."""


def test_a_restore_that_is_killed_at_any_step_is_finished_by_the_next_start(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshots, move = Snapshots(home), os.rename
    snapshots.save("whole")
    steps = 0
    for at in itertools.count():
        change(home)
        moves = itertools.count()

        def dying(source: Path, target: Path, at: int = at, moves: Iterator[int] = moves) -> None:
            if next(moves) == at:
                raise Killed
            move(source, target)

        with monkeypatch.context() as patched:
            patched.setattr(exchange, "_move", dying)
            try:
                snapshots.restore("whole")
            except Killed:
                steps += 1
            else:
                break
        Stack(home).start([])
        assert state(home) == BEFORE | NOT_STATE, f"after a kill at move {at}"
    assert steps > 5


def test_a_restore_that_is_killed_while_it_copies_has_changed_nothing(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshots = Snapshots(home)
    snapshots.save("whole")
    change(home)

    def dying(*given: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(exchange, "begin", dying)
        with pytest.raises(Killed):
            snapshots.restore("whole")
    Stack(home).start([])
    assert state(home) == AFTER | NOT_STATE
    snapshots.restore("whole")
    assert state(home) == BEFORE | NOT_STATE


@pytest.mark.parametrize(("step", "kept"), [(0, BEFORE), (1, BEFORE | {"s3/landing/a": "later"})])
def test_a_save_that_is_killed_leaves_a_whole_snapshot_and_no_other_file(
    home: Home, monkeypatch: pytest.MonkeyPatch, step: int, kept: dict[str, str]
) -> None:
    snapshots, rename, steps = Snapshots(home), Path.rename, itertools.count()
    snapshots.save("one")
    write(home, {"s3/landing/a": "later"})

    def dying(self: Path, target: Path) -> None:
        if next(steps) == step:
            raise Killed
        rename(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", dying)
        with pytest.raises(Killed):
            snapshots.save("one", replace=True)
    assert [each.name for each in snapshots.list()] == ["one"]
    assert {path.name for path in snapshots.folder.iterdir()} == {".lock", "one"}
    snapshots.restore("one")
    assert state(home) == kept | NOT_STATE


def test_what_a_killed_deletion_left_is_removed(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshots = Snapshots(home)
    snapshots.save("one")

    def dying(path: Path) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(exchange, "delete", dying)
        with pytest.raises(Killed):
            snapshots.delete("one")
    assert snapshots.list() == []
    assert {path.name for path in snapshots.folder.iterdir()} == {".lock"}


def test_a_snapshot_that_cannot_be_read_is_no_hindrance_to_the_others(home: Home) -> None:
    snapshots = Snapshots(home)
    snapshots.save("good")
    unreadable = {"cut": '{"format": 1', "text": '"a"', "later": '{"format": 2}', "untimely": '{"format": 1, "name": "untimely"}'}
    for name, text in unreadable.items():
        (snapshots.folder / name).mkdir()
        (snapshots.folder / name / "snapshot.json").write_text(text)
    (snapshots.folder / "empty").mkdir()
    (snapshots.folder / "a note").write_text("not ours")

    assert [each.name for each in snapshots.list()] == ["good"]
    assert snapshots.unreadable().keys() == {*unreadable, "empty", "a note"}
    assert snapshots.unreadable()["later"] == "another version of this project made it"
    with pytest.raises(SnapshotMissingError, match=r"snapshot\.json cannot be read"):
        snapshots.restore("cut")
    snapshots.save("again")
    snapshots.delete("cut")
    snapshots.restore("good")
    assert [each.name for each in snapshots.list()] == ["again", "good"]
    assert "cut" not in snapshots.unreadable()


def test_names_and_missing_ones_are_refused(home: Home) -> None:
    snapshots = Snapshots(home)
    for name in ("", "..", "a/b", ".hidden", "x" * 65):
        with pytest.raises(SnapshotNameError):
            snapshots.save(name)
    with pytest.raises(SnapshotMissingError, match="none of that name"):
        snapshots.restore("absent")
    with pytest.raises(SnapshotMissingError):
        snapshots.delete("absent")
    snapshots.save("once")
    with pytest.raises(SnapshotExistsError, match="--replace"):
        snapshots.save("once")
    snapshots.delete("once")
    assert snapshots.list() == []


def test_while_a_run_goes_on_nothing_is_saved_restored_or_reset(home: Home) -> None:
    snapshots = Snapshots(home)
    snapshots.save("quiet")
    run = JobRun("jr_1", "orders", "s3://x", {}, "RUNNING", 0.0, 0.0, 10, pid=os.getpid(), process_started=start_time(os.getpid()))
    RunStore(home.runs).save(run)
    before = state(home)

    for attempt in (lambda: snapshots.save("busy"), lambda: snapshots.restore("quiet"), snapshots.reset):
        with pytest.raises(BusyError, match="job run orders jr_1"):
            attempt()
    assert state(home) == before
    RunStore(home.runs).save(JobRun(**{**asdict(run), "process_started": "long ago"}))
    snapshots.save("gone")
    spark = {"jobRunId": "00a", "state": "RUNNING", "pid": os.getpid(), "process_started": start_time(os.getpid())}
    Records(home.root / "emr-serverless" / "runs").put("00a", spark)  # it outlives its endpoint, which is down here
    with pytest.raises(BusyError, match="EMR Serverless run 00a"):
        snapshots.restore("quiet")
    Records(home.root / "emr-serverless" / "runs").put("00a", {**spark, "state": "SUCCESS"})
    snapshots.restore("quiet")


def test_an_endpoint_of_another_making_is_not_copied_under_its_feet(home: Home) -> None:
    with open(home.endpoint / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(BusyError, match="did not start"):
            Snapshots(home).save("torn")
    assert Snapshots(home).list() == []


def test_engines_come_back_with_their_data(tmp_path: Path) -> None:
    home = Home(tmp_path / "a home")
    stack, snapshots = Stack(home), Snapshots(home)
    mysql, postgres, endpoint = MariaDBEngine(home), PostgresEngine(home), EndpointEngine(home)

    tags: list[str] = []

    def put(text: str) -> None:
        with pymysql.connect(**mysql.connection_arguments(), autocommit=True) as connection, connection.cursor() as cursor:
            cursor.execute("CREATE TABLE IF NOT EXISTS kept (text VARCHAR(20))")
            cursor.execute("INSERT INTO kept VALUES (%s)", [text])
        with psycopg.connect(**postgres.conninfo()) as warehouse:
            warehouse.execute("CREATE TABLE IF NOT EXISTS kept (text text)")
            warehouse.execute("INSERT INTO kept VALUES (%s)", [text])
        client("s3", endpoint.endpoint).create_bucket(Bucket=text)
        client("s3", endpoint.endpoint).put_object(Bucket=text, Key="k", Body=text.encode(), Metadata={"of": text})
        client("dynamodb", endpoint.endpoint).put_item(TableName="kept", Item={"pk": {"S": text}})

    def found() -> dict[str, list[str]]:
        with pymysql.connect(**mysql.connection_arguments()) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT text FROM kept ORDER BY text")
            rows = [row[0] for row in cursor.fetchall()]
        with psycopg.connect(**postgres.conninfo()) as warehouse:
            loaded = [row[0] for row in warehouse.execute("SELECT text FROM kept ORDER BY text").fetchall()]
        s3 = client("s3", endpoint.endpoint)
        names = [each["Name"] for each in s3.list_buckets()["Buckets"]]
        objects = [s3.head_object(Bucket=name, Key="k")["Metadata"]["of"] for name in names]
        tags[:] = [s3.list_objects_v2(Bucket=name)["Contents"][at]["ETag"] for name in names if name == "first" for at in (0, 1, 2)]
        items = client("dynamodb", endpoint.endpoint).scan(TableName="kept")["Items"]
        return {"mysql": rows, "postgres": loaded, "s3": sorted(objects), "dynamodb": sorted(item["pk"]["S"] for item in items)}

    try:
        stack.start(["mysql", "postgres", "endpoint"])
        key = {"KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}]}
        attributes = [{"AttributeName": "pk", "AttributeType": "S"}]
        client("dynamodb", endpoint.endpoint).create_table(
            TableName="kept", BillingMode="PAY_PER_REQUEST", AttributeDefinitions=attributes, **key
        )
        put("first")
        client("s3", endpoint.endpoint).put_object(Bucket="first", Key="folder/")
        (home.s3 / "first" / "spark.parquet").write_bytes(b"as Spark writes it")  # it has no record
        found()
        before = list(tags)
        url = endpoint.endpoint
        snapshots.save("first")
        put("second")
        assert set(map(tuple, found().values())) == {("first", "second")}

        running = {"executionArn": "arn:x", "status": "RUNNING"}
        Records(home.root / "executions").put("arn:x", running)
        with pytest.raises(BusyError, match="execution arn:x"):
            snapshots.restore("first")
        assert set(map(tuple, found().values())) == {("first", "second")}
        Records(home.root / "executions").delete("arn:x")

        snapshots.restore("first")
        assert set(map(tuple, found().values())) == {("first",)}
        assert tags == before
        assert endpoint.endpoint == url  # what clients noted goes on
        assert not (home.root / "executions" / "arn%3Ax.json").exists()
        put("third")

        snapshots.reset()
        assert [one.health.state for one in stack.status()] == ["stopped"] * len(stack.engines)
        assert not postgres.data_folder.exists()
    finally:
        stack.stop()
        postgres.remove_outside()


def test_the_commands_do_it(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    from click.testing import CliRunner

    from cli.reset import reset
    from cli.snapshot import snapshot

    monkeypatch.setenv("ETL_HOME", str(home.root))
    (home.root / "credentials.json").unlink()
    before = {**BEFORE, **NOT_STATE}
    before.pop("credentials.json")

    def run(command: object, *words: str) -> str:
        answer = CliRunner().invoke(command, words)  # type: ignore[arg-type]
        assert answer.exception is None, answer.output
        return answer.output

    assert "saved monday" in run(snapshot, "save", "monday")
    assert "monday" in run(snapshot, "list")
    assert "reset." in run(reset, "--yes")
    assert state(home) == NOT_STATE
    assert "restored monday" in run(snapshot, "restore", "monday")
    assert state(home) == before
    assert "deleted monday" in run(snapshot, "delete", "monday")
    assert CliRunner().invoke(reset, input="n\n").exit_code == 1
    assert state(home) == before
