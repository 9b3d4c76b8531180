"""A task's process: `python -m localaws.dms.process FOLDER`, its definition on standard input, because that has passwords in it.

It writes `statistics.json` every second and `result.json` at its end. SIGTERM ends it after the batch under way. A lock on its folder is
held while it lives, so that a second process of one task waits until the first is gone.
"""

from __future__ import annotations

import fcntl
import json
import logging
import signal
import sys
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from localaws.dms.bounds import NORMAL, Until, parse_start
from localaws.dms.exceptions import ReplicationError, SettingsError
from localaws.dms.metrics import Publisher
from localaws.dms.planning import check_together
from localaws.dms.reloading import ReloadRequest
from localaws.dms.replication import Replication, Task
from localaws.dms.settings.s3_settings import S3Settings
from localaws.dms.settings.table_mappings import TableMappings
from localaws.dms.settings.task_settings import TaskSettings
from localaws.dms.source.connection import MySqlAddress
from localaws.dms.statistics import Statistics
from localaws.dms.target.base import Target

__all__ = ["RELOAD", "Definition", "Result", "main", "run"]

_LOG = logging.getLogger("localaws.dms")
_WRITE_SECONDS = 0.5
METRIC_SECONDS = 60.0
RELOAD = "reload-"
"""How the names of files in a task's folder begin that ask for a table to be loaded again."""


@dataclass(frozen=True)
class Definition:
    """Everything a process needs. `target` has `engine` and that engine's own settings; `start` and `stop` are CdcStartPosition and
    CdcStopPosition, or empty."""

    name: str
    migration: str
    start_type: str
    source: dict[str, Any] = field(repr=False)
    target: dict[str, Any] = field(repr=False)
    mappings: str
    settings: str
    server_id: int
    endpoint_url: str = ""
    start: str = ""
    stop: str = ""
    instance: str = ""
    region: str = "us-east-1"


@dataclass(frozen=True)
class Result:
    """How a process ended: `stopped` (it was asked to, or has done all that was to do) or `failed`; the reason as StopReason has it."""

    state: str
    message: str = ""
    reason: str = NORMAL

    @classmethod
    def read(cls, folder: Path) -> Result | None:
        try:
            return cls(**json.loads((folder / "result.json").read_text("utf-8")))
        except FileNotFoundError:
            return None

    def write(self, folder: Path) -> None:
        draft = folder / "result.draft"
        draft.write_text(json.dumps(asdict(self)), "utf-8")
        draft.replace(folder / "result.json")


def run(definition: Definition, folder: Path, stopping: threading.Event) -> Result:
    """Run the task until it ends."""
    statistics = Statistics()
    ended = threading.Event()
    reloads: list[Replication] = []
    asked: set[Path] = set()

    def write() -> None:
        publisher = Publisher(_client(definition, "cloudwatch"), definition.instance, definition.name, statistics)
        published = time.monotonic()
        while not ended.wait(_WRITE_SECONDS):
            statistics.write(folder / "statistics.json")
            for replication in reloads:
                _ask_for_reloads(replication, folder, asked)
            if time.monotonic() - published > METRIC_SECONDS:
                published = time.monotonic()
                _publish(publisher)
        _publish(publisher)

    writer = threading.Thread(target=write, name="statistics", daemon=True)
    writer.start()
    try:
        replication = Replication(_task(definition, folder), lambda: make_target(definition, folder), statistics)
        replication.stopping = stopping
        replication.on_begun = (folder / "begun").touch
        reloads.append(replication)
        for remark in replication.task.settings.remarks:
            _LOG.info("task setting %s", remark)
        reason = replication.run(definition.start_type, Until.parse(definition.stop) if definition.stop else None)
        return Result("stopped", reason=reason)
    except ReplicationError as error:
        return Result("failed", str(error))
    except Exception as error:  # noqa: BLE001 - the edge of the process: a mistake of ours becomes a failed task with its reason
        _LOG.exception("task %s", definition.name)
        return Result("failed", f"{type(error).__name__}: {error}. The log has more; a fault of the engine, please report it.")
    finally:
        ended.set()
        writer.join()
        statistics.write(folder / "statistics.json")


def _ask_for_reloads(replication: Replication, folder: Path, asked: set[Path]) -> None:
    """Requests that the endpoint has left in the task's folder. Each stays until a process that follows would know of it."""
    for path in sorted(set(folder.glob(f"{RELOAD}*.json")) - asked):
        asked.add(path)
        request = json.loads(path.read_text("utf-8"))
        replication.reloads.put(ReloadRequest(request["schema"], request["table"], request["validate"], path.unlink))


