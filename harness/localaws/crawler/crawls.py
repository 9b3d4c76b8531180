"""Crawls: one thread each, its history on disk, its log in CloudWatch Logs.

A crawl that the endpoint's end cut off is told as FAILED at the next start. A stop takes effect between two objects; what was
written to the catalog by then stays, as on Glue.
"""

from __future__ import annotations

import contextlib
import json
import logging
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from botocore.exceptions import ClientError

from localaws.crawler.catalog import CatalogWriter, Changes, Policy
from localaws.crawler.database_targets import find_dynamodb_table, find_jdbc_tables
from localaws.crawler.exceptions import CrawlerNotRunningError, CrawlError, CrawlerRunningError
from localaws.crawler.iceberg_target import find_iceberg_tables
from localaws.crawler.s3_target import Options, S3Crawl, options_of
from localaws.eventbridge.bus import emit
from localaws.records import Records

__all__ = ["LOG_GROUP", "Crawls"]

LOG_GROUP = "/aws-glue/crawlers"
_LOG = logging.getLogger("localaws")
_NOT_CRAWLED = ("CatalogTargets", "MongoDBTargets", "DeltaTargets", "HudiTargets")


class _Stopped(Exception):
    """The crawl was asked to stop."""


class Crawls:
    """The crawls of one home."""

    def __init__(self, home: Path, control_plane: Callable[[str], Any]) -> None:
        self.home, self.client = home, control_plane
        self.crawlers = Records(home / "crawlers")
        self.classifiers = Records(home / "classifiers")
        self._threads: dict[str, threading.Thread] = {}

    def history(self, crawler: str) -> list[dict[str, Any]]:
        """The crawls of a crawler, the newest first."""
        return sorted(self._crawls(crawler).all(), key=lambda crawl: crawl["StartTime"], reverse=True)

    def forget(self, crawler: str) -> None:
        """A deleted crawler's history."""
        store = self._crawls(crawler)
        for crawl in store.all():
            store.delete(crawl["CrawlId"])

    def start(self, name: str) -> str:
        """Begin a crawl in the background. Returns its id.

        Raises:
            CrawlerRunningError: one is under way.
        """
        crawl_id = str(uuid.uuid4())

        def begin(crawler: dict[str, Any]) -> None:
            if crawler["State"] != "READY":
                raise CrawlerRunningError(name)
            crawler["State"] = "RUNNING"

        crawler = self.crawlers.change(name, begin)
        crawl = {"CrawlId": crawl_id, "State": "RUNNING", "StartTime": time.time(), "LogGroup": LOG_GROUP, "LogStream": name}
        self._crawls(name).put(crawl_id, {**crawl, "MessagePrefix": crawl_id, "DPUHour": 0.0})
        thread = threading.Thread(target=self._run, args=(crawler, crawl_id), name=f"crawl {name}", daemon=True)
        self._threads[name] = thread
        thread.start()
        return crawl_id

    def stop(self, name: str) -> None:
        """Ask the crawl under way to end.

        Raises:
            CrawlerNotRunningError: there is none.
        """

        def stopping(crawler: dict[str, Any]) -> None:
            if crawler["State"] != "RUNNING":
                raise CrawlerNotRunningError(name)
            crawler["State"] = "STOPPING"

        self.crawlers.change(name, stopping)

    def recover(self) -> None:
        """At a start of the endpoint: crawls that its end cut off have failed."""
        for crawler in self.crawlers.all():
            if crawler["State"] != "READY":
                for crawl in self.history(crawler["Name"]):
                    if crawl["State"] == "RUNNING":
                        self._end(
                            crawler["Name"], crawl["CrawlId"], "FAILED", Changes(), "The endpoint ended while the crawl was under way."
                        )

    def close(self) -> None:
        """At an orderly end of the endpoint its crawls stop."""
        for name, thread in self._threads.items():
            if thread.is_alive():
                with contextlib.suppress(CrawlerNotRunningError, KeyError):
                    self.stop(name)
                thread.join(timeout=5)

    def _run(self, crawler: dict[str, Any], crawl_id: str) -> None:
        name, definition = crawler["Name"], crawler["Definition"]
        log = self._logger(name, crawl_id)
        writer = CatalogWriter(self.client("glue"), definition.get("DatabaseName") or "default", name, Policy(), log)
        try:
            log("BENCHMARK : Running Start Crawl for Crawler " + name)
            self._crawl(crawler, writer)
        except _Stopped:
            self._end(name, crawl_id, "STOPPED", writer.changes, None)
        except (CrawlError, ClientError) as error:
            log(f"ERROR : {error}")
            self._end(name, crawl_id, "FAILED", writer.changes, str(error))
        except Exception as error:  # noqa: BLE001 - a crawl must not stay RUNNING for ever because of a mistake of ours
            _LOG.exception("crawl %s of %s", crawl_id, name)
            self._end(name, crawl_id, "FAILED", writer.changes, f"Internal Service Exception: {type(error).__name__}: {error}")
        else:
            log(f"BENCHMARK : Crawler {name} has finished running and is in state READY")
            self._end(name, crawl_id, "COMPLETED", writer.changes, None)

    def _crawl(self, crawler: dict[str, Any], writer: CatalogWriter) -> None:
        name, definition = crawler["Name"], crawler["Definition"]
        options = options_of(definition.get("Configuration"))
        writer.policy = _policy(definition, options)
        prefix, targets = definition.get("TablePrefix") or "", definition["Targets"]
        for kind in _NOT_CRAWLED:
            if targets.get(kind):
                raise CrawlError(f"{kind} are not crawled here. S3Targets, IcebergTargets, JdbcTargets and DynamoDBTargets are.")
        existing = writer.tables()
        own = {table for table, is_ in existing.items() if is_.get("Parameters", {}).get("UPDATED_BY_CRAWLER") == name}
        taken = {table: (is_.get("StorageDescriptor") or {}).get("Location", "") for table, is_ in existing.items()}
        new_only, before = writer.policy.new_folders_only, frozenset(crawler.get("Folders", []))
        found, folders = [], set[str]()
        for target in targets.get("S3Targets") or []:
            crawl = S3Crawl(self.home, target, options, self._custom(definition), lambda: self._check_stopped(name))
            folders.update(crawl.folders())
            found += crawl.find(name, prefix, lambda folder: new_only and folder in before, taken)
        for target in targets.get("IcebergTargets") or []:
            found += find_iceberg_tables(self.home, target, name, prefix)
        for target in targets.get("JdbcTargets") or []:
            found += find_jdbc_tables(target, self.client, name, prefix)
        found += [find_dynamodb_table(target, self.client, name, prefix) for target in targets.get("DynamoDBTargets") or []]
        for table in found:
            self._check_stopped(name)
            writer.write(table)
        if not new_only:
            writer.delete_missing(own - {table.name for table in found})
        self.crawlers.change(name, lambda document: document.update(Folders=sorted(folders)))

    def _custom(self, definition: Mapping[str, Any]) -> list[dict[str, Any]]:
        found = []
        for name in definition.get("Classifiers") or []:
            classifier = self.classifiers.get(name)
            if classifier is None:
                raise CrawlError(f"The crawler names the classifier {name}, which does not exist.")
            found.append(classifier)
        return found

    def _check_stopped(self, name: str) -> None:
        if (self.crawlers.get(name) or {}).get("State") != "RUNNING":
            raise _Stopped

    def _end(self, name: str, crawl_id: str, state: str, changes: Changes, error: str | None) -> None:
        now = time.time()

        def ended(crawl: dict[str, Any]) -> None:
            crawl |= {"State": state, "EndTime": now, "Summary": _summary(changes)}
            crawl["DPUHour"] = round((now - crawl["StartTime"]) / 3600 * 2, 6)  # a crawler has two DPUs
            if error is not None:
                crawl["ErrorMessage"] = error

        with contextlib.suppress(KeyError):  # deleted meanwhile
            self._crawls(name).change(crawl_id, ended)
        with contextlib.suppress(KeyError):
            self.crawlers.change(name, lambda crawler: crawler.update(State="READY"))
        told = {"COMPLETED": "Succeeded", "FAILED": "Failed"}.get(state)
        if told is not None:
            emit(self.home, "aws.glue", "Glue Crawler State Change", {"crawlerName": name, "state": told, "errorMessage": error or ""})

    def _logger(self, name: str, crawl_id: str) -> Callable[[str], None]:
        logs = self.client("logs")
        for create in (
            lambda: logs.create_log_group(logGroupName=LOG_GROUP),
            lambda: logs.create_log_stream(logGroupName=LOG_GROUP, logStreamName=name),
        ):
            with contextlib.suppress(logs.exceptions.ResourceAlreadyExistsException):
                create()

        def log(line: str) -> None:
            event = {"timestamp": int(time.time() * 1000), "message": f"[{crawl_id}] {line}"}
            logs.put_log_events(logGroupName=LOG_GROUP, logStreamName=name, logEvents=[event])

        return log

    def _crawls(self, crawler: str) -> Records:
        return Records(self.home / "crawls" / quote(crawler, safe=""))


def _policy(definition: Mapping[str, Any], options: Options) -> Policy:
    policy, recrawl = definition.get("SchemaChangePolicy") or {}, definition.get("RecrawlPolicy") or {}
    behavior = recrawl.get("RecrawlBehavior") or "CRAWL_EVERYTHING"
    if behavior == "CRAWL_EVENT_MODE":
        raise CrawlError("RecrawlBehavior CRAWL_EVENT_MODE is not crawled here; CRAWL_EVERYTHING and CRAWL_NEW_FOLDERS_ONLY are.")
    return Policy(
        policy.get("UpdateBehavior") or "UPDATE_IN_DATABASE",
        policy.get("DeleteBehavior") or "DEPRECATE_IN_DATABASE",
        options.merge_new_columns,
        behavior == "CRAWL_NEW_FOLDERS_ONLY",
    )


def _summary(changes: Changes) -> str:
    """As ListCrawls gives it: JSON, with JSON for each kind of thing within."""
    found = {}
    for what, by_change in (("TABLE", changes.tables), ("PARTITION", changes.partitions)):
        counted = {change: {"Details": {"names": names}, "Count": len(names)} for change, names in by_change.items() if names}
        if counted:
            found[what] = json.dumps(counted)
    return json.dumps(found)
