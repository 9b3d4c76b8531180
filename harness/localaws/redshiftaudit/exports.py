"""Audit logs on their way: to the bucket of a cluster's EnableLogging, or to log groups of a cluster or a serverless namespace.

Each destination has its own place in what there is to tell, kept on disk, so that nothing is told twice or left out when the endpoint
restarts. A new destination begins with what is still kept. Sources: "Database audit logging", Redshift Management Guide.
"""

from __future__ import annotations

import gzip
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from botocore.exceptions import ClientError

from localaws.bootstrap import client
from localaws.engines.postgres import PostgresEngine
from localaws.every import Every
from localaws.exceptions import LocalAwsError
from localaws.home import Home
from localaws.moto_app import ACCOUNT_ID
from localaws.operation import ServiceContext
from localaws.records import Records
from localaws.redshiftaudit.lines import activity_line, connection_line, is_about_users, user_line
from localaws.redshiftaudit.sources import connections_since, identity, roles, statements_since

__all__ = ["Destination", "close_service", "destinations", "export", "open_service"]

_LOGS = ("connectionlog", "useractivitylog", "userlog")
_LOOK = 5.0
"""Seconds between two looks; Redshift delivers about every hour."""
_OVERLAP = 60.0
"""Seconds back in which a statement may be written that ended before one that was told already."""
_LOG = logging.getLogger("localaws")
_open: list[Every] = []


@dataclass(frozen=True)
class Destination:
    """Where logs go: `bucket` and `prefix`, or log groups whose names begin with `group`."""

    name: str
    region: str
    logs: tuple[str, ...]
    bucket: str = ""
    prefix: str = ""
    group: str = ""

    @property
    def place(self) -> str:
        """What it is known by, of all there are."""
        return f"{self.region}/{self.group or self.bucket}/{self.name}"


def open_service(context: ServiceContext) -> None:
    """Called when the endpoint listens: looks for what is to be told until the end."""
    _open.append(Every("Redshift's audit logs", _LOOK, lambda: _look(context)))


def _look(context: ServiceContext) -> None:
    for destination in list(destinations(context.home)):
        _try(destination, lambda to: export(context.home, to, context.endpoint_url, context.control_plane))


def _try(destination: Destination, tell: Callable[[Destination], None]) -> None:
    """One destination that fails, as when its bucket is gone, must not keep the others from their logs."""
    try:
        tell(destination)
    except (psycopg.Error, ClientError, LocalAwsError, OSError) as error:
        _LOG.warning("Redshift's audit logs for %s wait for the next time: %s", destination.place, error)
    except Exception:  # noqa: BLE001 - the endpoint goes on
        _LOG.exception("Redshift's audit logs for %s could not be written", destination.place)


def close_service() -> None:
    """Called at an orderly stop of the endpoint."""
    for each in _open:
        each.close()
    _open.clear()


def destinations(home: Path) -> Iterator[Destination]:
    """Clusters that log, and namespaces that export logs."""
    from moto.backends import get_backend

    for region, back_end in list(get_backend("redshift")[ACCOUNT_ID].items()):
        for name, cluster in list(back_end.clusters.items()):
            details: dict[str, Any] = dict(cluster.logging_details)
            if str(details.get("LoggingEnabled", "")).lower() != "true":
                continue
            if details.get("LogDestinationType") == "cloudwatch":
                exports = tuple(each for each in _LOGS if each in (details.get("LogExports") or []))
                yield Destination(name, region, exports, group=f"/aws/redshift/cluster/{name}")
            else:
                prefix = str(details.get("S3KeyPrefix") or "")
                yield Destination(name, region, _LOGS, bucket=str(details.get("BucketName")), prefix=prefix)
    for namespace in Records(home / "redshift-serverless" / "namespace").all():
        exports = tuple(each for each in _LOGS if each in (namespace.get("logExports") or []))
        if exports:
            name, region = namespace["namespaceName"], str(namespace["namespaceArn"]).split(":")[3]
            yield Destination(name, region, exports, group=f"/aws/redshift/{name}")


def export(home: Path, destination: Destination, endpoint_url: str, control_plane: Callable[..., Any]) -> None:
    """Tell a destination what it was not told yet."""
    if PostgresEngine(Home(home)).pid is None:
        return
    records, key = Records(home / "redshift-audit"), destination.place
    told = records.get(key) or {"connections": ["", 0], "ended": 0.0}
    known = {(database, query) for database, query in told.get("statements", [])}
    events, place = connections_since(home, (told["connections"][0], told["connections"][1]))
    statements = [each for each in statements_since(home, told["ended"] - _OVERLAP) if identity(each) not in known]
    if not events and not statements:
        return
    for name, lines in _logs(home, events, statements).items():
        if lines and name in destination.logs:
            _write(destination, name, lines, endpoint_url, control_plane)
    ended = max([told["ended"], *(each["ended"] for each in statements)])
    recent = {identity(each) for each in statements_since(home, ended - _OVERLAP)}
    kept = known | {identity(each) for each in statements}
    records.put(key, {"connections": list(place), "ended": ended, "statements": sorted(map(list, kept & recent))})


def _logs(home: Path, events: list[dict[str, Any]], statements: list[dict[str, Any]]) -> Mapping[str, list[tuple[float, str]]]:
    about_users = [each for each in statements if is_about_users(each["text"]) and each["state"] == "success"]
    known = roles(home) if about_users else {}
    return {
        "connectionlog": [(each["time"], connection_line(each)) for each in events],
        "useractivitylog": [(each["started"], activity_line(each)) for each in statements],
        "userlog": [(each["started"], user_line(each, known)) for each in about_users],
    }


def _write(
    destination: Destination, name: str, lines: list[tuple[float, str]], endpoint_url: str, control_plane: Callable[..., Any]
) -> None:
    if destination.bucket:
        now, region = datetime.now(UTC), destination.region
        file = f"{ACCOUNT_ID}_redshift_{region}_{destination.name}_{name}_{now:%Y-%m-%dT%H:%M:%S.%f}.gz"
        key = f"{destination.prefix.rstrip('/')}/AWSLogs/{ACCOUNT_ID}/redshift/{region}/{now:%Y/%m/%d}/{file}".lstrip("/")
        body = gzip.compress("".join(f"{line}\n" for _, line in lines).encode())
        s3 = client("s3", endpoint_url, region)
        s3.put_object(Bucket=destination.bucket, Key=key, Body=body, ContentType="application/x-gzip")
        return
    logs, group = control_plane("logs", destination.region), f"{destination.group}/{name}"
    if not any(each["logGroupName"] == group for each in logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]):
        logs.create_log_group(logGroupName=group)
    if not logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=destination.name)["logStreams"]:
        logs.create_log_stream(logGroupName=group, logStreamName=destination.name)
    events = [{"timestamp": int(moment * 1000), "message": line} for moment, line in sorted(lines)]
    for start in range(0, len(events), 1000):
        logs.put_log_events(logGroupName=group, logStreamName=destination.name, logEvents=events[start : start + 1000])