def _publish(publisher: Publisher) -> None:
    try:
        publisher.publish()
    except (BotoCoreError, ClientError) as error:
        _LOG.warning("metrics could not be sent, the task goes on: %s", error)


def _task(definition: Definition, folder: Path) -> Task:
    mappings, settings = TableMappings.parse(definition.mappings), TaskSettings.parse(definition.settings)
    check_together(mappings, settings)
    return Task(
        definition.name,
        definition.migration,
        MySqlAddress(**definition.source),
        mappings,
        settings,
        definition.server_id,
        parse_start(definition.start) if definition.start else None,
        folder,
    )


def make_target(definition: Definition, folder: Path) -> Target:
    """The target of the definition's engine. `folder` is the task's.

    Raises:
        SettingsError: there is no such engine here.
    """
    values, settings = dict(definition.target), TaskSettings.parse(definition.settings)
    engine = values.pop("engine")
    if engine == "kinesis":
        return _kinesis(definition, settings, values, folder)
    if settings.before_image:
        raise SettingsError("$.BeforeImageSettings.EnableBeforeImage", f"it is for streams, and the target is {engine}")
    if engine == "redshift":
        return _redshift(definition, settings, values)
    if engine == "s3":
        from localaws.dms.target.s3 import S3Target

        return S3Target(_client(definition, "s3"), S3Settings.read(values["settings"]), folder, safe=not settings.strict)
    if engine == "dynamodb":
        return _dynamodb(definition, settings, folder)
    if engine == "mysql":
        from localaws.dms.target.mysql import CONTROL_SCHEMA, MySqlTarget

        schema = settings.control_schema or CONTROL_SCHEMA
        return MySqlTarget(
            MySqlAddress(**values), definition.name, safe=not settings.strict, lob_bytes=settings.lob_bytes, control_schema=schema
        )
    raise SettingsError("target endpoint: EngineName", f"targets of the engine {engine} are not supported by this engine yet")


def _kinesis(definition: Definition, task: TaskSettings, values: dict[str, Any], folder: Path) -> Target:
    from localaws.dms.settings.kinesis_settings import KinesisSettings
    from localaws.dms.target.kinesis import KinesisTarget
    from localaws.dms.target.messages import Messages

    settings = KinesisSettings.read(values["settings"])
    mappings = TableMappings.parse(definition.mappings) if definition.mappings else TableMappings((), ())
    objects = mappings.objects
    if any(rule.item is not None for rule in objects):
        raise SettingsError("$.rules", "an object-mapping rule has members for DynamoDB, and the target is a stream")
    if any(rule.action == "change-data-type" for rule in mappings.transformations):
        raise SettingsError("$.rules", "change-data-type is not done on streams by this engine: add a column by an expression")
    messages = Messages(definition.name, settings, objects, task.before_image, details=not task.strict)
    return KinesisTarget(_client(definition, "kinesis"), settings.stream, messages, folder)


def _dynamodb(definition: Definition, settings: TaskSettings, folder: Path) -> Target:
    from localaws.dms.target.dynamodb import DynamoDbTarget

    objects = TableMappings.parse(definition.mappings).objects if definition.mappings else ()
    if any(rule.item is None for rule in objects):
        raise SettingsError("$.rules", "an object-mapping rule has none of the members for DynamoDB, such as target-table-name")
    return DynamoDbTarget(_client(definition, "dynamodb"), definition.name, objects, folder, safe=not settings.strict)


def _redshift(definition: Definition, settings: TaskSettings, values: dict[str, Any]) -> Target:
    from localaws.dms.target.redshift import RedshiftAddress, RedshiftTarget
    from localaws.dms.target.staging import DEFAULT_BUCKET, Staging

    bucket, folder = values.pop("bucket"), values.pop("folder")
    client = _client(definition, "s3")
    if bucket == DEFAULT_BUCKET:
        client.create_bucket(Bucket=bucket)
    staging = Staging(client, bucket, f"{folder}/{definition.name}")
    return RedshiftTarget(
        RedshiftAddress(**values),
        staging,
        definition.name,
        safe=not settings.strict,
        lob_bytes=settings.lob_bytes,
        control_schema=settings.control_schema or "public",
    )


def _client(definition: Definition, service: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=definition.endpoint_url,
        region_name=definition.region,
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )


def main(argv: list[str]) -> int:
    """Run the definition on standard input; 0 unless the task failed."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    folder = Path(argv[0])
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda number, frame: stopping.set())
    definition = Definition(**json.load(sys.stdin))
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = run(definition, folder, stopping)
        result.write(folder)
    return 1 if result.state == "failed" else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
