"""An S3 target crawled: its objects listed, classified and grouped, and the tables that they make."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localaws.crawler.exceptions import CrawlError
from localaws.crawler.files import FileFacts, classify
from localaws.crawler.folders import grouped, tree
from localaws.crawler.globs import is_excluded
from localaws.crawler.tables import Found, found_table, table_name
from localaws.s3.exceptions import NoSuchBucketError
from localaws.s3.listing import keys
from localaws.s3.store import Bucket

__all__ = ["Options", "S3Crawl", "options_of"]


@dataclass(frozen=True)
class Options:
    """What a crawler's Configuration says ("Setting crawler configuration options using the API")."""

    combine: bool = False
    table_level: int | None = None
    inherit: bool = False
    merge_new_columns: bool = False


def options_of(configuration: str | None) -> Options:
    """The options of a Configuration.

    Raises:
        CrawlError: it is no JSON, or asks for what is not done here.
    """
    if not configuration:
        return Options()
    try:
        document = json.loads(configuration)
    except ValueError as error:
        raise CrawlError(f"The crawler's Configuration is no JSON: {error}") from error
    grouping, output = document.get("Grouping") or {}, document.get("CrawlerOutput") or {}
    partitions, tables = output.get("Partitions") or {}, output.get("Tables") or {}
    unknown = set(document) - {"Version", "Grouping", "CrawlerOutput", "CreatePartitionIndex"}
    if unknown or tables.get("TableThreshold"):
        raise CrawlError(f"The crawler's Configuration asks for what is not done here: {sorted(unknown) or 'TableThreshold'}.")
    level = grouping.get("TableLevelConfiguration")
    return Options(
        combine=grouping.get("TableGroupingPolicy") == "CombineCompatibleSchemas",
        table_level=int(level) if level is not None else None,
        inherit=partitions.get("AddOrUpdateBehavior") == "InheritFromTable",
        merge_new_columns=tables.get("AddOrUpdateBehavior") == "MergeNewColumns",
    )


@dataclass
class S3Crawl:
    """One target of one crawl."""

    home: Path
    target: Mapping[str, Any]
    options: Options
    classifiers: Sequence[Mapping[str, Any]]
    check_stopped: Callable[[], None]

    def find(self, crawler: str, prefix: str, known: Callable[[str], bool], taken: dict[str, str]) -> list[Found]:
        """The tables of the target.

        Args:
            known: was a folder (`s3://…/`) crawled before, and is it left out therefore?
            taken: names of tables that are another's, with their locations; those found here are added.
        """
        base, files = self._files(known)
        level = self.options.table_level
        depth = base.removeprefix("s3://").strip("/").count("/") + 1
        tables = []
        for unit in grouped(tree(files), self.options.combine, None if level is None else max(0, level - depth)):
            location = base if not unit.path else base + unit.path
            others = [name for name, where in taken.items() if where.rstrip("/") != location.rstrip("/")]
            name = table_name(prefix, location.removeprefix("s3://"), others)
            taken[name] = location
            tables.append(found_table(unit, base, name, crawler, self.options.inherit))
        return tables

    def folders(self) -> list[str]:
        """The folders that hold objects now."""
        base, listed = self._listed()
        return sorted({base + "".join(path.rpartition("/")[:2]) for _, path in listed})

    def _listed(self) -> tuple[str, list[tuple[str, str]]]:
        """The include path with a slash at its end, and (key, path below it) of every object that is to be crawled."""
        bucket_name, _, prefix = str(self.target["Path"]).removeprefix("s3://").partition("/")
        try:
            bucket = Bucket(self.home, bucket_name)
        except NoSuchBucketError as error:
            raise CrawlError(f"The target {self.target['Path']}: there is no bucket {bucket_name}.") from error
        folder = prefix if not prefix or prefix.endswith("/") else prefix + "/"
        listed = [(key, key[len(folder) :]) for key in keys(bucket, folder) if not key.endswith("/")]
        if not listed and prefix and not prefix.endswith("/") and bucket.find_or_none(prefix) is not None:
            folder = prefix.rpartition("/")[0] + "/" if "/" in prefix else ""
            listed = [(prefix, prefix[len(folder) :])]
        excluded = self.target.get("Exclusions") or []
        return f"s3://{bucket_name}/{folder}", [(key, path) for key, path in listed if not is_excluded(path, excluded)]

    def _files(self, known: Callable[[str], bool]) -> tuple[str, list[tuple[str, FileFacts]]]:
        base, listed = self._listed()
        bucket = self.home / "s3" / base.removeprefix("s3://").split("/", 1)[0]
        sample, taken, found = self.target.get("SampleSize"), dict[str, int](), []
        for key, path in listed:
            self.check_stopped()
            folder = path.rpartition("/")[0]
            if known(base + "".join(path.rpartition("/")[:2])):
                continue
            if sample and taken.get(folder, 0) >= int(sample):
                continue
            file = bucket / key
            size = file.stat().st_size
            if size == 0:
                continue  # markers like _SUCCESS say nothing of a schema
            taken[folder] = taken.get(folder, 0) + 1
            found.append((path, classify(file, key, size, self.classifiers)))
        return base, found
