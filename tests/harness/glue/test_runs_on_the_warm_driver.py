"""Runs share the driver's JVM and nothing that they should not."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from localaws.engines.spark import SparkEngine
from localaws.glue.script_runner import Result
from localaws.home import Home
from waiting import wait_until

Start = Callable[..., Any]

pytestmark = pytest.mark.timeout(300)

HEAD = """
import json, os, sys, time
from pathlib import Path
from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext

glue = GlueContext(SparkContext.getOrCreate())
spark = glue.spark_session
"""

MEETS = (
    HEAD
    + """
options = getResolvedOptions(sys.argv, ["mine", "other"])
mine, other = options["mine"], options["other"]
spark.conf.set("spark.sql.shuffle.partitions", mine)
spark.range(int(mine)).createOrReplaceTempView("shared_name")
spark.range(int(mine)).createOrReplaceGlobalTempView("shared_name")
spark.range(int(mine)).cache().count()
os.environ["MARK"] = mine
Path(FOLDER, f"met-{mine}").touch()
while not Path(FOLDER, f"met-{other}").exists():
    time.sleep(0.05)
print(json.dumps({
    "setting": spark.conf.get("spark.sql.shuffle.partitions"),
    "view": spark.table("shared_name").count(),
    "global": spark.table("global_temp.shared_name").count(),
    "views": [t.name for t in spark.catalog.listTables()],
    "mark": os.environ["MARK"],
    "default": spark._jvm.SparkSession.getDefaultSession().isDefined(),
    "run": options["JOB_RUN_ID"],
    "works in": f"{Path.cwd().parent.name}/{Path.cwd().name}",
    "path": os.path.dirname(sys.argv[0]) == sys.path[0],
}))
"""
)

# Endless jobs one after another, so that cancelling one of them is not enough.
ENDLESS = (
    HEAD
    + """
import threading
from pyspark.sql import functions as F
def work():
    while True:
        try:
            spark.range(0, 10**12, 1, 4).select(F.sum(F.sqrt("id"))).collect()
        except Exception:
            pass
