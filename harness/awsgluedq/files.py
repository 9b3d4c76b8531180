"""Rules about files instead of rows: how new, how large, how many are alike, and what they hold."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from awsglue._storage.files import File, list_files
from awsglue.exceptions import SourceError
from awsgluedq.columns import moment_of
from awsgluedq.exceptions import RuleError
from awsgluedq.history import MetricHistory
from awsgluedq.model import Condition, Rule
from awsgluedq.numbers import holds, meets

__all__ = ["FILE_RULES", "judge_files"]

Verdict = tuple[dict[str, float], bool, str]
"""Metrics, whether the rule passes, and why it does not."""

_HASHES = {"MD5": F.md5, "SHA-1": F.sha1, "SHA-256": lambda content: F.sha2(content, 256)}


def judge_files(rule: Rule, frame: DataFrame, history: MetricHistory) -> Verdict:
    """How a rule about files goes: those below its path, or those that the frame was read from.

    Raises RuleError for a path without files and for tags that cannot be.
    """
    if rule.kind == "FileMatch":
        return _match(rule, frame)
    files = _files(rule, frame, rule.arguments[0] if rule.arguments else "")
    if rule.kind == "FileUniqueness":
        return _uniqueness(rule, frame, files, history)
    if rule.condition is None:
        raise RuleError(f"{rule.kind} needs a condition")
    value = _age_test(rule, rule.condition) if rule.kind == "FileFreshness" else _size_test(rule.condition)
    return _compliance(rule, files, value, history)


def _compliance(rule: Rule, files: Sequence[File], met: Callable[[File], bool], history: MetricHistory) -> Verdict:
    failing = [file for file in files if not met(file)]
    share = (len(files) - len(failing)) / len(files)
    name = f"Dataset.*.{rule.kind}.Compliance"
    metrics = {name: share, "Dataset.*.FileCount": float(len(files))}
    if rule.kind == "FileSize":
        metrics |= {"Dataset.*.MaximumFileSize": float(max(one.size for one in files))}
        metrics |= {"Dataset.*.MinimumFileSize": float(min(one.size for one in files))}
    fast = rule.tag("failFast", "false").lower() == "true"
    passed = not failing if fast else meets(share, rule.threshold, history.of(name))
    first = f" The first: {failing[0].path}." if failing else ""
    return metrics, passed, f"Value: {share} does not meet the constraint requirement! {len(failing)} of {len(files)} files fail.{first}"


def _age_test(rule: Rule, condition: Condition) -> Callable[[File], bool]:
    limits = [moment_of(one, rule.tag("timeZone", "UTC")) for one in condition.values]
    return lambda file: holds(datetime.fromtimestamp(file.modified / 1000, timezone.utc), condition.op, limits)  # noqa: UP017


def _size_test(condition: Condition) -> Callable[[File], bool]:
    limits = [float(str(one.value)) for one in condition.values]
    return lambda file: holds(file.size, condition.op, limits)


def _uniqueness(rule: Rule, frame: DataFrame, files: Sequence[File], history: MetricHistory) -> Verdict:
    """Share of files whose content, and with `matchFileName` whose name, no other file has."""
    hashes = _hashed(frame, files, "SHA-256")
    contents, names = Counter(hashes.values()), Counter(map(_name, hashes))
    by_name = rule.tag("matchFileName", "false").lower() == "true"
    alone = [path for path, value in hashes.items() if contents[value] == 1 and not (by_name and names[_name(path)] > 1)]
    ratio = len(alone) / len(hashes)
    name = "Dataset.*.FileUniquenessRatio"
    metrics = {name: ratio, "Dataset.*.FileCount": float(len(hashes))}
    return metrics, meets(ratio, rule.condition, history.of(name)), f"Value: {ratio} does not meet the constraint requirement!"


def _match(rule: Rule, frame: DataFrame) -> Verdict:
    algorithm = rule.tag("hashAlgorithm", "SHA-256")
    if algorithm not in _HASHES:
        raise RuleError(f"No hash algorithm {algorithm!r}: {', '.join(_HASHES)} are known")
    mine = _hashed(frame, _files(rule, frame, rule.arguments[0] if rule.arguments else ""), algorithm)
    metrics = {"Dataset.*.FileCount": float(len(mine))}
    if rule.condition is not None:
        wanted = {str(one.value).lower() for one in rule.condition.values}
        differing = {path: value for path, value in mine.items() if (value in wanted) is rule.condition.op.startswith(("not", "!="))}
        path, value = next(iter(differing.items()), ("", ""))
        return metrics, not differing, f"The {algorithm} of {path} is {value}, which the rule's checksums do not allow."
    theirs = _hashed(frame, _files(rule, frame, rule.arguments[1]), algorithm)
    by_name = len(rule.arguments) == 2 and rule.tag("matchFileName", "false").lower() == "true"
    here, there = (Counter((_name(path) if by_name else "", value) for path, value in one.items()) for one in (mine, theirs))
    strange = [path for path, value in (*mine.items(), *theirs.items()) if here[key := (_name(path) * by_name, value)] != there[key]]
    return metrics, not strange, f"The files below {rule.arguments[0]} and {rule.arguments[1]} differ: {', '.join(sorted(strange)[:3])}"


def _hashed(frame: DataFrame, files: Sequence[File], algorithm: str) -> Mapping[str, str]:
    """Checksums by path. Spark's reader leaves out empty files, whose checksum is known."""
    nothing = hashlib.new(algorithm.replace("-", "").lower()).hexdigest()
    found = {file.path: nothing for file in files if not file.size}
    full = [re.sub(r"([\[\]{}*?\\])", r"\\\1", file.path) for file in files if file.size]
    if full:
        read = frame.sparkSession.read.format("binaryFile").load(full)
        found |= {row["path"]: row["hash"] for row in read.select("path", _HASHES[algorithm](F.col("content")).alias("hash")).collect()}
    return dict(sorted(found.items()))


