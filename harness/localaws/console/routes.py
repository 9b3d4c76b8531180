"""Which view answers which path. A part in braces is any text without a slash, percent-encoded where it is not plain;
`{key+}` is the rest."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import unquote

from localaws.console.exceptions import PageNotFoundError
from localaws.console.sources import Page, Query, Sources
from localaws.console.views import catalog, events, executions, functions, jobs, overview, queries, replication, storage, streams

__all__ = ["NAVIGATION", "View", "find"]

View = Callable[[Sources, Mapping[str, str], Query], Page]

ROUTES: Mapping[str, View] = {
    "": overview.overview,
    "buckets": storage.buckets,
    "buckets/{bucket}": storage.bucket,
    "buckets/{bucket}/{key+}": storage.object_page,
    "catalog": catalog.databases,
    "catalog/{database}": catalog.database,
    "catalog/{database}/{table}": catalog.table,
    "jobs": jobs.jobs,
    "jobs/{job}": jobs.job,
    "jobs/{job}/{run}": jobs.run,
    "crawlers": catalog.crawlers,
    "crawlers/{crawler}": catalog.crawler,
    "executions": executions.machines,
    "executions/{machine}": executions.machine,
    "executions/{machine}/{name}": executions.execution,
    "queries": queries.queries,
    "queries/athena/{id}": queries.athena,
    "queries/redshift/{id}": queries.redshift,
    "streams": streams.streams,
    "streams/kinesis/{name}": streams.kinesis,
    "streams/tables/{name}": streams.table,
    "functions": functions.functions,
    "functions/{name}": functions.function,
    "replication": replication.tasks,
    "replication/{task}": replication.task,
    "events": events.events,
}

NAVIGATION: tuple[tuple[str, str], ...] = (
    ("", "Overview"),
    ("buckets", "Buckets"),
    ("catalog", "Catalog"),
    ("crawlers", "Crawlers"),
    ("jobs", "Jobs"),
    ("executions", "State machines"),
    ("queries", "Queries"),
    ("functions", "Functions"),
    ("streams", "Streams, queues, tables"),
    ("replication", "Replication"),
    ("events", "Alarms and events"),
)
"""Subjects and their names, in the order of the page."""


def find(path: str) -> tuple[View, dict[str, str]]:
    """The view of a path, percent-encoded as it was sent, and the decoded parts of the path by name.

    Raises:
        PageNotFoundError: no view answers it.
    """
    for route, pattern in _PATTERNS.items():
        if found := pattern.fullmatch(path.rstrip("/") if "+" not in route else path):
            return ROUTES[route], {name: unquote(part) for name, part in found.groupdict().items()}
    raise PageNotFoundError(f"page {path!r}")


def _pattern(route: str) -> re.Pattern[str]:
    text = re.sub(r"\{(\w+)(\+?)\}", lambda part: f"(?P<{part[1]}>{'.+' if part[2] else '[^/]+'})", route)
    return re.compile(text, re.DOTALL)


_PATTERNS = {route: _pattern(route) for route in ROUTES}
