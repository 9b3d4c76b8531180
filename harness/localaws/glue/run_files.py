"""The files and job arguments that Glue itself acts on before a script starts ("AWS Glue job parameters").

`--extra-py-files`, `--extra-jars`, `--conf` and `--additional-python-modules` are honoured; what this runtime cannot do is refused.
"""

from __future__ import annotations

import importlib.metadata
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from localaws.exceptions import LocalAwsError
from localaws.home import Home

__all__ = ["STATIC_SETTINGS", "JobOptions", "RunFileError", "local_file", "read_job_options"]

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
_LAKE_FORMATS = ("iceberg",)


class RunFileError(LocalAwsError):
    """A run cannot be launched: a file is missing or an argument asks for what is not there."""


@dataclass(frozen=True)
class JobOptions:
    """What the special arguments ask for."""

    python_files: list[Path] = field(default_factory=list)
    jars: list[Path] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def needs_own_jvm(self) -> list[str]:
        """Why the warm driver will not do; empty when it will."""
        reasons = [f"--extra-jars {jar.name}" for jar in self.jars]
        return reasons + [f"--conf {name} belongs to the JVM" for name in self.settings if _is_static(name)]


def local_file(home: Home, location: str) -> Path:
    """The file of an s3:// location (or of a path of this machine, for development)."""
    url = urlsplit(location)
    path = home.s3 / url.netloc / url.path.lstrip("/") if url.scheme in ("s3", "s3a") else Path(location).absolute()
    if not path.is_file():
        raise RunFileError(f"File not found: {location}. Upload it, or mend the location in the job.")
    return path


def read_job_options(home: Home, arguments: Sequence[str]) -> JobOptions:
    """What the arguments of a run ask of the runtime. Raises RunFileError naming what cannot be done."""
    values = {name: value for name, value in itertools.pairwise(arguments) if name.startswith("--")}
    for module in _listed(values.get("--additional-python-modules")):
        _require_installed(module)
    for lake in _listed(values.get("--datalake-formats")):
        if lake not in _LAKE_FORMATS:
            raise RunFileError(f"--datalake-formats {lake} is not supported by this runtime yet. Supported: {', '.join(_LAKE_FORMATS)}.")
    return JobOptions(
        python_files=[local_file(home, item) for item in _listed(values.get("--extra-py-files"))],
        jars=[local_file(home, item) for item in _listed(values.get("--extra-jars"))],
        settings=_settings(values.get("--conf", "")),
    )


def _listed(text: str | None) -> list[str]:
    return [item.strip() for item in (text or "").split(",") if item.strip()]


def _settings(text: str) -> dict[str, str]:
    """`a=1 --conf b=2`, as one argument can carry several settings on Glue."""
    settings: dict[str, str] = {}
    for part in re.split(r"\s+--conf\s+", text.strip()):
        if part:
            name, equals, value = part.partition("=")
            if not equals:
                raise RunFileError(f"--conf {part!r} is no name=value.")
            settings[name.strip()] = value.strip()
    return settings


def _is_static(name: str) -> bool:
    return not name.startswith("spark.sql.") or name.startswith(STATIC_SETTINGS)


def _require_installed(module: str) -> None:
    name, _, version = module.partition("==")
    try:
        installed = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        installed = ""
    if not installed or (version and version != installed):
        has = f"{installed} is" if installed else "it is not"
        raise RunFileError(f"--additional-python-modules {module}: {has} installed here. Add it to requirements/ and run `make install`.")
