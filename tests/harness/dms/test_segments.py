"""Tables that a rule has loaded in segments: every row once, partitions by name, and the rows that DMS leaves out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from dms_lab import Running, execute, mappings, rows_of, schema_of

from localaws.dms.exceptions import SettingsError
from localaws.dms.planning import plan_table
from localaws.dms.segments import SEGMENT, is_begun_otherwise, numbered, segments_of
from localaws.dms.settings.table_mappings import TableMappings
from localaws.dms.source.catalog import read_table
from localaws.dms.source.snapshot import Chunk


def parallel(schema: str, table: str = "k", **load: Any) -> dict[str, Any]:
    locator = {"schema-name": schema, "table-name": table}
    return {"rule-type": "table-settings", "rule-id": "9", "rule-name": "9", "object-locator": locator, "parallel-load": load}


RANGES = {"type": "ranges", "columns": ["a", "b"], "boundaries": [["3", "20"], ["7", "0"]]}


@pytest.mark.parametrize("boundaries", [[["5", "2"]], [["3", "20"], ["7", "0"]], [["7", "0"], ["3", "20"], ["7", "0"], ["9", "1"]]])
def test_every_row_is_in_one_segment_whatever_the_order_of_the_boundaries(source: Any, boundaries: list[list[str]]) -> None:
    schema = schema_of(source)
    execute(source, "CREATE TABLE k (id INT PRIMARY KEY, a INT, b INT)")
    execute(source, "INSERT INTO k SELECT seq, NULLIF(seq % 11, 10), NULLIF(seq % 31, 30) FROM seq_1_to_400", "COMMIT")
    table = read_table(source, schema, "k")
    assert table is not None
    rule = parallel(schema, type="ranges", columns=["a", "b"], boundaries=boundaries)
    plan = plan_table(TableMappings.parse(mappings(schema, rule)), table, changes=False)

    segments = segments_of(source, plan, with_nulls=True)

    found = [number for part in segments for (number,) in rows_of(source, f"SELECT id FROM k WHERE {part.condition}")]
    assert sorted(found) == list(range(1, 401))


@pytest.mark.parametrize("mode", ["strict_dms", "safe"])
def test_ranges_have_every_row_once_and_those_with_null_in_safe_mode_only(
    source: Any, warehouse: psycopg.Connection[Any], start: Callable[..., Running], mode: str
) -> None:
    schema = schema_of(source)
    execute(source, "CREATE TABLE k (id INT PRIMARY KEY, a INT, b INT)")
    values = [(n, n % 10, n % 50) for n in range(100)]
    execute(source, f"INSERT INTO k VALUES {', '.join(map(str, values))}, (100, NULL, 1), (101, 3, NULL), (102, 1, NULL)", "COMMIT")

    task = start(f"ranges {mode}", mappings(schema, parallel(schema, **RANGES)), migration="full-load", LocalEngine={"Mode": mode})
    task.wait_until_it_ends()

    found = [number for (number,) in rows_of(warehouse, f'SELECT id FROM "{schema}".k')]
    assert sorted(found) == [*range(100), *((100, 101) if mode == "safe" else ()), 102]  # 1 is below the first boundary, whatever b is
    chunks = rows_of(warehouse, f"SELECT chunk_column, rows_loaded FROM public.awsdms_load_state WHERE task_name = 'ranges {mode}'")
    assert len(chunks) == (4 if mode == "safe" else 3)
    assert {column for column, _ in chunks} == {SEGMENT}
    faults = task.replication.statistics.table(schema, "k").faults
    assert any("rows with null in a, b are left out" in fault for fault in faults) == (mode == "strict_dms")


@pytest.mark.parametrize(
    ("load", "expected"),
    [
        ({"type": "partitions-auto"}, [1, 15, 25]),
        ({"type": "partitions-list", "partitions": ["p0", "p2"]}, [1, 25]),
        ({"type": "none"}, [1, 15, 25]),
    ],
)
def test_partitions_are_loaded_all_or_those_that_are_listed(
    source: Any, warehouse: psycopg.Connection[Any], start: Callable[..., Running], load: dict[str, Any], expected: list[int]
) -> None:
    schema = schema_of(source)
    parts = "PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN (20), PARTITION p2 VALUES LESS THAN MAXVALUE"
    execute(source, f"CREATE TABLE k (id INT PRIMARY KEY) PARTITION BY RANGE (id) ({parts})")
    execute(source, "INSERT INTO k VALUES (1), (15), (25)", "COMMIT")

    start(f"partitions {load['type']}", mappings(schema, parallel(schema, **load)), migration="full-load").wait_until_it_ends()

    assert [number for (number,) in rows_of(warehouse, f'SELECT id FROM "{schema}".k')] == expected


def test_what_is_loaded_in_parts_of_another_kind_is_not_gone_on_with(source: Any) -> None:
    schema = schema_of(source)
    execute(source, "CREATE TABLE k (id INT PRIMARY KEY, a INT, b INT)")
    table = read_table(source, schema, "k")
    assert table is not None
    plan = plan_table(TableMappings.parse(mappings(schema, parallel(schema, **RANGES))), table, changes=False)
    segments = segments_of(source, plan, with_nulls=False)
    chunks = [chunk for chunk, _ in numbered(segments)]

    assert not is_begun_otherwise(chunks, segments)
    assert is_begun_otherwise(chunks[:2], segments)
    assert is_begun_otherwise([Chunk("id", None, 5)], segments)
    assert is_begun_otherwise(chunks, [])
    assert not is_begun_otherwise([Chunk("id", None, 5)], [])


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        (parallel("s", "%", type="partitions-auto"), "exact schema and table names"),
        (parallel("s", type="subpartitions-auto"), "subpartitions of Oracle only"),
        (parallel("s", type="ranges", columns=["a"], boundaries=[]), "it is empty"),
        (parallel("s", type="ranges", columns=["a"], boundaries=[["1", "2"]]), r"boundaries\[0\].*1 values"),
        (parallel("s", type="partitions-auto", partitions=["p"]), "partitions-auto has none"),
        ({**parallel("s", type="none"), "lob-settings": {"mode": "limited"}}, "set the task's LobMaxSize"),
    ],
)
def test_a_rule_that_cannot_be_done_is_refused(rule: dict[str, Any], reason: str) -> None:
    with pytest.raises(SettingsError, match=reason):
        TableMappings.parse(mappings("s", rule))
