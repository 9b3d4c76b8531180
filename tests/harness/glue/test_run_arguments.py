"""The arguments that Glue itself acts on: modules, files, jars, settings, environment, logs. docs/job-runs.md has the table."""

from __future__ import annotations

import importlib.metadata
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from documents.special_arguments import special_arguments
from localaws.engines.endpoint import EndpointEngine
from localaws.glue.python_modules import PIP_SETTINGS, provide
from localaws.glue.script_runner import Result
from localaws.glue.special_arguments import EFFECTS, SPECIAL, special_values, variables_of
from localaws.home import CHECKOUT, Home

Start = Callable[..., Any]

pytestmark = pytest.mark.timeout(300)

SPARK = """
import json, os, sys
from awsglue.context import GlueContext
from pyspark.sql import functions as F
spark = GlueContext().spark_session
"""
USES = (
    SPARK
    + """
import greeting
@F.udf("string")
def in_worker(_):
    import greeting, voice
    return f"{greeting.text} {voice.__file__ != ''}"
print(greeting.text, spark.range(1).select(in_worker("id")).first()[0])
print("click" in "".join(os.listdir(os.path.dirname(greeting.__file__))))
"""
)


def make_wheel(folder: Path, name: str, version: str, source: str, requires: str = "") -> Path:
    """A wheel of one module."""
    folder.mkdir(parents=True, exist_ok=True)
    file, info = folder / f"{name}-{version}-py3-none-any.whl", f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{requires}"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(f"{name}.py", source)
        archive.writestr(f"{info}/METADATA", metadata)
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
    return file


@pytest.fixture(scope="module")
def wheels(home: Home) -> Path:
    """A bucket with two versions of `greeting`, which needs `voice` and click, which is installed here."""
    folder = home.s3 / "wheels"
    make_wheel(folder, "voice", "3.0", "loud = True\n")
    for version in ("1.0", "2.0"):
        make_wheel(folder, "greeting", version, f"text = 'hello {version}'\n", "Requires-Dist: voice\nRequires-Dist: click\n")
    return folder


def offline(wheels: Path, modules: str) -> dict[str, str]:
    return {"--additional-python-modules": modules, "--python-modules-installer-option": f"--no-index --find-links '{wheels}'"}


def test_modules_are_installed_for_the_run_that_asks_and_for_no_other(start: Start, wheels: Path) -> None:
    runs = [
        start(USES, offline(wheels, "greeting==1.0")),
        start(USES, offline(wheels, "s3://wheels/greeting-2.0-py3-none-any.whl")),
        start("import greeting"),
    ]

    first, second, without = (run.wait() for run in runs)
    assert (first.result, first.output) == (Result("SUCCEEDED"), "hello 1.0 hello 1.0 True\nFalse\n"), first.error
    assert (second.result, second.output) == (Result("SUCCEEDED"), "hello 2.0 hello 2.0 True\nFalse\n"), second.error
    assert without.result == Result("FAILED", "ModuleNotFoundError: No module named 'greeting'")


def test_modules_that_were_installed_before_are_taken_at_once_and_what_is_here_is_not_installed(
    start: Start, wheels: Path, home: Home
) -> None:
    installed = importlib.metadata.version("click")
    source = f"import click, greeting\nprint(click.__file__.startswith({str(home.cache)!r}), greeting.text)"
    arguments = offline(wheels, f"greeting==1.0,click=={installed}")
    first = start(source, arguments).wait()
    folders = {entry: entry.stat().st_mtime_ns for entry in (home.cache / "python-modules").iterdir() if entry.is_dir()}

    again = start(source, arguments).wait()

    assert (first.output, again.output) == ("False hello 1.0\n", "False hello 1.0\n"), first.error
    assert {entry: entry.stat().st_mtime_ns for entry in (home.cache / "python-modules").iterdir() if entry.is_dir()} == folders


