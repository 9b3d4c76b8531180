"""The command line: every command has help, engines come and go by it, and errors say what to do."""

from __future__ import annotations

import json
import os
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from cli.__main__ import etl
from localaws.engines.endpoint import NO_PROXY, EndpointEngine
from localaws.engines.stack import ENGINES, Stack
from localaws.home import CHECKOUT, Home


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path / "a home")
    yield home
    stack = Stack(home)
    stack.stop()
    stack.engines["postgres"].remove_outside()  # type: ignore[attr-defined]


def run(home: Home | Path, *arguments: str, cwd: Path | None = None, **settings: str) -> subprocess.CompletedProcess[str]:
    root = home.root if isinstance(home, Home) else home
    environment = {"PATH": os.environ["PATH"], "ETL_HOME": str(root), **settings}
    command = [str(CHECKOUT / "etl"), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=cwd, timeout=120)


def _commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, name
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from _commands(command, (*path, name))


def test_every_command_and_option_has_help() -> None:
    found = dict(_commands(etl))  # type: ignore[arg-type]

    assert {("up",), ("down",), ("status",)} <= set(found)
    for path, command in found.items():
        assert command.help, f"etl {' '.join(path)} has no help"
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, f"etl {' '.join(path)} {parameter.opts[0]} has no help"


def test_an_endpoint_that_enforces_policies_says_so_and_is_not_changed_while_it_runs(home: Home) -> None:
    assert run(home, "up", "endpoint", "--iam", "enforce").returncode == 0
    anonymous = urllib.request.Request(f"{EndpointEngine(home).endpoint}/a-bucket/key")
    with pytest.raises(urllib.error.HTTPError) as denied:
        NO_PROXY.open(anonymous, timeout=30)
    assert denied.value.code == 403
    nothing = run(home, "retention", "run", "--at", "2040-01-01", "--dry-run")
    assert nothing.stdout == "0 would be deleted, as of 2040-01-01T00:00:00+00:00\n"
    refused = run(home, "up", "endpoint", "--iam", "off")
    assert refused.returncode == 1
    assert "it runs with IAM policies enforce; `./etl down endpoint` first" in refused.stderr
    assert run(home, "up", "endpoint", ETL_IAM="off").stderr == refused.stderr
    assert run(home, "up", "endpoint", ETL_IAM="enforce").returncode == 0
    wrong = run(home, "up", "mysql", ETL_IAM="yes")
    assert (wrong.returncode, wrong.stderr) == (1, "error: The environment variable ETL_IAM is 'yes'; it is off or enforce.\n")


def test_engines_come_up_are_shown_and_go_down(home: Home, tmp_path: Path) -> None:
    (tmp_path / "cli").mkdir()  # a folder of this name where the command is called does not matter
    up = run(home, "up", "mysql", "postgres", cwd=tmp_path)
    assert (up.returncode, up.stderr) == (0, "")
    assert sorted(line.split()[0] for line in up.stdout.splitlines()) == ["mysql", "postgres"]

    shown = {one["name"]: one["health"]["state"] for one in json.loads(run(home, "status", "--json").stdout)}
    assert shown == {name: "running" if name in ("mysql", "postgres") else "stopped" for name in ENGINES}

    down = run(home, "down")
    assert (down.returncode, down.stderr) == (0, "")
    assert {one["health"]["state"] for one in json.loads(run(home, "status", "--json").stdout)} == {"stopped"}


def test_an_engine_that_does_not_exist_is_named_with_those_that_do(home: Home) -> None:
    done = run(home, "up", "oracle")

    assert done.returncode == 2
    assert "'oracle' is not one of" in done.stderr
    assert "mysql" in done.stderr


def test_a_home_that_cannot_be_made_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    done = run(tmp_path / "file" / "home", "up", "mysql")

    assert done.returncode == 1
    assert "cannot be used" in done.stderr
    assert "ETL_HOME" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_home_without_permission_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o500)

    done = run(tmp_path / "closed" / "home", "up", "mysql")

    assert done.returncode == 1
    assert "Permission denied" in done.stderr
    assert "make this one writable" in done.stderr


def test_an_engine_that_cannot_start_shows_the_end_of_its_log(home: Home) -> None:
    assert run(home, "up", "mysql").returncode == 0
    assert run(home, "down").returncode == 0
    (home.engines / "mysql" / "data" / "ibdata1").write_bytes(b"torn")

    done = run(home, "up", "mysql")

    assert done.returncode == 1
    assert "error: Engine mysql: did not start: its process ended" in done.stderr
    assert "ibdata1" in done.stderr
    assert "Traceback" not in done.stderr
