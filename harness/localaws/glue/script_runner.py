"""Runs one script as Glue would, in this process: `python -m localaws.glue.script_runner … SCRIPT ARGUMENTS`.

The script attaches to the warm driver. It gets a JVM of its own ("cold"), and the error log says why, when it needs settings that
only a new JVM takes or when the driver is down. How it ended is written to `<run folder>/result.json`.
"""

from __future__ import annotations

import argparse
import json
import os
import runpy
import sys
import traceback
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from localaws.engines.spark import Gateway, SparkEngine
from localaws.exceptions import EngineNotRunningError
from localaws.glue.class_names import remember_class_names
from localaws.glue.debugger import wait_for_debugger
from localaws.glue.python_modules import PIP_SETTINGS
from localaws.glue.query_plans import QueryPlans
from localaws.glue.run_files import JobOptions, RunFileError, local_file, read_job_options
from localaws.home import Home

if TYPE_CHECKING:
    from localaws.glue.run_metrics import RunMetrics

__all__ = ["Result", "connect", "main"]

_DRAFT = ".result.json"
_RESERVED = 32 * 1024


@dataclass(frozen=True)
class Result:
    """How a script ended."""

    state: str
    error_message: str | None = None

    @classmethod
    def read(cls, run_folder: Path) -> Result | None:
        """The result of a run, None while (or when) there is none."""
        try:
            return cls(**json.loads((run_folder / "result.json").read_text("utf-8")))
        except FileNotFoundError:
            return None

    @staticmethod
    def reserve(run_folder: Path) -> None:
        """Take the space of the result while there is some: a run that fills the disk can then still say so."""
        with suppress(OSError):
            (run_folder / _DRAFT).write_bytes(b" " * _RESERVED)

    def write(self, run_folder: Path) -> None:
        draft = run_folder / _DRAFT
        with draft.open("r+b" if draft.exists() else "wb") as file:
            file.write(json.dumps({"state": self.state, "error_message": self.error_message}).encode())
            file.truncate()
        draft.replace(run_folder / "result.json")


def main(argv: list[str]) -> int:
    """Exit code 0 when the script succeeded, 1 when it failed."""
    parser = argparse.ArgumentParser(prog="localaws.glue.script_runner")
    parser.add_argument("--run-folder", type=Path, required=True)
    parser.add_argument("--run-id", required=True)
    parser.add_argument("--cold", action="store_true")
    parser.add_argument("--plan", action="store_true")
    parser.add_argument("--debug-port", type=int)
    parser.add_argument("script")
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    options = parser.parse_args(argv)
    workspace = options.run_folder.absolute() / "workspace"
    workspace.mkdir(parents=True, exist_ok=True)
    Result.reserve(options.run_folder)
    result = _run(options, workspace)
    with suppress(OSError):  # the disk may be full of what the script wrote: its result is told all the same
        sys.stdout.flush()
        sys.stderr.flush()
    result.write(options.run_folder)
    _end_callbacks()
    return 0 if result.state == "SUCCEEDED" else 1


def _run(options: argparse.Namespace, workspace: Path) -> Result:
    """Prepares what the arguments ask for, then runs the script in a working folder of its own."""
    try:
        home = Home.resolve()
        file = local_file(home, options.script)
        job = read_job_options(home, options.arguments, workspace)
        os.environ.pop(PIP_SETTINGS, None)  # pip has run; the settings may hold credentials of an index
        sys.path.insert(0, str(file.parent))
        connect(home, options.run_id, [*(["asked for"] if options.cold else []), *_calls_back(file)], job)
    except RunFileError as error:
        print(f"LAUNCH ERROR | {error}", file=sys.stderr)
        return Result("FAILED", f"LAUNCH ERROR | {error}")
    sys.argv = [str(file), *options.arguments]
    os.chdir(workspace)
    plans = QueryPlans(options.run_id, file)
    if options.plan:
        plans.watch()
    metrics = _metrics(options, job)
    if options.debug_port is not None:
        wait_for_debugger(options.debug_port)
    result = _outcome(file)
    if options.plan:
        plans.show(workspace.parent / "plans.txt")
    if metrics is not None:
        metrics.end()
    return result


def _metrics(options: argparse.Namespace, job: JobOptions) -> RunMetrics | None:
    """Watched from now on, when the run asks for them."""
    if not job.metrics:
        return None
    from localaws.bootstrap import client
    from localaws.glue.run_metrics import RunMetrics
    from localaws.glue.special_arguments import special_values

    name = special_values(options.arguments).get("--JOB_NAME", "")
    given = dict(os.environ)  # with the run's role, which a script may change for itself
    cloudwatch = lambda: client("cloudwatch", given["AWS_ENDPOINT_URL"], credentials=given)  # noqa: E731
    metrics = RunMetrics(name, options.run_id, options.run_folder.absolute(), cloudwatch)
    metrics.watch()
    return metrics


