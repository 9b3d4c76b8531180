"""The command of a run: spark-submit with what the run gives, on the one machine that there is.

Executors are threads of the driver here, so that memory is what is asked for the driver and all executors together, and no more than
this home allows (`ETL_SPARK_DRIVER_MEMORY`, 3 GB by default). What was asked for is in the run's totalResourceUtilization.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from localaws.emrserverless.exceptions import ValidationError
from localaws.engines.spark_conf import DRIVER_MEMORY
from localaws.engines.spark_home import spark_home

__all__ = ["Asked", "asked_of", "spark_submit"]

_UNITS = {"k": 1 / 2**20, "m": 1 / 2**10, "g": 1.0, "t": 2.0**10}
_NOT_TAKEN = ("spark.master", "spark.submit.deployMode", "spark.driver.extraClassPath")
"""Settings that EMR Serverless sets itself, or that the endpoint does."""
_FLAGS = {"--driver-memory": "spark.driver.memory", "--executor-memory": "spark.executor.memory", "--driver-cores": "spark.driver.cores",
          "--executor-cores": "spark.executor.cores", "--num-executors": "spark.executor.instances"}  # fmt: skip
_DEFAULTS = {"spark.driver.cores": "4", "spark.driver.memory": "14g", "spark.executor.cores": "4", "spark.executor.memory": "14g",
             "spark.executor.instances": "3"}  # fmt: skip
"""Of EMR Serverless ("Spark job properties", User Guide)."""


@dataclass(frozen=True)
class Asked:
    """What a run asks for: settings by name, other words for spark-submit, processors and gigabytes in all."""

    settings: dict[str, str]
    words: list[str]
    cores: float
    memory: float


def asked_of(job_driver: Mapping[str, Any], overrides: Mapping[str, Any]) -> Asked:
    """What a jobDriver and its configurationOverrides ask for.

    Raises:
        ValidationError: it is no Spark job, or asks for what would not be done.
    """
    given = job_driver.get("sparkSubmit")
    if not given or not given.get("entryPoint"):
        raise ValidationError("jobDriver needs sparkSubmit with an entryPoint; Hive does not run here.")
    settings = _configured(overrides)
    words: list[str] = []
    try:
        rest = shlex.split(given.get("sparkSubmitParameters") or "")
    except ValueError as error:
        raise ValidationError(f"sparkSubmitParameters cannot be read: {error}.") from error
    while rest:
        word = rest.pop(0)
        if not word.startswith("--"):
            raise ValidationError(f"sparkSubmitParameters: {word!r} is no parameter of spark-submit.")
        name, joined, value = word.partition("=")
        if not joined and not rest and name != "--verbose":
            raise ValidationError(f"sparkSubmitParameters: {word} has no value.")
        value = "" if name == "--verbose" else value if joined else rest.pop(0)
        if name == "--conf":
            setting, _, text = value.partition("=")
            settings[setting] = text
        elif name in _FLAGS:
            settings[_FLAGS[name]] = value
        elif name in ("--master", "--deploy-mode"):
            raise ValidationError(f"sparkSubmitParameters: {name} is the service's.")
        else:
            words += [name, *([value] if value else [])]
    if taken := [name for name in _NOT_TAKEN if name in settings]:
        raise ValidationError(f"The settings {', '.join(taken)} are the service's.")
    known = {**_DEFAULTS, **settings}
    executors = _number(known, "spark.executor.instances")
    cores = float(_number(known, "spark.driver.cores") + executors * _number(known, "spark.executor.cores"))
    memory = gigabytes(known["spark.driver.memory"]) + executors * gigabytes(known["spark.executor.memory"])
    return Asked(settings, words, cores, memory)


def spark_submit(job_driver: Mapping[str, Any], asked: Asked) -> list[str]:
    """The command."""
    given = job_driver["sparkSubmit"]
    allowed = gigabytes(os.environ.get(DRIVER_MEMORY) or "3g")
    settings = {**asked.settings, "spark.driver.memory": f"{int(min(asked.memory, allowed) * 1024)}m"}
    confs = [word for name, value in settings.items() for word in ("--conf", f"{name}={value}")]
    return [str(spark_home() / "bin" / "spark-submit"), *confs, *asked.words, given["entryPoint"], *given.get("entryPointArguments", [])]


def gigabytes(text: str) -> float:
    """Memory as Spark writes it, in gigabytes; without a unit it is in megabytes."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]?)b?", text.strip().lower())
    if found is None:
        raise ValidationError(f"{text!r} is no size of memory.")
    return float(found[1]) * _UNITS[found[2] or "m"]


def _number(settings: Mapping[str, str], name: str) -> int:
    text = str(settings[name]).strip()
    if not text.isascii() or not text.isdigit():
        raise ValidationError(f"{name} is {text!r}, which is no number.")
    return int(text)


def _configured(overrides: Mapping[str, Any]) -> dict[str, str]:
    settings: dict[str, str] = {}
    for each in overrides.get("applicationConfiguration") or []:
        if each.get("classification") != "spark-defaults" or each.get("configurations"):
            raise ValidationError(f"The classification {each.get('classification')!r} would not be honoured here; spark-defaults is.")
        settings |= each.get("properties") or {}
    return settings