def test_pip_has_the_settings_of_who_started_the_endpoint_or_the_run_and_the_script_has_not(
    start: Start, wheels: Path, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", wheels.as_uri())
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")

    run = start(
        "import os, greeting\nprint(greeting.text, [n for n in os.environ if n.startswith(('PIP_', 'HTTPS', 'ETL_PIP'))])",
        {"--additional-python-modules": "greeting<2"},
    ).wait()

    assert (run.result, run.output) == (Result("SUCCEEDED"), "hello 1.0 []\n"), run.error
    passed_on = json.loads(EndpointEngine(home).command({"main": 1}).env[PIP_SETTINGS])
    assert passed_on["PIP_FIND_LINKS"] == wheels.as_uri()


def test_what_one_index_gave_is_not_taken_for_what_another_has(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for version in ("1.0", "2.0"):
        index = make_wheel(tmp_path / version, "fickle", version, f"version = {version!r}\n").parent
        monkeypatch.setenv(PIP_SETTINGS, json.dumps({"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": index.as_uri()}))
        found.append((provide(home, ["fickle"]) / "fickle.py").read_text())

    assert found == ["version = '1.0'\n", "version = '2.0'\n"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param({"--extra-py-files": "s3://scripts/no.whl"}, "File not found: s3://scripts/no.whl", id="a_missing_wheel"),
        pytest.param(
            {"--additional-python-modules": "nosuch==1", "--python-modules-installer-option": "--no-index"},
            "--additional-python-modules nosuch==1 could not be installed. pip says: .*No matching distribution found for nosuch==1",
            id="a_missing_module",
        ),
        pytest.param({"--datalake-formats": "hudi"}, r"without its jar .org.apache.hudi:hudi-spark3.5-bundle", id="a_lake_without_jar"),
        pytest.param(
            {"--additional-python-modules": "six", "--python-modules-installer-option": "--index-url 'half"},
            "--python-modules-installer-option \"--index-url 'half\" cannot be read: No closing quotation",
            id="a_quote_that_is_not_closed",
        ),
        pytest.param({"--datalake-formats": "lance"}, "--datalake-formats lance is not supported. Possible: iceberg", id="a_lake_format"),
        pytest.param({"--conf": "spark.x"}, "'spark.x' is no name=value", id="a_setting_without_value"),
        pytest.param({"--job-language": "scala"}, "--job-language scala is not supported", id="another_language"),
        pytest.param({"--extra-files": "s3://scripts/no.yaml"}, "File not found: s3://scripts/no.yaml", id="a_missing_file"),
        pytest.param({"--extra-py-files": "s3://wheels/notes.txt"}, "notes.txt is none of .py, .zip", id="a_text_as_module"),
        pytest.param(
            {"--enable-spark-ui": "true", "--spark-event-logs-path": "s3://nosuch/logs/"}, "s3://nosuch/logs/ is in no", id="no_bucket"
        ),
        pytest.param(
            {"--enable-lakeformation-fine-grained-access": "true"}, "fine-grained-access is not supported by this runtime", id="permissions"
        ),
    ],
)
def test_an_argument_that_cannot_be_honoured_fails_the_launch_by_name(
    start: Start, wheels: Path, arguments: dict[str, str], message: str
) -> None:
    (wheels / "notes.txt").write_text("no module")

    run = start("print('ran')", arguments).wait()

    assert run.result is not None
    assert run.result.state == "FAILED"
    assert re.search(f"^LAUNCH ERROR . .*{message}", run.result.error_message, re.DOTALL)
    assert run.output == ""


def test_files_modules_and_environment_reach_the_script_and_its_workers(start: Start, home: Home) -> None:
    folder = home.s3 / "extras"
    folder.mkdir(exist_ok=True)
    (folder / "settings.json").write_text('{"rate": 7}')
    (folder / "single.py").write_text("answer = 42\n")
    with zipfile.ZipFile(folder / "several.zip", "w") as archive:
        archive.writestr("several/__init__.py", "from several.inner import name\n")
        archive.writestr("several/inner.py", "name = 'zipped'\n")
    arguments = {
        "--extra-files": "s3://extras/settings.json",
        "--extra-py-files": "s3://extras/single.py,s3://extras/several.zip",
        "--customer-driver-env-vars": 'CUSTOMER_STAGE=test,OTHER=x,CUSTOMER_LIST="a, b"',
        "--customer-executor-env-vars": "CUSTOMER_WORKER=w",
    }

    run = start(
        SPARK
        + """
import several, single
@F.udf("string")
def worker(_):
    import several, single
    return f"{single.answer} {several.name} {os.environ['CUSTOMER_WORKER']} {'CUSTOMER_STAGE' in os.environ}"
print(json.load(open("settings.json")), spark.range(1).select(worker("id")).first()[0])
print({name: value for name, value in os.environ.items() if name.startswith(("CUSTOMER_", "OTHER"))})
print(os.path.basename(os.getcwd()), os.listdir("."), spark.read.text("s3a://extras/settings.json").count())
""",
        arguments,
    ).wait()

    assert run.result == Result("SUCCEEDED"), run.error
    assert "JVM" not in run.error
    assert run.output.splitlines() == [
        "{'rate': 7} 42 zipped w False",
        "{'CUSTOMER_STAGE': 'test', 'CUSTOMER_LIST': 'a, b'}",
        "workspace ['settings.json'] 1",
    ]


def test_jars_static_settings_and_the_event_log_give_the_run_a_jvm_of_its_own(start: Start, home: Home) -> None:
    folder = home.s3 / "extras"
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / "words.jar", "w") as jar:
        jar.writestr("words/hello.txt", "hello from a jar")
    arguments = {
        "--extra-jars": "s3://extras/words.jar",
        "--conf": "spark.serializer=org.apache.spark.serializer.KryoSerializer --conf spark.sql.shuffle.partitions=3",
        "--enable-spark-ui": "true",
        "--spark-event-logs-path": "s3://extras/event-logs/",
        "--customer-executor-env-vars": "CUSTOMER_WORKER=w",
    }

    run = start(
        SPARK
        + """
stream = spark._jvm.java.lang.Thread.currentThread().getContextClassLoader().getResourceAsStream("words/hello.txt")
print(bytes(stream.readAllBytes()).decode())
print(spark.sparkContext.getConf().get("spark.serializer"), spark.conf.get("spark.sql.shuffle.partitions"))
print(spark.range(1).select(F.udf(lambda _: os.environ["CUSTOMER_WORKER"])("id")).first()[0])
""",
        arguments,
    ).wait()

    assert run.result == Result("SUCCEEDED"), run.error
    assert run.output.splitlines() == ["hello from a jar", "org.apache.spark.serializer.KryoSerializer 3", "w"]
    assert "started: words.jar is on the class path of this run only; --conf spark.serializer belongs to the JVM" in run.error
    (log,) = (folder / "event-logs").glob("*")
    events = [json.loads(line)["Event"] for line in log.read_text().splitlines()]
    assert {"SparkListenerApplicationStart", "SparkListenerJobEnd"} <= set(events)


def test_a_static_setting_that_the_driver_has_already_stays_warm(start: Start) -> None:
    extensions = "spark.sql.extensions=org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions"

    run = start(SPARK + "print(spark.range(2).count())", {"--conf": f"{extensions} --conf spark.sql.shuffle.partitions=3"}).wait()

    assert run.output == "2\n", run.error
    assert "JVM" not in run.error


def test_the_words_of_a_script_are_read_as_glue_reads_them() -> None:
    words = ["--a", "1", "--flag", "--conf", "--conf x=1", "--b=2=3", "--a", "4", "loose"]

    assert special_values(words) == {"--a": "4", "--flag": "", "--conf": "--conf x=1", "--b": "2=3"}
    assert variables_of('CUSTOMER_A=1, CUSTOMER_B="2,3",C=4') == {"CUSTOMER_A": "1", "CUSTOMER_B": "2,3"}


def test_every_argument_that_glue_knows_has_an_effect_and_a_row() -> None:
    page = (CHECKOUT / "docs" / "job-runs.md").read_text("utf-8")

    assert len(SPECIAL) > 30
    assert {special.effect for special in SPECIAL.values()} == set(EFFECTS)
    assert special_arguments() in page
