"""A run with --enable-metrics has Glue's metrics in CloudWatch, and they are what Spark's tasks really did."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from localaws.engines.spark import SparkEngine
from localaws.glue.run_metrics import RunMetrics
from localaws.glue.script_runner import Result
from localaws.glue.spark_events import EventCounts
from localaws.home import Home
from waiting import wait_until

sys.path.insert(0, str(Path(__file__).parents[1] / "endpoint"))  # for endpoint_process: importlib mode puts no test folder on the path

from endpoint_process import EndpointProcess

Start = Callable[..., Any]

pytestmark = pytest.mark.timeout(300)

READS = """
import time
from pathlib import Path
from awsglue.context import GlueContext
from pyspark.context import SparkContext

spark = GlueContext(SparkContext.getOrCreate()).spark_session
print(spark.read.text(FILE).repartition(3).count(), flush=True)
"""
FAILS = """
def broken(row):
    raise ValueError("no such row")
try:
    spark.sparkContext.parallelize(range(2), 1).map(broken).collect()
except Exception as error:
    print("failed", flush=True)
"""


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EndpointProcess]:
    process = EndpointProcess(tmp_path_factory.mktemp("metrics") / "home").start()
    yield process
    process.stop()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "lines.txt"
    path.write_text("".join(f"line {number}\n" for number in range(1000)))
    return path


def sums(endpoint: EndpointProcess, job_run: str) -> dict[str, float]:
    """The sum of each metric of a run."""
    cloudwatch = endpoint.client("cloudwatch")
    found = [
        each
        for page in cloudwatch.get_paginator("list_metrics").paginate(Namespace="Glue")
        for each in page["Metrics"]
        if {"Name": "JobRunId", "Value": job_run} in each["Dimensions"]
    ]
    queries = [
        {"Id": f"m{number}", "MetricStat": {"Metric": each, "Period": 3600, "Stat": "Sum"}, "Label": each["MetricName"]}
        for number, each in enumerate(found)
    ]
    now = datetime.now(UTC)
    answer = cloudwatch.get_metric_data(MetricDataQueries=queries, StartTime=now - timedelta(hours=2), EndTime=now + timedelta(hours=1))
    return {each["Label"].removeprefix("glue.driver."): sum(each["Values"]) for each in answer["MetricDataResults"]}


def test_nobody_puts_figures_while_they_are_being_put(tmp_path: Path) -> None:
    others: list[bool] = []

    class CloudWatch:
        def put_metric_data(self, **_given: Any) -> None:
            other = threading.Thread(target=lambda: others.append(metrics._lock.acquire(blocking=False)))
            other.start()
            other.join()

    metrics = RunMetrics("job", "jr_1", tmp_path, CloudWatch)
    metrics._publish()
    assert others == [False]


@pytest.mark.parametrize("cold", [False, True], ids=["on the warm driver", "in a JVM of its own"])
def test_the_metrics_of_a_run_are_what_its_tasks_did(start: Start, endpoint: EndpointProcess, file: Path, cold: bool) -> None:
    script = READS.replace("FILE", repr(str(file)))
    other = start(script)  # at the same time on the same driver, and not the run's
    run = start(script + FAILS, {"--enable-metrics": "true"}, cold=cold, endpoint_url=endpoint.url).wait()
    assert other.wait().result == Result("SUCCEEDED"), other.error
    assert run.result == Result("SUCCEEDED"), run.error
    assert run.output.splitlines() == ["1000", "failed"]

    found = sums(endpoint, run.run_id)
    counted = {name: value for name, value in found.items() if name.startswith("aggregate.")}
    assert counted["aggregate.recordsRead"] == 1000
    assert counted["aggregate.bytesRead"] == file.stat().st_size
    assert counted["aggregate.numFailedTasks"] == 1
    assert counted["aggregate.numKilledTasks"] == 0
    assert counted["aggregate.numCompletedStages"] == 3  # read, repartition, and the sum of the counts
    assert counted["aggregate.numCompletedTasks"] == 5
    assert counted["aggregate.shuffleBytesWritten"] == counted["aggregate.shuffleLocalBytesRead"] > 0
    assert counted["aggregate.elapsedTime"] > 0
    assert 0 < found["jvm.heap.usage"] < 1
    assert found["jvm.heap.used"] > 1_000_000
    assert sums(endpoint, "ALL").keys() == found.keys()
    assert "could not be published" not in run.error
    assert not list(run.folder.glob("events-*"))
    assert not sums(endpoint, other.run_id)


def test_the_listener_of_a_run_that_was_killed_is_taken_away(
    start: Start, driver: SparkEngine, home: Home, endpoint: EndpointProcess, file: Path
) -> None:
    script = READS.replace("FILE", repr(str(file)))
    killed = start(script + "time.sleep(600)\n", {"--enable-metrics": ""}, endpoint_url=endpoint.url)
    wait_until(lambda: "1000" in killed.output)
    (events,) = killed.folder.glob("events-*/*.inprogress")
    killed.process.send_signal(signal.SIGKILL)
    killed.process.wait()

    driver.sweep()

    wait_until(lambda: not events.exists())
    (left,) = (path for path in events.parent.iterdir() if path.name[0] != ".")
    size = left.stat().st_size
    assert start(script).wait().result == Result("SUCCEEDED")
    assert left.stat().st_size == size


def test_metrics_that_cannot_be_put_are_told_and_the_run_goes_on(start: Start, file: Path) -> None:
    run = start(READS.replace("FILE", repr(str(file))), {"--enable-metrics": "true"}).wait()

    assert run.result == Result("SUCCEEDED")
    assert "The run's metrics could not be published: EndpointConnectionError" in run.error


def test_a_line_that_is_not_whole_is_counted_when_it_is(tmp_path: Path) -> None:
    events, counts = tmp_path / "events", EventCounts(tmp_path / "events", "mine")
    job = '{"Event":"SparkListenerJobStart","Stage IDs":[%d],"Properties":{"spark.job.tags":"%s"}}\n'
    metrics = '"Task Metrics":{"Input Metrics":{"Records Read":3}}'
    end = '{"Event":"SparkListenerTaskEnd","Stage ID":%d,"Task End Reason":{"Reason":"%s"},' + metrics + "}\n"
    text = job % (1, "other,mine") + job % (2, "others") + end % (1, "Success") + end % (2, "Success") + end % (1, "TaskKilled")
    events.write_text(text[:-10])
    assert counts.read() == {"numCompletedTasks": 1, "recordsRead": 3, "bytesRead": 0, "shuffleLocalBytesRead": 0, "shuffleBytesWritten": 0}
    events.write_text(text + end % (1, "ExceptionFailure"))
    assert {name: value for name, value in counts.read().items() if value} == {
        "numCompletedTasks": 1, "numKilledTasks": 1, "numFailedTasks": 1, "recordsRead": 9,
    }  # fmt: skip
