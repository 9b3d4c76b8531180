"""Errors of crawlers.

AwsError
├── AlreadyExistsError       AlreadyExistsException
├── CrawlerRunningError      CrawlerRunningException: it cannot be started, changed or deleted meanwhile
├── CrawlerNotRunningError   CrawlerNotRunningException: there is nothing to stop
├── SchedulerNotRunningError SchedulerNotRunningException
├── SchedulerRunningError    SchedulerRunningException
└── NoScheduleError          NoScheduleException
CrawlError                   a crawl fails, with this message in LastCrawl and the log
"""

from __future__ import annotations

from localaws.errors import AwsError
from localaws.exceptions import LocalAwsError

__all__ = [
    "AlreadyExistsError",
    "CrawlError",
    "CrawlerNotRunningError",
    "CrawlerRunningError",
    "NoScheduleError",
    "SchedulerNotRunningError",
    "SchedulerRunningError",
]


class CrawlError(LocalAwsError):
    """The crawl cannot be done; the message names the target and what is wrong with it."""


class AlreadyExistsError(AwsError):
    """The name is taken."""

    def __init__(self, what: str, name: str) -> None:
        super().__init__("AlreadyExistsException", f"{what} with name {name} already exists")


class CrawlerRunningError(AwsError):
    """A crawl is under way."""

    def __init__(self, name: str) -> None:
        super().__init__("CrawlerRunningException", f"Crawler with name {name} has already started")


class CrawlerNotRunningError(AwsError):
    """No crawl is under way."""

    def __init__(self, name: str) -> None:
        super().__init__("CrawlerNotRunningException", f"Crawler with name {name} isn't running")


class NoScheduleError(AwsError):
    """The crawler has none."""

    def __init__(self, name: str) -> None:
        super().__init__("NoScheduleException", f"Crawler {name} has no schedule.")


class SchedulerRunningError(AwsError):
    """The schedule is active already."""

    def __init__(self, name: str) -> None:
        super().__init__("SchedulerRunningException", f"The schedule of crawler {name} is active already.")


class SchedulerNotRunningError(AwsError):
    """The schedule is not active."""

    def __init__(self, name: str) -> None:
        super().__init__("SchedulerNotRunningException", f"The schedule of crawler {name} is not active.")
