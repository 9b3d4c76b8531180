"""The rows that a target should have, and those that it has: what differs, told as awsdms_validation_failures_v1 tells it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["MISSING_SOURCE", "MISSING_TARGET", "RECORD_DIFF", "Difference", "differing"]

RECORD_DIFF, MISSING_SOURCE, MISSING_TARGET = "RECORD_DIFF", "MISSING_SOURCE", "MISSING_TARGET"
_LONGEST_DETAILS = 8000
_LONGEST_VALUE = 1000

Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """One key whose rows differ. `details` has, for each column that differs, the source's value and the target's."""

    key: Key
    kind: str
    details: tuple[tuple[str, Any, Any], ...] = ()

    def key_text(self) -> str:
        """As DMS writes it: `{"key": ["1", "x"]}`."""
        return json.dumps({"key": [str(value) for value in self.key]})

    def details_text(self) -> str:
        """As DMS writes it: a pair of source and target for each column; shortened where there is too much to tell."""
        pairs = [[{name: _told(source)}, {name: _told(target)}] for name, source, target in self.details]
        while len(text := json.dumps(pairs)) > _LONGEST_DETAILS:
            pairs.pop()
        return text


def differing(expected: pa.Table, found: pa.Table, key: Sequence[str]) -> list[Difference]:
    """The keys whose rows are not the same. Both tables have the same columns and types; a key may come several times on the target."""
    if len(expected) == len(found) and _ordered(expected, key).equals(_ordered(found, key)):
        return []
    names = expected.column_names
    here, there = _by_key(expected, key), _by_key(found, key)
    differences = [Difference(at, MISSING_SOURCE) for at in there if at not in here]
    for at, rows in here.items():
        others = there.get(at)
        if others is None:
            differences.append(Difference(at, MISSING_TARGET))
        elif len(others) != len(rows):
            differences.append(Difference(at, RECORD_DIFF, (("number of rows", len(rows), len(others)),)))
        elif rows[0] != others[0]:
            pairs = zip(names, rows[0], others[0], strict=True)
            differences.append(Difference(at, RECORD_DIFF, tuple(pair for pair in pairs if pair[1] != pair[2])))
    return differences


def _ordered(rows: pa.Table, key: Sequence[str]) -> pa.Table:
    return rows.take(pc.sort_indices(rows, sort_keys=[(name, "ascending") for name in key])).combine_chunks()


def _by_key(rows: pa.Table, key: Sequence[str]) -> dict[Key, list[tuple[Any, ...]]]:
    found: dict[Key, list[tuple[Any, ...]]] = defaultdict(list)
    places = [rows.column_names.index(name) for name in key]
    for row in zip(*(column.to_pylist() for column in rows.columns), strict=True):
        found[tuple(row[place] for place in places)].append(row)
    return found


def _told(value: Any) -> str | None:
    return None if value is None else str(value)[:_LONGEST_VALUE]
