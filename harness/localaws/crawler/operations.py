"""Crawlers: their definitions, their crawls and schedules. All of it is kept here, moto's crawlers only say that they ran.

Answers and errors follow the Glue Web API reference, "Crawler".
"""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from localaws.crawler.answers import answer, check, passes
from localaws.crawler.crawls import Crawls
from localaws.crawler.exceptions import (
    AlreadyExistsError,
    CrawlerRunningError,
    NoScheduleError,
    SchedulerNotRunningError,
    SchedulerRunningError,
)
from localaws.errors import AwsError
from localaws.glue.exceptions import EntityNotFoundError
from localaws.glue.paging import page
from localaws.operation import Handler, Request, ServiceContext
from localaws.schedules import Schedule, Ticker

__all__ = ["OPERATIONS", "close_service", "open_service"]

_PAGE = 100
_CRAWLS_PAGE = 20
_crawls: dict[Path, Crawls] = {}
_tickers: list[Ticker] = []
_lock = threading.Lock()


def open_service(context: ServiceContext) -> None:
    """Called when the endpoint listens: crawls that its predecessor left have failed; schedules begin."""
    crawls = _of(context)
    crawls.recover()
    _tickers.append(Ticker("crawler schedules", lambda: _schedules(crawls), lambda name, _: _fire(crawls, name)))


def close_service() -> None:
    """Called at an orderly stop of the endpoint."""
    for ticker in _tickers:
        ticker.close()
    _tickers.clear()
    with _lock:
        everything = list(_crawls.values())
        _crawls.clear()
    for crawls in everything:
        crawls.close()


def crawls_of(context: Request | ServiceContext) -> Crawls:
    """The crawls of a home: what triggers and workflows start."""
    return _of(context)


def create_crawler(request: Request) -> dict[str, Any]:
    """CreateCrawler."""
    given, crawls = dict(request.parameters), _of(request)
    name, tags = given.get("Name", ""), given.pop("Tags", None)
    check(given)
    with crawls.crawlers.lock:
        if crawls.crawlers.get(name) is not None:
            raise AlreadyExistsError("Crawler", name)
        now = time.time()
        schedule = "SCHEDULED" if given.get("Schedule") else "NOT_SCHEDULED"
        crawls.crawlers.put(
            name,
            {
                "Name": name,
                "Definition": given,
                "CreationTime": now,
                "LastUpdated": now,
                "Version": 1,
                "State": "READY",
                "ScheduleState": schedule,
            },
        )
    if tags:
        request.control_plane("glue").tag_resource(ResourceArn=_arn(request, name), TagsToAdd=tags)
    return {}


def update_crawler(request: Request) -> dict[str, Any]:
    """UpdateCrawler: what is given replaces what was."""
    given, crawls = dict(request.parameters), _of(request)
    name = given.get("Name", "")

    def change(crawler: dict[str, Any]) -> None:
        if crawler["State"] != "READY":
            raise CrawlerRunningError(name)
        definition = {**crawler["Definition"], **given}
        check(definition)
        if "Schedule" in given:
            crawler["ScheduleState"] = "SCHEDULED" if given["Schedule"] else "NOT_SCHEDULED"
        crawler |= {"Definition": definition, "LastUpdated": time.time(), "Version": crawler["Version"] + 1}

    _changed(crawls, name, change)
    return {}


def delete_crawler(request: Request) -> dict[str, Any]:
    """DeleteCrawler, with its history. Its tables stay."""
    crawls, name = _of(request), request.parameters.get("Name", "")
    with crawls.crawlers.lock:
        if _found(crawls, name)["State"] != "READY":
            raise CrawlerRunningError(name)
        crawls.crawlers.delete(name)
        crawls.forget(name)
    return {}


def get_crawler(request: Request) -> dict[str, Any]:
    """GetCrawler."""
    crawls = _of(request)
    return {"Crawler": answer(crawls, _found(crawls, request.parameters.get("Name", "")))}


def get_crawlers(request: Request) -> dict[str, Any]:
    """GetCrawlers, in pages."""
    crawls = _of(request)
    return page(request, "Crawlers", [answer(crawls, crawler) for crawler in crawls.crawlers.all()], _PAGE)


def list_crawlers(request: Request) -> dict[str, Any]:
    """ListCrawlers: names, of those that have all the tags that are asked for."""
    tags, names = request.parameters.get("Tags") or {}, [crawler["Name"] for crawler in _of(request).crawlers.all()]
    if tags:
        glue = request.control_plane("glue")
        names = [name for name in names if tags.items() <= glue.get_tags(ResourceArn=_arn(request, name))["Tags"].items()]
    return page(request, "CrawlerNames", names, _PAGE)


def batch_get_crawlers(request: Request) -> dict[str, Any]:
    """BatchGetCrawlers."""
    crawls, names = _of(request), request.parameters.get("CrawlerNames", [])
    found = {name: crawler for name in names if (crawler := crawls.crawlers.get(name)) is not None}
    missing = [name for name in names if name not in found]
    return {"Crawlers": [answer(crawls, crawler) for crawler in found.values()], "CrawlersNotFound": missing}


def start_crawler(request: Request) -> dict[str, Any]:
    """StartCrawler: the crawl runs in the background."""
    crawls, name = _of(request), request.parameters.get("Name", "")
    _found(crawls, name)
    crawls.start(name)
    return {}