def _calls_back(file: Path) -> list[str]:
    """Streams and the checks of pydeequ call the script's functions from the JVM, whose callback server is one for all runs: such a
    script gets its own JVM."""
    text = file.read_text("utf-8", "replace")
    names = ("forEachBatch", "foreachBatch", "getSampleStreamingDynamicFrame", "pydeequ")
    return [f"{name} calls back into the script" for name in names if name in text]


def connect(home: Home, run_id: str, reasons: list[str], job: JobOptions) -> None:
    """Makes this process one that runs a script: its modules, its environment, and a driver, of its own when there are reasons for it."""
    remember_class_names()
    files = [str(file) for file in job.python_files]
    sys.path[:0] = files
    python_path = os.pathsep.join([*files, os.environ.get("PYTHONPATH", "")])
    os.environ.update({**job.variables, "PYTHONPATH": python_path, "ETL_SPARK_CATALOG": job.catalog})
    engine = SparkEngine(home)
    usual = engine.settings_of(os.environ["AWS_ENDPOINT_URL"])
    reasons = [*reasons, *job.needs_own_jvm(usual)]
    _give_the_catalog()
    gateway: Gateway | None = None
    if not reasons:
        try:
            gateway = engine.gateway
        except EngineNotRunningError:
            reasons = ["the warm driver is not running (`./etl up` starts it)"]
    if gateway is None:
        print(f"A JVM of its own is started: {'; '.join(reasons)}.", file=sys.stderr)
        class_path = os.pathsep.join([*map(str, job.jars), usual["spark.driver.extraClassPath"]])
        given = {**job.settings, **({"spark.driver.extraClassPath": class_path} if job.jars else {})}
        os.environ["PYSPARK_SUBMIT_ARGS"] = " ".join([*(f"--conf {_quoted(f'{k}={v}')}" for k, v in given.items()), "pyspark-shell"])
        _keep_the_jvm_off_standard_output()
        return
    from localaws.glue.sessions import attach  # PySpark is imported by those who need it: a run that fails before is quick

    attach(gateway, run_id, {**usual, **job.settings}, python_path)


def _end_callbacks() -> None:
    """A callback server that the script has started (pydeequ's checks do) would keep this process from ending."""
    if "pyspark" in sys.modules:
        from py4j.java_gateway import quiet_shutdown
        from pyspark import SparkContext

        gateway = SparkContext._gateway
        if gateway is not None and gateway.get_callback_server() is not None:
            for connection in list(gateway.get_callback_server().connections):
                quiet_shutdown(connection.socket)  # or the thread that waits for its next call keeps it from being closed
            gateway.shutdown_callback_server()


def _give_the_catalog() -> None:
    """Spark SQL finds the Data Catalog's tables. `enableHiveSupport()`, which means that on Glue, would start a metastore of Hive's own."""
    from pyspark.sql import SparkSession

    from awsglue._session_catalog import use_glue_catalog

    use_glue_catalog()
    SparkSession.Builder.enableHiveSupport = lambda self: self  # type: ignore[method-assign]


def _keep_the_jvm_off_standard_output() -> None:
    """What a new JVM says about itself goes to the error log: the output is the script's."""
    import pyspark.context

    original = pyspark.context.launch_gateway

    def launch(conf: Any = None, popen_kwargs: dict[str, Any] | None = None) -> Any:
        return original(conf, {"stdout": sys.stderr, **(popen_kwargs or {})})

    pyspark.context.launch_gateway = launch


def _quoted(text: str) -> str:
    """For shlex, by which PySpark splits its submit arguments."""
    return "'" + text.replace("'", "'\"'\"'") + "'"


def _outcome(file: Path) -> Result:
    try:
        runpy.run_path(str(file), run_name="__main__")
    except SystemExit as exit_:
        if exit_.code in (None, 0):
            return Result("SUCCEEDED")
        message = exit_.code if isinstance(exit_.code, str) else f"SystemExit: {exit_.code}"
        with suppress(OSError):
            print(message, file=sys.stderr)
        return Result("FAILED", message)
    except BaseException as error:  # noqa: BLE001 whatever ended the script is its result, KeyboardInterrupt too
        with suppress(OSError):  # the log may be on the disk that is full, which is what the result then says
            _print_traceback(error, file)
        return Result("FAILED", _message(error))
    return Result("SUCCEEDED")


def _print_traceback(error: BaseException, file: Path) -> None:
    """From the script's first line on: the runner's own frames are of no use to its author."""
    frame = error.__traceback__
    while frame is not None and frame.tb_frame.f_code.co_filename != str(file):
        frame = frame.tb_next
    traceback.print_exception(type(error), error, frame, file=sys.stderr)


def _message(error: BaseException) -> str:
    """The traceback's last line; of an error of the JVM its own first line, without the Java stack."""
    java = getattr(error, "java_exception", None)
    if java is not None:
        return f"{type(error).__name__}: {str(java.toString()).splitlines()[0]}"
    lines = [line.strip() for line in "".join(traceback.format_exception_only(error)).splitlines() if line.strip()]
    is_syntax = isinstance(error, SyntaxError)
    message = lines[-1] if is_syntax else lines[0]
    return message[:4096]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
