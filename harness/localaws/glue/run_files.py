"""What the special arguments of a run ask for, made ready before its script starts: files, modules, jars, settings, environment."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from localaws.exceptions import LocalAwsError
from localaws.glue.python_modules import PythonModulesError, provide
from localaws.glue.special_arguments import REFUSED, SPECIAL, listed, settings_of, special_values, variables_of
from localaws.home import Home

__all__ = ["OF_WORKERS", "STATIC_SETTINGS", "JobOptions", "RunFileError", "local_file", "read_job_options"]

# Settings of Spark SQL that belong to the JVM and not to a session (Spark's StaticSQLConf).
STATIC_SETTINGS = (
    "spark.sql.extensions",
    "spark.sql.warehouse.dir",
    "spark.sql.catalogImplementation",
    "spark.sql.globalTempDatabase",
    "spark.sql.hive.metastore",
    "spark.sql.streaming.ui",
    "spark.sql.ui",
    "spark.sql.queryExecutionListeners",
    "spark.sql.streaming.streamingQueryListeners",
    "spark.sql.cache.serializer",
    "spark.sql.codegen.cache.maxEntries",
    "spark.sql.broadcastExchange.maxThreadThreshold",
    "spark.sql.subquery.maxThreadThreshold",
)
OF_WORKERS = "spark.executorEnv."
"""Settings that are the environment of a run's Python workers."""
# Iceberg's jar is on the class path of every driver; those of the others, in a folder of the format's name, on that of runs that ask.
_LAKES = {
    "iceberg": ("iceberg-spark-runtime*.jar", "org.apache.iceberg:iceberg-spark-runtime-3.5_2.12"),
    "delta": ("delta/*.jar", "io.delta:delta-spark_2.12"),
    "hudi": ("hudi/*.jar", "org.apache.hudi:hudi-spark3.5-bundle_2.12"),
}
_DELTA = {"spark.databricks.delta.snapshotPartitions": "2"}
"""A table's log is read by as many tasks as a small machine has cores, not by Delta's 50, which is made for clusters."""
_PYTHON_FILES = (".py", ".zip", ".egg", ".whl")
_DISTRIBUTIONS = (".whl", ".tar.gz", ".zip", ".txt")


class RunFileError(LocalAwsError):
    """A run cannot be launched: a file is missing or an argument asks for what is not there."""


@dataclass(frozen=True)
class JobOptions:
    """What the special arguments ask for. python_files is what the script imports from before anything else."""

    python_files: list[Path] = field(default_factory=list)
    jars: list[Path] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    catalog: str = ""
    """Spark SQL's: `glue`, `own`, or nothing was said."""
    metrics: bool = False
    """Are the run's metrics put into CloudWatch?"""

    def needs_own_jvm(self, present: Mapping[str, str]) -> list[str]:
        """Why a driver with the settings `present` will not do; empty when it will."""
        reasons = [f"{jar.name} is on the class path of this run only" for jar in self.jars]
        missing = [name for name, value in self.settings.items() if _is_static(name) and not _holds(present.get(name, ""), value)]
        return reasons + [f"--conf {name} belongs to the JVM" for name in missing]


def local_file(home: Home, location: str) -> Path:
    """The file of an s3:// location (or of a path of this machine, for development)."""
    url = urlsplit(location)
    path = home.s3 / url.netloc / url.path.lstrip("/") if url.scheme in ("s3", "s3a") else Path(location).absolute()
    if not path.is_file():
        raise RunFileError(f"File not found: {location}. Upload it, or mend the location in the job.")
    return path


def read_job_options(home: Home, arguments: Sequence[str], workspace: Path) -> JobOptions:
    """What the arguments of a run ask of the runtime; its extra files are in `workspace` then.

    Raises RunFileError naming what cannot be done.
    """
    values = special_values(arguments)
    _refuse(values)
    lakes = [jar for lake in listed(values.get("--datalake-formats")) for jar in _lake_jars(home, lake)]
    for item in listed(values.get("--extra-files")):
        source = local_file(home, item)
        shutil.copy(source, workspace / source.name)
    workers = variables_of(values.get("--customer-executor-env-vars", ""))
    return JobOptions(
        python_files=[
            *(_python_file(home, item, workspace) for item in listed(values.get("--extra-py-files"))), *_modules(home, values), *lakes,
        ],
        jars=[*(local_file(home, item) for item in listed(values.get("--extra-jars"))), *lakes],
        settings={
            **(_DELTA if "delta" in listed(values.get("--datalake-formats")) else {}), **_settings(values), **_event_log(home, values),
            **{f"{OF_WORKERS}{name}": value for name, value in workers.items()},
        },
        variables=variables_of(values.get("--customer-driver-env-vars", "")),
        catalog=_catalog(values),
        metrics=_is_on(values, "--enable-metrics"),
    )