def stop_crawler(request: Request) -> dict[str, Any]:
    """StopCrawler: it is STOPPING until the crawl noticed."""
    crawls, name = _of(request), request.parameters.get("Name", "")
    _found(crawls, name)
    crawls.stop(name)
    return {}


def list_crawls(request: Request) -> dict[str, Any]:
    """ListCrawls, the newest first; filters by state, crawl id, start and end time, DPU hours."""
    crawls, name = _of(request), request.parameters.get("CrawlerName", "")
    _found(crawls, name)
    filters = request.parameters.get("Filters") or []
    history = [crawl for crawl in crawls.history(name) if all(passes(crawl, each) for each in filters)]
    return page(request, "Crawls", history, _CRAWLS_PAGE)


def get_crawler_metrics(request: Request) -> dict[str, Any]:
    """GetCrawlerMetrics."""
    import json

    crawls = _of(request)
    names = request.parameters.get("CrawlerNameList") or [crawler["Name"] for crawler in crawls.crawlers.all()]
    found = []
    for name in names:
        ended = [crawl for crawl in crawls.history(name) if "EndTime" in crawl] if crawls.crawlers.get(name) else []
        seconds = [crawl["EndTime"] - crawl["StartTime"] for crawl in ended]
        counts = dict.fromkeys(("ADD", "UPDATE", "DELETE"), 0)
        for crawl in ended[:1]:
            for change, about in json.loads(json.loads(crawl["Summary"]).get("TABLE", "{}")).items():
                counts[change] += about["Count"]
        found.append(
            {
                "CrawlerName": name,
                "TimeLeftSeconds": 0.0,
                "StillEstimating": not ended,
                "LastRuntimeSeconds": seconds[0] if seconds else 0.0,
                "MedianRuntimeSeconds": statistics.median(seconds) if seconds else 0.0,
                "TablesCreated": counts["ADD"],
                "TablesUpdated": counts["UPDATE"],
                "TablesDeleted": counts["DELETE"],
            }
        )
    return page(request, "CrawlerMetricsList", found, _PAGE)


def start_crawler_schedule(request: Request) -> dict[str, Any]:
    """StartCrawlerSchedule."""
    _schedule(request, "SCHEDULED", SchedulerRunningError)
    return {}


def stop_crawler_schedule(request: Request) -> dict[str, Any]:
    """StopCrawlerSchedule."""
    _schedule(request, "NOT_SCHEDULED", SchedulerNotRunningError)
    return {}


def update_crawler_schedule(request: Request) -> dict[str, Any]:
    """UpdateCrawlerSchedule."""
    expression = request.parameters.get("Schedule")

    def change(crawler: dict[str, Any]) -> None:
        crawler["Definition"]["Schedule"] = expression
        check(crawler["Definition"])
        crawler["ScheduleState"] = "SCHEDULED" if expression else "NOT_SCHEDULED"

    _changed(_of(request), request.parameters.get("CrawlerName", ""), change)
    return {}


OPERATIONS: Mapping[str, Handler] = {
    "BatchGetCrawlers": batch_get_crawlers,
    "CreateCrawler": create_crawler,
    "DeleteCrawler": delete_crawler,
    "GetCrawler": get_crawler,
    "GetCrawlerMetrics": get_crawler_metrics,
    "GetCrawlers": get_crawlers,
    "ListCrawlers": list_crawlers,
    "ListCrawls": list_crawls,
    "StartCrawler": start_crawler,
    "StartCrawlerSchedule": start_crawler_schedule,
    "StopCrawler": stop_crawler,
    "StopCrawlerSchedule": stop_crawler_schedule,
    "UpdateCrawler": update_crawler,
    "UpdateCrawlerSchedule": update_crawler_schedule,
}


def _of(context: Request | ServiceContext) -> Crawls:
    with _lock:
        if context.home not in _crawls:
            _crawls[context.home] = Crawls(context.home, context.control_plane)
        return _crawls[context.home]


def _found(crawls: Crawls, name: str) -> dict[str, Any]:
    crawler = crawls.crawlers.get(name)
    if crawler is None:
        raise EntityNotFoundError(f"Crawler entry with name {name} does not exist")
    return crawler


def _changed(crawls: Crawls, name: str, change: Any) -> None:
    try:
        crawls.crawlers.change(name, change)
    except KeyError:
        raise EntityNotFoundError(f"Crawler entry with name {name} does not exist") from None


def _schedule(request: Request, state: str, error: type[AwsError]) -> None:
    name = request.parameters.get("CrawlerName", "")

    def change(crawler: dict[str, Any]) -> None:
        if not crawler["Definition"].get("Schedule"):
            raise NoScheduleError(name)
        if crawler["ScheduleState"] == state:
            raise error(name)  # type: ignore[call-arg]
        crawler["ScheduleState"] = state

    _changed(_of(request), name, change)


def _schedules(crawls: Crawls) -> list[Schedule]:
    return [
        Schedule(crawler["Name"], crawler["Definition"]["Schedule"])
        for crawler in crawls.crawlers.all()
        if crawler["ScheduleState"] == "SCHEDULED"
    ]


def _fire(crawls: Crawls, name: str) -> None:
    try:
        crawls.start(name)
    except (CrawlerRunningError, KeyError):
        return  # the one before is still under way, or it was deleted: this time is left out


def _arn(request: Request, name: str) -> str:
    return f"arn:aws:glue:{request.region}:{request.account_id}:crawler/{name}"
