"""The job arguments that Glue itself acts on ("Using job parameters in AWS Glue jobs"), and what each does here.

All of them are passed on to the script as well, as on Glue. What is not in the table is the script's own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["EFFECTS", "REFUSED", "SPECIAL", "Special", "listed", "settings_of", "special_values", "variables_of"]

EFFECTS = HONOURED, WITHOUT_EFFECT, REFUSED = "honoured", "without effect", "refused"


@dataclass(frozen=True)
class Special:
    """What an argument does here: `honoured`, `without effect` or `refused`, and a sentence about it."""

    effect: str
    about: str


SPECIAL: Mapping[str, Special] = {
    "--additional-python-modules": Special(
        HONOURED, "installed by pip into a folder that this run alone imports from; what is there already in that version is not installed"
    ),
    "--python-modules-installer-option": Special(HONOURED, "options of that pip; with `-r` the modules are requirements files"),
    "--extra-py-files": Special(HONOURED, ".py, .zip, .egg and .whl files, imported by the script and by its Python workers"),
    "--extra-files": Special(HONOURED, "copied into the script's working folder"),
    "--extra-jars": Special(HONOURED, "on the class path of a JVM that the run has to itself"),
    "--user-jars-first": Special(HONOURED, "the extra jars come before Spark's own; they do so without it, too"),
    "--conf": Special(HONOURED, "`a=1 --conf b=2`; a setting that belongs to the JVM makes the run cold"),
    "--customer-driver-env-vars": Special(HONOURED, "environment of the script; names that do not begin with `CUSTOMER_` are left out"),
    "--customer-executor-env-vars": Special(HONOURED, "environment of its Python workers, likewise"),
    "--datalake-formats": Special(
        HONOURED, "`iceberg` is always there; `delta` makes the run cold; of `hudi` the jar has to be put into `.local/jars/hudi`"
    ),
    "--enable-glue-datacatalog": Special(
        HONOURED, "Spark SQL has the catalog's tables; with `false` its own; a run that says neither and names one gets it, and is told"
    ),
    "--enable-spark-ui": Special(HONOURED, "writes Spark's event log to `--spark-event-logs-path`, in a JVM that the run has to itself"),
    "--spark-event-logs-path": Special(HONOURED, "where that goes"),
    "--job-bookmark-option": Special(HONOURED, "`job-bookmark-enable`, `job-bookmark-pause`, `job-bookmark-disable`"),
    "--job-bookmark-from": Special(HONOURED, "with pause: what was read up to this run is left out"),
    "--job-bookmark-to": Special(HONOURED, "with pause: what was read after this run is left out"),
    "--TempDir": Special(HONOURED, "by default a folder of the run in the script's bucket"),
    "--scriptLocation": Special(HONOURED, "of StartJobRun: runs this script in place of the job's"),
    "--custom-logGroup-prefix": Special(HONOURED, "of StartJobRun: the log groups are this and `/output`, `/error`"),
    "--custom-logStream-prefix": Special(HONOURED, "of StartJobRun: the log stream is this and `-driver`"),
    "--job-language": Special(HONOURED, "`python`; `scala` is refused"),
    "--library-set": Special(WITHOUT_EFFECT, "of Python shell jobs: the modules of `.venv` are there"),
    "--class": Special(WITHOUT_EFFECT, "names a class of a Scala script"),
    "--enable-continuous-cloudwatch-log": Special(WITHOUT_EFFECT, "logs are sent while the run goes on, as in every job of Glue 5"),
    "--enable-continuous-log-filter": Special(WITHOUT_EFFECT, "there are no heartbeats to leave out"),
    "--continuous-log-logGroup": Special(WITHOUT_EFFECT, "was replaced by `--custom-logGroup-prefix` in Glue 5"),
    "--continuous-log-logStreamPrefix": Special(WITHOUT_EFFECT, "was replaced by `--custom-logStream-prefix` in Glue 5"),
    "--continuous-log-conversionPattern": Special(WITHOUT_EFFECT, "lines are sent as they are printed"),
    "--enable-metrics": Special(
        HONOURED, "`glue.driver.aggregate.*`, `glue.driver.jvm.heap.used` and `.usage` in CloudWatch, from the events of Spark's tasks"
    ),
    "--enable-observability-metrics": Special(WITHOUT_EFFECT, "no profile of the workers is published"),
    "--enable-job-insights": Special(WITHOUT_EFFECT, "the message of a failed run is the script's own error"),
    "--enable-auto-scaling": Special(WITHOUT_EFFECT, "there is one machine"),
    "--auto-scale-within-microbatch": Special(WITHOUT_EFFECT, "there is one machine"),
    "--executor-cores": Special(WITHOUT_EFFECT, "there is one machine"),
    "--enable-s3-parquet-optimized-committer": Special(WITHOUT_EFFECT, "files appear whole"),
    "--enable-rename-algorithm-v2": Special(WITHOUT_EFFECT, "files appear whole"),
    "--write-shuffle-files-to-s3": Special(WITHOUT_EFFECT, "shuffles stay on the local disk"),
    "--write-shuffle-spills-to-s3": Special(WITHOUT_EFFECT, "shuffles stay on the local disk"),
    "--use-postgres-driver": Special(WITHOUT_EFFECT, "no Redshift driver is in the way"),
    "--disable-proxy-v2": Special(WITHOUT_EFFECT, "no proxy is in the way"),
    "--enable-data-lineage": Special(WITHOUT_EFFECT, "no lineage is recorded"),
    "--encryption-type": Special(WITHOUT_EFFECT, "files are as they are"),
    "--enable-lakeformation-fine-grained-access": Special(REFUSED, "nothing here would filter rows and columns for the job's role"),
}
"""Every argument that Glue knows by name. docs/job-runs.md shows the table."""

_TAKES_DASHES = ("--conf", "--python-modules-installer-option")


def special_values(words: Sequence[str]) -> dict[str, str]:
    """Arguments by name from what a script is given: `--k v`, `--k=v`, or `--k` alone (an empty value). The last one wins."""
    values: dict[str, str] = {}
    rest = list(words)
    while rest:
        name, equals, value = rest.pop(0).partition("=")
        if not name.startswith("--"):
            continue
        if not equals and rest and (name in _TAKES_DASHES or not rest[0].startswith("--")):
            value = rest.pop(0)
        values[name] = value
    return values


def listed(text: str | None) -> list[str]:
    """Items of a list with commas."""
    return [item.strip() for item in (text or "").split(",") if item.strip()]


def settings_of(text: str) -> dict[str, str]:
    """`a=1 --conf b=2`, as one argument can carry several settings on Glue. Raises ValueError for a part that is none."""
    settings: dict[str, str] = {}
    for part in re.split(r"(?:^|\s+)--conf\s+", text.strip()):
        if part:
            name, equals, value = part.partition("=")
            if not equals:
                raise ValueError(f"--conf {part!r} is no name=value.")
            settings[name.strip()] = value.strip()
    return settings


def variables_of(text: str) -> dict[str, str]:
    """`CUSTOMER_A=1,CUSTOMER_B="2,3"`: variables whose names begin with CUSTOMER_; others are left out, as on Glue."""
    pairs = re.findall(r'\s*([^=,\s]+)=("[^"]*"|[^,]*)', text)
    return {name: value.strip().strip('"') for name, value in pairs if name.startswith("CUSTOMER_")}
