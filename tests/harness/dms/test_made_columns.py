"""Rules that make columns: expressions, values before an update, masks; in a load and in changes, and what of it is refused."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
import pymysql
import pytest
from dms_lab import Running, execute, mappings, rows_of, schema_of

from localaws.dms.binlog.events import DELETE, INSERT, UPDATE
from localaws.dms.exceptions import ReplicationError, SettingsError
from localaws.dms.expressions import Facts, evaluated, parse_expression
from localaws.dms.planning import check_together, plan_table
from localaws.dms.settings.table_mappings import TableMappings
from localaws.dms.settings.task_settings import TaskSettings
from localaws.dms.types import ColumnType, SourceColumn, SourceTable

TEXT = ColumnType("text", 80, charset="utf8mb4")
TABLE = SourceTable(
    "shop",
    "people",
    (
        SourceColumn("id", ColumnType("int", 4), False),
        SourceColumn("name", TEXT),
        SourceColumn("salary", ColumnType("decimal", precision=10, scale=2)),
        SourceColumn("note", ColumnType("text", 4_294_967_295, charset="utf8mb4", lob=True)),
    ),
    ("id",),
)
ROWS = pa.RecordBatch.from_pydict(
    {
        "id": pa.array([1, 2, 3], pa.int32()),
        "name": ["Ann", "o'Neil", None],
        "salary": pa.array([Decimal(20000), None, Decimal(100)], pa.decimal128(10, 2)),
    }
)
FACTS = Facts(np.array([INSERT, UPDATE, DELETE]), np.array([0, 60, 3600]), np.array([1 << 32, (1 << 32) + 7, 2 << 32]))


def rule(number: int, action: str, schema: str = "shop", table: str = "%", column: str = "", **more: Any) -> dict[str, Any]:
    locator = {"schema-name": schema, "table-name": table} | ({"column-name": column} if column else {})
    named = {"rule-type": "transformation", "rule-id": str(number), "rule-name": str(number), "rule-target": "column"}
    return {**named, "rule-action": action, "object-locator": locator, **more}


def added(number: int, name: str, expression: str, kind: str = "string", **more: Any) -> dict[str, Any]:
    sizes = {"length": 60} if kind == "string" else {}
    return rule(number, "add-column", **more, value=name, expression=expression, **{"data-type": {"type": kind, **sizes}})


@pytest.mark.parametrize(
    ("expression", "values"),
    [
        ("$name||'_'||$id", ["Ann_1", "o'Neil_2", None]),
        ("CASE WHEN round($salary)>=20000 THEN 'SENIOR' ELSE 'JUNIOR' END", ["SENIOR", "JUNIOR", "JUNIOR"]),
        ("coalesce($name, 'it''s $name')", ["Ann", "o'Neil", "it's $name"]),
        ("upper(substr($name, 1, 2)) || replaceChars('abcde', 'abcd', '123')", ["AN1231e", "O'1231e", None]),
        ("hash_sha256($name)", [hashlib.sha256(b"Ann").hexdigest(), hashlib.sha256(b"o'Neil").hexdigest(), None]),
        ("strftime('%Y', '2024-02-29', '+1 year')", ["2025"] * 3),
        ("operation_indicator('D', 'U', 'I')", ["I", "U", "D"]),
        ("$AR_H_OPERATION || ' ' || $AR_H_STREAM_POSITION", ["INSERT 1.0", "UPDATE 1.7", "DELETE 2.0"]),
        ("$AR_H_COMMIT_TIMESTAMP", ["1970-01-01 00:00:00.000000", "1970-01-01 00:01:00.000000", "1970-01-01 01:00:00.000000"]),
        ("$AR_H_CHANGE_SEQ", [f"1970010100{part}00{number:019d}" for part, number in (("0000", 1 << 32), ("0100", (1 << 32) + 7))]),
        ("$AR_M_SOURCE_SCHEMA || '.' || $AR_M_SOURCE_TABLE_NAME", ["shop.people"] * 3),
    ],
)
def test_an_expression_gives_what_the_guide_says(expression: str, values: list[str | None]) -> None:
    found = evaluated(parse_expression(expression, TABLE, "$.rules[1]"), ROWS, FACTS, pa.string(), "new").to_pylist()

    assert found[: len(values)] == values
    assert all(value is None or "CHANGE_SEQ" not in expression or len(value) == 35 for value in found)


def test_in_a_load_rows_are_inserts_without_a_place() -> None:
    parsed = parse_expression("operation_indicator('D', 'U', 'I') || $AR_H_STREAM_POSITION || $AR_H_CHANGE_SEQ", TABLE, "$")

    assert evaluated(parsed, ROWS, None, pa.string(), "new").to_pylist() == ["I"] * 3


def test_a_value_of_another_type_is_told_with_its_column() -> None:
    with pytest.raises(ReplicationError, match="column new, '\\$name', gives a value that is no int64"):
        evaluated(parse_expression("$name", TABLE, "$"), ROWS, None, pa.int64(), "new")


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        ([added(2, "new", "$nobody")], "no column nobody"),
        ([added(2, "new", "$note")], "people.note is a LOB"),
        ([added(2, "new", "lower($name")], "SQLite does not understand"),
        ([added(2, "new", "$AR_H_USER")], "AR_H_USER is not told for MySQL"),
        ([added(2, "NAME", "1")], "two columns .* get the name name"),
        ([rule(2, "add-column", value="new", **{"data-type": {"type": "int4"}})], "expression.*missing"),
        ([rule(2, "data-masking-digits-mask", column="name", value="##")], "one printable ASCII character"),
        ([rule(2, "data-masking-digits-mask", column="salary", value="#")], r"not done on .*salary, which is NUMERIC\(10,2\)"),
        ([rule(2, "data-masking-hash-mask", column="note")], "takes texts but no LOBs"),
        ([rule(2, "data-masking-digits-randomize", column="id")], "a part of the key"),
        (
            [
                rule(2, "data-masking-digits-mask", column="name", value="#"),
                rule(3, "define-primary-key", **{"rule-target": "table", "primary-key-def": {"name": "pk", "columns": ["name"]}}),
            ],
            "define-primary-key names name .*data-masking-digits-mask leaves rows that nobody can tell apart",
        ),
        ([rule(2, "data-masking-hash-mask", column="name"), rule(3, "data-masking-digits-randomize", column="n%")], "masked by 2 rules"),
        ([rule(2, "add-before-image-columns", **{"before-image-def": {"column-prefix": ""}})], "column-prefix"),
        ([rule(2, "rename", column="name", value="x", expression="1")], "expression.*no such setting"),
    ],
)
def test_what_cannot_be_made_is_refused_with_the_reason(rules: list[dict[str, Any]], reason: str) -> None:
    with pytest.raises(SettingsError, match=reason):
        plan_table(TableMappings.parse(mappings("shop", *rules)), TABLE, changes=True)


def test_before_images_are_asked_for_by_a_rule_or_by_the_settings_and_not_by_both() -> None:
    asked = TableMappings.parse(mappings("shop", rule(2, "add-before-image-columns", **{"before-image-def": {"column-filter": "all"}})))
    settings = TaskSettings.parse(json.dumps({"BeforeImageSettings": {"EnableBeforeImage": True, "FieldName": "before"}}))

    check_together(asked, TaskSettings.parse("{}"))
    with pytest.raises(SettingsError, match="one of them"):
        check_together(asked, settings)


def test_columns_are_made_in_the_load_and_in_changes_and_deleted_rows_stay_flagged(
    source: pymysql.connections.Connection[Any], warehouse: psycopg.Connection[Any], start: Callable[..., Running]
) -> None:
    schema = schema_of(source)
    execute(source, "CREATE TABLE people (id INT PRIMARY KEY, name VARCHAR(20), passport VARCHAR(12), pay DECIMAL(8,2), born DATE)")
    execute(source, "INSERT INTO people VALUES (1, 'Ann', 'C6BGJ56669K', 12.50, '2000-02-29'), (2, 'Bob', NULL, 7, NULL)", "COMMIT")
    rules = [
        added(2, "op", "operation_indicator('D', 'U', 'I')", schema=schema),
        added(3, "whole_pay", "round($pay)", "int8", schema=schema),
        added(4, "next_day", "date($born, '+1 day')", "date", schema=schema),
        rule(5, "data-masking-digits-mask", schema, column="passport", value="#"),
        rule(6, "data-masking-hash-mask", schema, column="name"),
        rule(7, "add-before-image-columns", schema, column="pay", **{"before-image-def": {"column-filter": "all"}}),
        rule(8, "remove-column", schema, column="born"),
    ]

    def there() -> dict[int, tuple[Any, ...]]:
        if not rows_of(warehouse, f"SELECT 1 FROM svv_tables WHERE table_schema = '{schema}' AND table_name = 'people'"):
            return {}
        columns = "id, name, passport, pay, op, whole_pay, CAST(next_day AS VARCHAR(10)), bi_pay"
        return {row[0]: row[1:] for row in rows_of(warehouse, f'SELECT {columns} FROM "{schema}".people')}

    def told(name: str, *values: Any) -> tuple[Any, ...]:
        return (hashlib.sha256(name.encode()).hexdigest(), *(value if value is None else str(value) for value in values))

    def texts() -> dict[int, tuple[Any, ...]]:
        return {number: tuple(value if value is None else str(value) for value in row) for number, row in there().items()}

    task = start("made", mappings(schema, *rules))
    task.wait_for(lambda: len(there()) == 2)
    first = {1: told("Ann", "C#BGJ#####K", "12.50", "I", 13, "2000-03-01", None), 2: told("Bob", None, "7.00", "I", 7, None, None)}
    assert texts() == first

    execute(source, "UPDATE people SET pay = 99 WHERE id = 1", "DELETE FROM people WHERE id = 2", "COMMIT")
    execute(source, "INSERT INTO people VALUES (3, 'Cid', '1-2', 1, NULL)", "COMMIT")
    task.wait_for(lambda: len(there()) == 3)
    after = {
        1: told("Ann", "C#BGJ#####K", "99.00", "U", 99, "2000-03-01", "12.50"),
        2: told("Bob", None, "7.00", "D", 7, None, None),
        3: told("Cid", "#-#", "1.00", "I", 1, None, None),
    }
    assert texts() == after

    execute(source, "INSERT INTO people VALUES (2, 'Bea', NULL, 2, NULL)", "COMMIT")
    task.wait_for(lambda: texts()[2] == told("Bea", None, "2.00", "I", 2, None, None))
    assert len(rows_of(warehouse, f'SELECT id FROM "{schema}".people')) == 3
    task.stop()


def test_a_table_whose_rows_cannot_be_made_leaves_the_connection_to_the_next(
    source: Any, warehouse: psycopg.Connection[Any], start: Callable[..., Running]
) -> None:
    schema = schema_of(source)
    for name in ("a", "b"):
        execute(source, f"CREATE TABLE {name} (id INT PRIMARY KEY, v VARCHAR(300))")
        execute(source, f"INSERT INTO {name} SELECT seq, REPEAT('x', 300) FROM seq_1_to_40000", "COMMIT")  # in several batches
    wrong = added(2, "n", "$v", "int8", schema=schema, table="a")

    task = start("left", mappings(schema, wrong), migration="full-load", FullLoadSettings={"MaxFullLoadSubTasks": 1})
    task.wait_until_it_ends()

    assert "gives a value that is no int64" in task.replication.statistics.table(schema, "a").message
    assert task.replication.statistics.table(schema, "b").message == ""
    assert rows_of(warehouse, f'SELECT count(*) FROM "{schema}".b') == [(40000,)]


def test_a_table_whose_deleted_rows_cannot_be_found_is_suspended_by_itself(
    source: Any, warehouse: psycopg.Connection[Any], start: Callable[..., Running]
) -> None:
    schema = schema_of(source)
    execute(source, "CREATE TABLE bag (x INT)", "CREATE TABLE k (id INT PRIMARY KEY)")
    at = added(2, "at", "$AR_H_COMMIT_TIMESTAMP", schema=schema, table="bag")
    task = start("unfound", mappings(schema, at))
    task.wait_for(lambda: task.replication.statistics.phase == "ongoing replication")

    execute(source, "INSERT INTO bag VALUES (1), (2)", "COMMIT")
    task.wait_for(lambda: rows_of(warehouse, f'SELECT x FROM "{schema}".bag') == [(1,), (2,)])
    execute(source, "DELETE FROM bag WHERE x = 1", "INSERT INTO k VALUES (1)", "COMMIT")
    task.wait_for(lambda: rows_of(warehouse, f'SELECT id FROM "{schema}".k') == [(1,)])
    task.stop()

    assert "would not be found" in task.replication.suspended[f"{schema}.bag"]
    assert rows_of(warehouse, f'SELECT x FROM "{schema}".bag') == [(1,), (2,)]
    again = start("unfound", mappings(schema, at), "resume-processing")
    execute(source, "INSERT INTO k VALUES (2)", "COMMIT")
    again.wait_for(lambda: rows_of(warehouse, f'SELECT id FROM "{schema}".k') == [(1,), (2,)])
    assert again.replication.statistics.table(schema, "bag").table_state == "Table error"


def test_random_digits_keep_the_form_and_the_type(source: Any, warehouse: psycopg.Connection[Any], start: Callable[..., Running]) -> None:
    schema = schema_of(source)
    execute(source, "CREATE TABLE k (id INT PRIMARY KEY, card VARCHAR(20), n INT, d DECIMAL(9,3), u BIGINT UNSIGNED)")
    execute(source, "INSERT INTO k VALUES (1, '1234-5678 x', 2147483647, -123456.789, 18446744073709551615), (2, NULL, 0, 0, 0)", "COMMIT")
    masks = [rule(number, "data-masking-digits-randomize", schema, column=name) for number, name in enumerate(["card", "n", "d", "u"], 2)]

    start("random", mappings(schema, *masks), migration="full-load").wait_until_it_ends()

    ((_, card, number, exact, tall), (_, nothing, *_)) = rows_of(warehouse, f'SELECT * FROM "{schema}".k ORDER BY id')
    assert re.fullmatch(r"\d{4}-\d{4} x", card)
    assert (card, number, exact, tall) != ("1234-5678 x", 2147483647, -123456.789, 18446744073709551615)
    assert exact <= 0 <= number <= 2147483647
    assert 0 <= tall <= 18446744073709551615
    assert nothing is None