threading.Thread(target=work, daemon=True).start()
print("working", flush=True)
work()
"""
)


def test_two_runs_at_once_see_their_own_arguments_settings_views_and_environment(start: Start, home: Home) -> None:
    source = MEETS.replace("FOLDER", repr(str(home.runs)))

    runs = [start(source, {"--mine": mine, "--other": other}) for mine, other in (("11", "12"), ("12", "11"))]

    for run, mine in zip(runs, (11, 12), strict=True):
        run.wait()
        assert run.result == Result("SUCCEEDED"), run.error
        assert json.loads(run.output) == {
            "setting": str(mine),
            "view": mine,
            "global": mine,
            "views": ["shared_name"],
            "mark": str(mine),
            "default": False,
            "run": run.run_id,
            "works in": f"{run.run_id}/workspace",
            "path": True,
        }


def test_stopping_the_context_ends_only_the_run_that_does_it(start: Start, home: Home) -> None:
    waiting = start(
        HEAD + f"print(spark.range(3).count(), flush=True)\nwhile not Path({str(home.runs / 'go')!r}).exists(): time.sleep(0.05)\n"
        "print(spark.range(9).count())"
    )
    stops = start(
        HEAD + "spark.stop()\nagain = GlueContext(SparkContext())\nprint(again.spark_session.range(4).count())\n"
        "again.spark_session.sparkContext._gateway.shutdown()"
    ).wait()
    (home.runs / "go").touch()

    assert (stops.result, stops.output) == (Result("SUCCEEDED"), "4\n"), stops.error
    assert (waiting.wait().result, waiting.output) == (Result("SUCCEEDED"), "3\n9\n"), waiting.error


def test_a_killed_run_leaves_nothing_at_work_in_the_driver(start: Start, driver: SparkEngine) -> None:
    run = start(ENDLESS)
    wait_until(lambda: "working" in run.output)
    wait_until(lambda: _active_jobs(driver) > 0)

    run.process.kill()
    run.wait()

    assert driver.cancel(run.run_id), "threads of the run are still there"
    assert _active_jobs(driver) == 0
    assert start(HEAD + "print(spark.range(5).count())").wait().output == "5\n"


def test_cancelling_one_run_leaves_the_jobs_of_another(start: Start, driver: SparkEngine) -> None:
    doomed, other = start(ENDLESS), start(HEAD + "print(spark.range(0, 3 * 10**9, 1, 2).selectExpr('sum(sqrt(id)) > 0').first()[0])")
    wait_until(lambda: "working" in doomed.output)
    doomed.process.kill()
    doomed.wait()

    assert driver.cancel(doomed.run_id)
    assert (other.wait().result, other.output) == (Result("SUCCEEDED"), "True\n"), other.error


def test_what_a_run_cached_is_given_back(start: Start, driver: SparkEngine) -> None:
    assert start(HEAD + "spark.range(1000).cache().count()").wait().result == Result("SUCCEEDED")

    with driver.gateway.connected() as client:
        context = client.jvm.org.apache.spark.SparkContext.getOrCreate()
        assert context.getPersistentRDDs().isEmpty()


def test_what_ended_runs_were_given_is_let_go_and_a_living_run_keeps_its_own(start: Start, home: Home, driver: SparkEngine) -> None:
    driver.sweep()
    before = _bindings(driver)
    frames = "frames = [spark.range(n).groupBy('id').count() for n in range(40)]\n[frame.schema for frame in frames]\n"
    go = home.runs / "go-on"
    living = start(
        HEAD + frames + f"print('made', flush=True)\nwhile not Path({str(go)!r}).exists(): time.sleep(0.05)\n"
        "print(sum(frame.count() for frame in frames))"
    )
    wait_until(lambda: "made" in living.output)
    killed = start(HEAD + frames + "print('made', flush=True)\ntime.sleep(600)")
    wait_until(lambda: "made" in killed.output)
    killed.process.kill()
    killed.wait()
    driver.cancel(killed.run_id)

    driver.sweep()
    assert _bindings(driver) >= before + 40, "the living run has its frames"
    go.touch()
    assert living.wait().output == f"made\n{sum(range(40))}\n", living.error
    driver.sweep()
    assert _bindings(driver) <= before + 10


def test_python_functions_run_in_workers_with_the_runs_modules(start: Start) -> None:
    run = start(
        HEAD + "from pyspark.sql import functions as F\n"
        "@F.udf('string')\ndef f(x):\n    import etl_common\n    return etl_common.__name__\n"
        "print(spark.range(1).select(f('id')).first()[0])"
    ).wait()

    assert (run.result, run.output) == (Result("SUCCEEDED"), "etl_common\n"), run.error


def test_a_commit_is_recorded_in_the_folder_of_the_run(start: Start) -> None:
    run = start(
        HEAD + "args = getResolvedOptions(sys.argv, ['JOB_NAME'])\njob = Job(glue)\njob.init(args['JOB_NAME'], args)\njob.commit()"
    ).wait()

    record = json.loads((run.folder / "commit.json").read_text())
    assert (record["job_name"], record["job_run_id"]) == ("a-job", run.run_id)


@pytest.mark.parametrize(
    ("source", "result"),
    [
        pytest.param("import sys; sys.exit(0)", Result("SUCCEEDED"), id="exit_zero"),
        pytest.param("import sys; sys.exit(3)", Result("FAILED", "SystemExit: 3"), id="exit_three"),
        pytest.param("import sys; sys.exit('no input')", Result("FAILED", "no input"), id="exit_with_a_message"),
        pytest.param("raise ValueError('bad date')", Result("FAILED", "ValueError: bad date"), id="an_error"),
        pytest.param("def f(:", Result("FAILED", "SyntaxError: invalid syntax"), id="a_syntax_error"),
        pytest.param("import os; os._exit(0)", None, id="gone_without_a_word"),
    ],
)
def test_how_a_script_ends_is_what_the_result_says(start: Start, source: str, result: Result | None) -> None:
    run = start(source).wait()

    assert run.result == result
    assert "script_runner.py" not in run.error


def test_a_setting_of_a_session_stays_warm(start: Start) -> None:
    run = start(HEAD + "print(spark.conf.get('spark.sql.shuffle.partitions'))", {"--conf": "spark.sql.shuffle.partitions=3"}).wait()

    assert run.output == "3\n"
    assert "JVM" not in run.error


def test_a_script_that_sets_what_cannot_be_set_is_told(start: Start) -> None:
    run = start("from pyspark import SparkConf, SparkContext\nSparkContext(conf=SparkConf().set('spark.task.maxFailures', '7'))").wait()

    assert run.result == Result("SUCCEEDED")
    assert "settings spark.task.maxFailures: they have no effect" in run.error


def test_a_module_in_extra_py_files_is_imported_on_the_driver_and_in_workers(start: Start, home: Home, tmp_path: Path) -> None:
    folder = home.s3 / "scripts"
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / "extra.whl", "w") as wheel:
        wheel.writestr("only_here/__init__.py", "answer = 42\n")

    run = start(
        HEAD + "import only_here\nfrom pyspark.sql import functions as F\n"
        "@F.udf('int')\ndef f(x):\n    import only_here\n    return only_here.answer\n"
        "print(only_here.answer, spark.range(1).select(f('id')).first()[0])",
        {"--extra-py-files": "s3://scripts/extra.whl"},
    ).wait()

    assert (run.result, run.output) == (Result("SUCCEEDED"), "42 42\n"), run.error


def _active_jobs(driver: SparkEngine) -> int:
    with driver.gateway.connected() as client:
        return len(client.jvm.org.apache.spark.SparkContext.getOrCreate().statusTracker().getActiveJobIds())


def _bindings(driver: SparkEngine) -> int:
    """How many objects Py4J keeps for Python processes."""
    with driver.gateway.connected() as client:
        return int(client.java_gateway_server.getGateway().getBindings().size())


def test_a_script_with_checks_of_pydeequ_has_a_jvm_of_its_own_and_ends(start: Start) -> None:
    run = start(
        """
        import os
        os.environ["SPARK_VERSION"] = "3.5"
        from pyspark.sql import SparkSession
        spark = SparkSession.builder.getOrCreate()
        from pydeequ.checks import Check, CheckLevel
        from pydeequ.verification import VerificationResult, VerificationSuite
        frame = spark.createDataFrame([(1, "a"), (2, None)], "id int, name string")
        check = Check(spark, CheckLevel.Error, "orders").hasSize(lambda size: size == 2).isComplete("name")
        result = VerificationSuite(spark).onData(frame).addCheck(check).run()
        print([row["constraint_status"] for row in VerificationResult.checkResultsAsDataFrame(spark, result).collect()])
        """
    ).wait(150)

    assert run.result == Result("SUCCEEDED"), run.error
    assert run.output.splitlines()[-1] == "['Success', 'Failure']"
    assert "pydeequ calls back into the script" in run.error