def _files(rule: Rule, frame: DataFrame, path: str) -> list[File]:
    """The files of a path or of the frame, oldest first, that the tags `recentFiles` and `uriRegex` leave."""
    paths = [path] if path else list(frame.inputFiles())
    if not paths:
        raise RuleError("Unable to parse file path from DataFrame: give the rule a path, or evaluate the frame as it was read")
    try:
        files = list_files(frame.sparkSession, paths, recurse=True)
    except SourceError as error:
        raise RuleError(str(error)) from error
    order = next((values for name, values in rule.tags if name == "filterOrder"), ("recentFiles", "uriRegex"))
    given = [name for name, _ in rule.tags]
    for name in order:
        if name in given:
            files = _FILTERS[name](files, rule.tag(name)) if name in _FILTERS else _unknown_filter(name)
        elif "filterOrder" in given:
            raise RuleError(f"filterOrder names {name!r}, which is not among the rule's filter tags")
    if not files:
        raise RuleError(f"There are no files {f'below {path}' if path else 'of the frame'} for {rule.kind}")
    return files


def _newest(files: list[File], count: str) -> list[File]:
    if not count.isdigit() or int(count) < 1:
        raise RuleError(f"recentFiles is a number of files, not {count!r}")
    return files[-int(count) :]


def _matching(files: list[File], pattern: str) -> list[File]:
    """`uriRegex` is searched for in the path; one that begins with a look-ahead is held to the whole of it."""
    try:
        found = re.compile(pattern)
    except re.error as error:
        raise RuleError(f"uriRegex {pattern!r} is no regular expression: {error}") from error
    test = found.fullmatch if pattern.startswith("(?!") else found.search
    return [file for file in files if test(file.path)]


def _unknown_filter(name: str) -> list[File]:
    raise RuleError(f"filterOrder names {name!r}: only {', '.join(_FILTERS)} are filters")


def _name(path: str) -> str:
    return path.rsplit("/", 1)[-1]


_FILTERS: Mapping[str, Callable[[list[File], str], list[File]]] = {"recentFiles": _newest, "uriRegex": _matching}
FILE_RULES = ("FileFreshness", "FileMatch", "FileSize", "FileUniqueness")
"""Rule types about files."""
