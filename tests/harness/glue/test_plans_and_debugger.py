"""What `etl job run` has for its author: plans of the queries, a debugger, a notebook's first cell."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from localaws.engines.endpoint import EndpointEngine
from localaws.engines.spark import SparkEngine
from localaws.glue.script_runner import Result
from localaws.home import CHECKOUT, Home

Start = Callable[..., Any]

pytestmark = pytest.mark.timeout(300)

ARGUMENTS = """
import sys
from awsglue.utils import getResolvedOptions
args = getResolvedOptions(sys.argv, ["JOB_NAME", "städte", "TempDir"])
print(args["JOB_NAME"], args["städte"], args["TempDir"])
"""
LAST = "import sys; print(sys.argv[-4:])"
QUERIES = """
from awsglue.context import GlueContext
spark = GlueContext().spark_session
print(spark.range(10).filter("id > 3").groupBy().sum("id").first()[0])
spark.range(3).selectExpr("id as wanted").collect()
END
"""


@pytest.mark.parametrize("end", ["", "spark.stop()", "raise ValueError('late')"], ids=["ends", "stops_its_session", "fails"])
def test_the_plans_of_a_scripts_queries_are_printed_when_it_has_ended(start: Start, end: str) -> None:
    run = start(QUERIES.replace("END", end), plan=True).wait()

    assert run.output.startswith("39\n"), run.error
    plans = re.split(r"^=== Query \d+: ", run.output, flags=re.MULTILINE)[1:]
    assert len(plans) == 2
    assert "HashAggregate" in plans[0]
    assert "Filter" in plans[0]
    assert "AS wanted" in plans[1]
    assert run.script.name in plans[1].splitlines()[0], "the line that asked for it"
    assert (run.folder / "plans.txt").read_text() in run.output


def test_the_plans_of_one_run_are_not_those_of_another(start: Start) -> None:
    first = start(QUERIES.replace("END", ""), plan=True)
    second = start("from awsglue.context import GlueContext\nGlueContext().spark_session.range(1).collect()", plan=True)

    assert [run.wait().output.count("=== Query") for run in (first, second)] == [2, 1]
    assert start("print('no query')", plan=True).wait().output == "no query\nThe script ran no query.\n"


def test_plans_that_cannot_be_written_are_missed_by_name_and_the_runs_result_is_its_scripts(start: Start) -> None:
    run = start("import os\nos.mkdir('../plans.txt')\nprint('done')", plan=True).wait()

    assert (run.result, run.output) == (Result("SUCCEEDED"), "done\nThe script ran no query.\n"), run.error
    assert "Plans of queries are missing: IsADirectoryError" in run.error


def test_a_run_waits_for_a_debugger_and_goes_on_when_it_is_attached(start: Start) -> None:
    run = start("print('ran')", debug_port=0)
    deadline = time.monotonic() + 60
    while (found := re.search(r"attach to 127.0.0.1:(\d+)", run.error)) is None:
        assert time.monotonic() < deadline, run.error
        time.sleep(0.05)
    time.sleep(0.3)
    assert (run.process.poll(), run.output) == (None, "")

    with socket.create_connection(("127.0.0.1", int(found[1])), timeout=30) as client:
        stream = client.makefile("rwb")
        _say(stream, 1, "initialize", {"adapterID": "tests"})
        _say(stream, 2, "attach", {"justMyCode": False})
        while _heard(stream).get("event") != "initialized":
            pass
        _say(stream, 3, "configurationDone", {})
        run.wait()

    assert (run.result, run.output) == (Result("SUCCEEDED"), "ran\n"), run.error


def _say(stream: Any, number: int, command: str, arguments: dict[str, Any]) -> None:
    """One request of the Debug Adapter Protocol."""
    body = json.dumps({"seq": number, "type": "request", "command": command, "arguments": arguments}).encode()
    stream.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    stream.flush()


def _heard(stream: Any) -> dict[str, Any]:
    length = int(stream.readline().split(b":")[1])
    stream.readline()
    return dict(json.loads(stream.read(length)))


@pytest.fixture(scope="module")
def caller(home: Home, driver: SparkEngine) -> Iterator[dict[str, str]]:
    """Environment of somebody who uses this home, whose endpoint runs."""
    endpoint = EndpointEngine(home)
    endpoint.start()
    paths = os.pathsep.join(str(CHECKOUT / part) for part in ("libs", "harness"))
    yield {"PATH": os.environ["PATH"], "ETL_HOME": str(home.root), "PYTHONPATH": paths, "LC_ALL": "C.UTF-8"}
    endpoint.stop()


def test_the_first_cell_of_a_notebook_as_documented_works(caller: dict[str, str], driver: SparkEngine, tmp_path: Path) -> None:
    page = (CHECKOUT / "docs" / "job-runs.md").read_text("utf-8")
    (cell,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    after = (
        "\nimport sys\nfrom awsglue.utils import getResolvedOptions\n"
        "print(getResolvedOptions(sys.argv, ['JOB_NAME', 'day'])['day'], spark.range(4).count())\n"
        "print(spark.sparkContext._gateway.gateway_parameters.port)"
    )

    done = subprocess.run([sys.executable, "-c", cell + after], env=caller, capture_output=True, text=True, check=False, cwd=tmp_path)

    assert done.stdout.splitlines() == ["2026-01-31 4", str(driver.gateway.port)], done.stderr


@pytest.mark.parametrize(
    ("source", "words", "code", "said"),
    [
        pytest.param(
            ARGUMENTS, ["--städte", "Zürich, Łódź", "--TempDir=s3://mine/"], 0, "a_script Zürich, Łódź s3://mine/\na_script.py succeeded",
            id="arguments",
        ),
        pytest.param("import sys; print('ends'); sys.exit(0)", [], 0, "ends\na_script.py succeeded", id="exit_zero"),
        pytest.param("raise ValueError('no rows')", [], 1, "a_script.py failed: ValueError: no rows", id="an_error"),
        pytest.param("import os; os._exit(0)", [], 1, "ended with exit code 0 and without a result", id="gone_without_a_word"),
        pytest.param(LAST, ["--debug", "false", "--plan", "gold"], 0, "['--debug', 'false', '--plan', 'gold']", id="values_of_the_scripts"),
        pytest.param(
            LAST, ["--n", "1", "--plan", "--", "--cold", "--debug"], 0, "['--n', '1', '--cold', '--debug']\nThe script ran no query",
            id="ours_and_the_scripts",
        ),
    ],
)  # fmt: skip
def test_a_script_from_anywhere_is_run_by_the_command(
    caller: dict[str, str], tmp_path: Path, source: str, words: list[str], code: int, said: str
) -> None:
    (tmp_path / "a_script.py").write_text(source)

    command = [sys.executable, "-P", "-m", "cli", "job", "run", "a_script.py", *words]
    done = subprocess.run(command, env=caller, capture_output=True, text=True, check=False, cwd=tmp_path)

    assert (done.returncode, said in done.stdout + done.stderr) == (code, True), done.stdout + done.stderr