def _refuse(values: Mapping[str, str]) -> None:
    for name in values:
        if name in SPECIAL and SPECIAL[name].effect == REFUSED:
            raise RunFileError(f"{name} is not supported by this runtime: {SPECIAL[name].about}.")
    if values.get("--job-language", "python") != "python":
        raise RunFileError(f"--job-language {values['--job-language']} is not supported by this runtime: it runs Python scripts.")


def _is_on(values: Mapping[str, str], name: str) -> bool:
    """Of a flag: its name alone is enough."""
    return name in values and values[name].lower() != "false"


def _catalog(values: Mapping[str, str]) -> str:
    if "--enable-glue-datacatalog" not in values:
        return ""
    return "glue" if _is_on(values, "--enable-glue-datacatalog") else "own"


def _lake_jars(home: Home, lake: str) -> list[Path]:
    """What a run with the format has on its class path beyond the usual. The Python of a format (`delta.tables`) lies in its jar."""
    if lake not in _LAKES:
        raise RunFileError(f"--datalake-formats {lake} is not supported. Possible: {', '.join(_LAKES)}.")
    pattern, coordinate = _LAKES[lake]
    found = sorted(home.jars.glob(pattern))
    if not found:
        raise RunFileError(
            f"--datalake-formats {lake} is not supported without its jar ({coordinate}). Put it into"
            f" {home.jars / pattern.partition('/')[0]}, or give it with --extra-jars and leave this argument out."
        )
    return found if "/" in pattern else []


def _python_file(home: Home, item: str, workspace: Path) -> Path:
    """What is put on the path: an archive itself, the folder of a copy of a module."""
    file = local_file(home, item)
    if file.suffix not in _PYTHON_FILES:
        raise RunFileError(f"--extra-py-files {item} is none of {', '.join(_PYTHON_FILES)}.")
    if file.suffix != ".py":
        return file
    folder = workspace.parent / "py-files"
    folder.mkdir(exist_ok=True)
    shutil.copy(file, folder / file.name)
    return folder


def _modules(home: Home, values: Mapping[str, str]) -> list[Path]:
    modules = listed(values.get("--additional-python-modules"))
    if not modules:
        return []
    words, options = [_module(home, module) for module in modules], values.get("--python-modules-installer-option", "")
    try:
        shlex.split(options)
    except ValueError as error:
        raise RunFileError(f"--python-modules-installer-option {options!r} cannot be read: {error}.") from error
    try:
        return [provide(home, words, options)]
    except PythonModulesError as error:
        raise RunFileError(str(error)) from error


def _module(home: Home, module: str) -> str:
    """What pip takes: a requirement or an address as it is, a file of S3 or of this machine by its path."""
    is_file = module.startswith(("s3://", "s3a://")) or ("://" not in module and (os.sep in module or module.endswith(_DISTRIBUTIONS)))
    return str(local_file(home, module)) if is_file else module


def _settings(values: Mapping[str, str]) -> dict[str, str]:
    try:
        return settings_of(values.get("--conf", ""))
    except ValueError as error:
        raise RunFileError(str(error)) from error


def _event_log(home: Home, values: Mapping[str, str]) -> dict[str, str]:
    """Spark's event log, as --enable-spark-ui asks for it. The folder is made: Spark does not."""
    path = values.get("--spark-event-logs-path", "")
    if not path or not _is_on(values, "--enable-spark-ui"):
        return {}
    url = urlsplit(path)
    if url.scheme not in ("s3", "s3a") or not (home.s3 / url.netloc).is_dir():
        raise RunFileError(f"--spark-event-logs-path {path} is in no bucket that there is. Create the bucket, or mend the path.")
    (home.s3 / url.netloc / url.path.lstrip("/")).mkdir(parents=True, exist_ok=True)
    return {"spark.eventLog.enabled": "true", "spark.eventLog.dir": f"s3://{url.netloc}{url.path}"}


def _is_static(name: str) -> bool:
    return not name.startswith(("spark.sql.", OF_WORKERS)) or name.startswith(STATIC_SETTINGS)


def _holds(present: str, wanted: str) -> bool:
    """Whether a driver has the setting: the value, or of a list all of its items."""
    return bool(wanted) and set(listed(wanted)) <= set(listed(present))
