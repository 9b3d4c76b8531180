"""The snapshot and the binlog give the same values, of every type of MySQL, and the values are right."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from dms_lab import execute, schema_of

from localaws.dms.binlog.events import DELETE, INSERT, UPDATE, Changes, Commit, Item, RowChanges, Statement
from localaws.dms.exceptions import BinlogError, BinlogGoneError, UnsupportedColumnError
from localaws.dms.source.catalog import read_table
from localaws.dms.source.connection import MySqlAddress
from localaws.dms.source.snapshot import Chunk, Position, chunks_of, current_position, open_snapshot, remaining
from localaws.dms.source.stream import BinlogStream

# Column type, a literal, and the value that both ways must give (None: null).
CASES: list[tuple[str, str, Any]] = [
    ("TINYINT", "-128", -128),
    ("TINYINT UNSIGNED", "255", 255),
    ("SMALLINT", "-32768", -32768),
    ("SMALLINT UNSIGNED", "65535", 65535),
    ("MEDIUMINT", "-8388608", -8388608),
    ("MEDIUMINT UNSIGNED", "16777215", 16777215),
    ("INT", "-2147483648", -2147483648),
    ("INT UNSIGNED", "4294967295", 4294967295),
    ("BIGINT", "-9223372036854775808", -9223372036854775808),
    ("BIGINT UNSIGNED", "18446744073709551615", Decimal("18446744073709551615")),
    ("DECIMAL(15,2)", "-1234567890123.45", Decimal("-1234567890123.45")),
    ("DECIMAL(18,18)", "-0.000000000000000001", Decimal("-0.000000000000000001")),
    ("DECIMAL(38,10)", "-1234567890123456789012345678.0123456789", Decimal("-1234567890123456789012345678.0123456789")),
    ("DECIMAL(65,30)", "-123.000000000000000000000000000001", "-123.000000000000000000000000000001"),
    ("FLOAT", "1.1", float(np.float32(1.1))),
    ("DOUBLE", "-2.2250738585072014e-308", -2.2250738585072014e-308),
    ("BIT(1)", "b'1'", True),
    ("BIT(12)", "b'101010101010'", b"\x0a\xaa"),
    ("YEAR", "2024", 2024),
    ("YEAR", "0", 0),
    ("DATE", "'2024-02-29'", datetime.date(2024, 2, 29)),
    ("DATE", "'0000-00-00'", None),
    ("DATE", "'1000-01-01'", datetime.date(1000, 1, 1)),
    ("DATETIME", "'9999-12-31 23:59:59'", datetime.datetime(9999, 12, 31, 23, 59, 59)),
    ("DATETIME(3)", "'2024-01-02 03:04:05.678'", datetime.datetime(2024, 1, 2, 3, 4, 5, 678000)),
    ("DATETIME(6)", "'2024-00-10 00:00:00'", None),
    ("TIMESTAMP(6) NULL", "'2024-01-02 03:04:05.678901'", datetime.datetime(2024, 1, 2, 3, 4, 5, 678901)),
    ("TIMESTAMP NULL", "'0000-00-00'", None),
    ("TIME", "'-838:59:59'", "-838:59:59"),
    ("TIME(3)", "'-00:00:01.5'", "-00:00:01.500"),
    ("TIME(5)", "'12:00:00.12345'", "12:00:00.12345"),
    ("CHAR(5)", "'ab '", "ab"),
    ("VARCHAR(300)", "'žluťoučký 😀'", "žluťoučký 😀"),
    ("VARCHAR(20) CHARSET latin1", "'café €'", "café €"),
    ("VARCHAR(20) CHARSET utf16", "'žš'", "žš"),
    ("VARCHAR(20) CHARSET cp1251", "'Привет'", "Привет"),
    ("TEXT", "REPEAT('é', 1000)", "é" * 1000),
    ("ENUM('x','é','it''s')", "'it''s'", "it's"),
    ("ENUM('x','y')", "'none of them'", ""),
    ("SET('a','b','c')", "'c,a'", "a,c"),
    ("SET('a','b','c')", "''", ""),
    ("BINARY(6)", "0x010200", b"\x01\x02\x00\x00\x00\x00"),
    ("VARBINARY(10)", "0x0A00", b"\x0a\x00"),
    ("LONGBLOB", "REPEAT(0xFF, 70000)", b"\xff" * 70000),
    ("JSON", '\'{"a": [1, null]}\'', '{"a": [1, null]}'),
    ("POINT", "POINT(1, 2)", bytes.fromhex("00000000" "0101000000" "000000000000f03f" "0000000000000040")),
]


def read_all(stream: BinlogStream, until: Position) -> list[Item]:
    """Everything up to a position."""
    found: list[Item] = []
    while not any(isinstance(item, Commit | Statement) and item.position.order >= until.order for item in found):
        found += stream.read(0.05)
    return found


def row_changes(items: list[Item]) -> list[RowChanges]:
    return [table for item in items if isinstance(item, Changes) for table in item.tables]


def stream_of(address: MySqlAddress, position: Position, schema: str) -> BinlogStream:
    return BinlogStream(address, position, 4711, lambda owner, table: owner == schema, lambda table: None)


def test_snapshot_and_binlog_give_every_types_values(source: Any, address: MySqlAddress) -> None:
    schema, begin = schema_of(source), current_position(source)
    columns = ", ".join(f"c{number} {kind}" for number, (kind, _, _) in enumerate(CASES))
    values = ", ".join(literal for _, literal, _ in CASES)
    nulls = ", ".join("DEFAULT" if "NOT NULL" in kind else "NULL" for kind, _, _ in CASES)
    execute(source, f"CREATE TABLE t (id INT PRIMARY KEY, {columns})")
    execute(source, f"INSERT INTO t VALUES (1, {values})", f"INSERT INTO t VALUES (2, {nulls})")
    expected = [(1, *(value for _, _, value in CASES)), (2, *(None for _ in CASES))]

    table = read_table(source, schema, "t")
    assert table is not None
    snapshot = open_snapshot(address, 1)
    loaded = pa.Table.from_batches(snapshot.read(0, table, table.columns, ""))
    snapshot.close()
    stream = stream_of(address, begin, schema)
    (changes,) = row_changes(read_all(stream, current_position(source)))
    stream.close()

    captured = pa.Table.from_batches([changes.rows])
    for number, column in enumerate(["id", *(kind for kind, _, _ in CASES)]):
        assert [row[number] for row in expected] == loaded.column(number).to_pylist(), f"the snapshot's {column}"
        assert [row[number] for row in expected] == captured.column(number).to_pylist(), f"the binlog's {column}"
    assert loaded.schema.equals(captured.schema)
    # The catalog and the binlog agree about the types too, so that a plan made from either is the same.
    assert {column.name: column.type for column in table.columns} == dict(changes.table.signature)
    assert changes.table.key == table.key == ("id",)


def test_updates_and_deletes_carry_the_row_before(source: Any, address: MySqlAddress) -> None:
    schema = schema_of(source)
    execute(source, "CREATE TABLE t (a INT, b VARCHAR(10))", "INSERT INTO t VALUES (1, 'x'), (2, NULL)")
    begin = current_position(source)
    execute(source, "UPDATE t SET b = 'y', a = a + 10", "DELETE FROM t WHERE a = 11", "INSERT INTO t VALUES (3, 'z')")

    stream = stream_of(address, begin, schema)
    (changes,) = row_changes(read_all(stream, current_position(source)))
    stream.close()

    assert changes.operation.tolist() == [UPDATE, UPDATE, DELETE, INSERT]
    assert changes.rows.to_pylist() == [{"a": 11, "b": "y"}, {"a": 12, "b": "y"}, {"a": 11, "b": "y"}, {"a": 3, "b": "z"}]
    assert changes.before.to_pylist() == [{"a": 1, "b": "x"}, {"a": 2, "b": None}]
    assert (np.diff(changes.sequence) > 0).all()
    assert begin.place < changes.sequence[0] <= changes.sequence[-1] < current_position(source).place


def test_a_transaction_larger_than_the_buffer_and_a_value_larger_than_a_packet_are_whole(source: Any, address: MySqlAddress) -> None:
    schema, big = schema_of(source), 20 << 20
    execute(source, "CREATE TABLE t (id INT PRIMARY KEY, v LONGTEXT, w VARCHAR(500))")
    begin = current_position(source)
    execute(source, "INSERT INTO t SELECT seq, NULL, REPEAT('w', 400) FROM seq_1_to_30000")
    execute(source, f"INSERT INTO t VALUES (0, REPEAT('é', {big // 2}), 'end')")

    stream = stream_of(address, begin, schema)
    items = read_all(stream, current_position(source))
    stream.close()

    rows = pa.concat_tables([pa.Table.from_batches([changes.rows]) for changes in row_changes(items)])
    assert rows.column("id").to_pylist() == [*range(1, 30001), 0]
    assert rows.column("v")[-1].as_py() == "é" * (big // 2)
    # Nothing of the first transaction is called committed before all of it has come.
    first = next(place for place, item in enumerate(items) if isinstance(item, Commit))
    assert sum(item.rows for item in items[:first] if isinstance(item, Changes)) >= 30000

    table = read_table(source, schema, "t")
    assert table is not None
    snapshot = open_snapshot(address, 1)
    loaded = pa.Table.from_batches(snapshot.read(0, table, table.columns, ""))
    snapshot.close()
    assert loaded.sort_by("id").to_pydict() == rows.sort_by("id").to_pydict()


def test_single_row_transactions_are_joined_in_order_across_a_rotated_binlog(source: Any, address: MySqlAddress) -> None:
    schema = schema_of(source)
    execute(source, "CREATE TABLE t (id INT PRIMARY KEY, v INT)")
    begin = current_position(source)
    execute(source, *(f"INSERT INTO t VALUES ({number}, {number % 7})" for number in range(200)), "FLUSH BINARY LOGS")
    execute(source, *(f"UPDATE t SET v = v + 1 WHERE id = {number}" for number in range(200)))
    end = current_position(source)

    stream = stream_of(address, begin, schema)
    items = read_all(stream, end)
    stream.close()

    assert end.file != begin.file
    changes = row_changes(items)
    assert [value for part in changes for value in part.rows.column("id").to_pylist()] == [*range(200), *range(200)]
    assert sum(item.transactions for item in items if isinstance(item, Commit)) >= 400
    commits = [item.position.order for item in items if isinstance(item, Commit)]
    assert commits == sorted(commits)


def test_statements_come_between_the_rows_around_them(source: Any, address: MySqlAddress) -> None:
    schema, begin = schema_of(source), current_position(source)
    execute(source, "CREATE TABLE t (id INT PRIMARY KEY)", "INSERT INTO t VALUES (1)")
    execute(source, "ALTER TABLE t ADD COLUMN v INT", "INSERT INTO t VALUES (2, 3)", "TRUNCATE t")

    stream = stream_of(address, begin, schema)
    items: list[Any] = [item for item in read_all(stream, current_position(source)) if not isinstance(item, Commit)]
    stream.close()

    told = [item.sql.split()[0] if isinstance(item, Statement) else item.tables[0].rows.to_pylist() for item in items]
    assert told == ["CREATE", [{"id": 1}], "ALTER", [{"id": 2, "v": 3}], "TRUNCATE"]


def test_a_purged_position_is_told_as_such(source: Any, address: MySqlAddress) -> None:
    stream = BinlogStream(address, Position("binlog.999999", 4), 4711, lambda owner, table: True, lambda table: None)
    with pytest.raises(BinlogGoneError, match="reload-target"):
        list(stream.read(1.0))
    stream.close()


@pytest.mark.parametrize(("setting", "value"), [("binlog_row_image", "MINIMAL"), ("binlog_format", "STATEMENT")])
def test_changes_that_are_no_whole_rows_are_refused_with_the_setting(source: Any, address: MySqlAddress, setting: str, value: str) -> None:
    schema = schema_of(source)
    execute(source, "CREATE TABLE t (id INT PRIMARY KEY, v INT)", "INSERT INTO t VALUES (1, 2)")
    begin = current_position(source)
    execute(source, f"SET SESSION {setting} = {value}", "UPDATE t SET v = 3")

    stream = stream_of(address, begin, schema)
    with pytest.raises(BinlogError, match=setting):
        read_all(stream, current_position(source))
    stream.close()


@pytest.mark.parametrize("kind", ["UUID", "INET6"])
def test_a_type_that_is_not_replicated_is_named(source: Any, kind: str) -> None:
    execute(source, f"CREATE TABLE t (id INT PRIMARY KEY, v {kind})")

    with pytest.raises(UnsupportedColumnError, match=rf"t\.v is of type {kind.lower()}"):
        read_table(source, schema_of(source), "t")


def test_chunks_cover_the_whole_range_without_overlap(source: Any) -> None:
    execute(source, "CREATE TABLE t (id INT PRIMARY KEY)", "INSERT INTO t SELECT CAST(seq AS SIGNED) - 50 FROM seq_1_to_1000")
    table = read_table(source, schema_of(source), "t", rows=1000)
    assert table is not None

    chunks = chunks_of(source, table, 300)

    assert len(chunks) == 4
    counted = []
    for chunk in chunks:
        with source.cursor() as cursor:
            cursor.execute(f"SELECT COUNT(*) FROM t WHERE {chunk.condition('id')}")
            counted.append(cursor.fetchone()[0])
    assert sum(counted) == 1000
    assert min(counted) >= 200


def test_what_remains_of_an_interrupted_load_is_what_lies_between_the_chunks_that_are_done() -> None:
    first, third, last = Chunk("id", None, 10), Chunk("id", 20, 30), Chunk("id", 40, None)

    assert remaining([third, first]) == [Chunk("id", 10, 20), Chunk("id", 30, None)]
    assert remaining([third, last]) == [Chunk("id", None, 20), Chunk("id", 30, 40)]
    assert remaining([Chunk()]) == []


def test_a_change_has_the_same_sequence_whenever_it_is_read(source: Any, address: MySqlAddress) -> None:
    schema = schema_of(source)
    execute(source, "CREATE TABLE t (a INT PRIMARY KEY, b VARCHAR(3000))", "CREATE TABLE other (a INT)")
    begin = current_position(source)
    execute(source, "INSERT INTO t SELECT seq, REPEAT('x', 3000) FROM seq_1_to_20", "INSERT INTO other VALUES (1)", "FLUSH BINARY LOGS")
    middle = current_position(source)
    execute(source, "UPDATE t SET b = 'y'", "DELETE FROM t WHERE a < 5")

    def read(position: Position) -> dict[str, np.ndarray]:
        stream = stream_of(address, position, schema)
        found = row_changes(read_all(stream, current_position(source)))
        stream.close()
        names = {part.table.table for part in found}
        return {name: np.concatenate([part.sequence for part in found if part.table.table == name]) for name in names}

    whole, later = read(begin), read(middle)

    assert len(whole["t"]) == 44
    assert (np.diff(whole["t"]) > 0).all()
    assert whole["t"][19] < whole["other"][0] < whole["t"][20]
    assert list(later["t"]) == list(whole["t"][20:])
