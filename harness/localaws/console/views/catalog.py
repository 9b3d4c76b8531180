"""The Glue catalog and what fills it: databases, tables with their partitions and versions, crawlers with their crawls."""

from __future__ import annotations

from collections.abc import Mapping

from localaws.console.sources import Page, Query, Sources, attempt

__all__ = ["crawler", "crawlers", "database", "databases", "table"]

_PARTITIONS = 200


def databases(sources: Sources, parts: Mapping[str, str], query: Query) -> Page:
    """Every database with the number of its tables."""
    found = sources.listed("glue", "get_databases", "DatabaseList")
    counts = {each["Name"]: len(sources.listed("glue", "get_tables", "TableList", DatabaseName=each["Name"])) for each in found}
    return Page("databases.html.j2", "Catalog", {"databases": found, "counts": counts})


def database(sources: Sources, parts: Mapping[str, str], query: Query) -> Page:
    """The tables of a database."""
    name = parts["database"]
    described = sources.client("glue").get_database(Name=name)["Database"]
    tables = sources.listed("glue", "get_tables", "TableList", DatabaseName=name)
    return Page("database.html.j2", name, {"database": described, "tables": tables})


def table(sources: Sources, parts: Mapping[str, str], query: Query) -> Page:
    """Columns, partitions, parameters and versions of a table."""
    names = {"DatabaseName": parts["database"]}
    described = sources.client("glue").get_table(**names, Name=parts["table"])["Table"]
    keyed = bool(described.get("PartitionKeys"))
    partitions, problem = attempt(
        lambda: sources.listed("glue", "get_partitions", "Partitions", _PARTITIONS, **names, TableName=parts["table"]) if keyed else []
    )
    versions, _ = attempt(lambda: sources.listed("glue", "get_table_versions", "TableVersions", 50, **names, TableName=parts["table"]))
    data = {
        "table": described,
        "storage": described.get("StorageDescriptor", {}),
        "partitions": partitions,
        "problem": problem,
        "most": _PARTITIONS,
        "versions": versions,
    }
    return Page("table.html.j2", f"{parts['database']}.{parts['table']}", data)


def crawlers(sources: Sources, parts: Mapping[str, str], query: Query) -> Page:
    """Every crawler and how its last crawl ended."""
    return Page("crawlers.html.j2", "Crawlers", {"crawlers": sources.listed("glue", "get_crawlers", "Crawlers")})


def crawler(sources: Sources, parts: Mapping[str, str], query: Query) -> Page:
    """One crawler, its crawls and the log of the last."""
    name = parts["crawler"]
    glue = sources.client("glue")
    found = glue.get_crawler(Name=name)["Crawler"]
    crawls = glue.list_crawls(CrawlerName=name, MaxResults=50).get("Crawls", [])
    lines, _ = attempt(
        lambda: sources.client("logs").get_log_events(logGroupName="/aws-glue/crawlers", logStreamName=name, startFromHead=False)["events"]
    )
    return Page("crawler.html.j2", name, {"crawler": found, "crawls": crawls, "lines": [line["message"] for line in lines][-200:]})
