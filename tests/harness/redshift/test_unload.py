"""UNLOAD: what lies in the files, and that it comes back by COPY."""

from __future__ import annotations

import gzip
import json
import uuid
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from localaws.redshift.exceptions import RedshiftError
from localaws.redshift.session import Session

ROLE = "IAM_ROLE 'arn:aws:iam::123456789012:role/unload'"


@pytest.fixture
def prefix(storage: Path) -> Path:
    folder = storage / "lake" / uuid.uuid4().hex
    folder.mkdir()
    return folder


@pytest.fixture
def table(session: Session) -> Session:
    session.run("CREATE TABLE t (a int, b varchar(20), c decimal(8,2), d boolean, e timestamp, f date)")
    session.run("INSERT INTO t VALUES (1, 'x,\"y\"', 1.50, true, '2020-01-01 10:00:00', '2020-01-31'), (2, NULL, NULL, false, NULL, NULL)")
    return session


def unload(session: Session, prefix: Path, options: str, query: str = "SELECT * FROM t ORDER BY a") -> int:
    return session.run(f"UNLOAD ('{query}') TO 's3://lake/{prefix.name}/' {ROLE} {options}").count


TEXTS = [
    ("CSV HEADER", 'a,b,c,d,e,f\n1,"x,""y""",1.50,t,2020-01-01 10:00:00,2020-01-31\n2,,,f,,\n'),
    ("", '1|x,"y"|1.50|t|2020-01-01 10:00:00|2020-01-31\n2|||f||\n'),
    ("DELIMITER ',' ESCAPE NULL AS 'nil'", '1,x\\,"y",1.50,t,2020-01-01 10:00:00,2020-01-31\n2,nil,nil,f,nil,nil\n'),
    (
        "JSON",
        '{"a":1,"b":"x,\\"y\\"","c":1.50,"d":true,"e":"2020-01-01 10:00:00","f":"2020-01-31"}\n'
        '{"a":2,"b":null,"c":null,"d":false,"e":null,"f":null}\n',
    ),
]


@pytest.mark.parametrize(("options", "expected"), TEXTS, ids=["csv", "text", "escaped", "json"])
def test_a_text_format_is_written_as_redshift_writes_it(table: Session, prefix: Path, options: str, expected: str) -> None:
    assert unload(table, prefix, options) == 2
    assert (prefix / "0000_part_00").read_text(encoding="utf-8") == expected


def test_parquet_has_the_columns_types(table: Session, prefix: Path) -> None:
    assert unload(table, prefix, "FORMAT AS PARQUET") == 2
    found = pq.read_table(prefix / "0000_part_00.parquet")
    assert [str(field.type) for field in found.schema] == ["int32", "string", "decimal128(8, 2)", "bool", "timestamp[us]", "date32[day]"]
    assert [str(value) for value in found.to_pylist()[0].values()] == ["1", 'x,"y"', "1.50", "True", "2020-01-01 10:00:00", "2020-01-31"]


def test_a_query_is_redshifts_and_its_quotes_are_doubled(table: Session, prefix: Path) -> None:
    assert unload(table, prefix, "CSV PARALLEL OFF GZIP", "SELECT TOP 1 NVL(b, ''none'') FROM t ORDER BY a DESC") == 1
    assert gzip.decompress((prefix / "000.gz").read_bytes()) == b"none\n"


def test_what_was_unloaded_comes_back_by_copy_with_the_manifest(table: Session, prefix: Path) -> None:
    unload(table, prefix, "CSV MANIFEST", "SELECT * FROM t WHERE a = 1")
    (entry,) = json.loads((prefix / "manifest").read_text(encoding="utf-8"))["entries"]
    assert entry["meta"]["record_count"] == 1
    table.run("CREATE TABLE back (LIKE t)")
    assert table.run(f"COPY back FROM 's3://lake/{prefix.name}/manifest' {ROLE} CSV MANIFEST").count == 1
    same = table.run("SELECT COUNT(*) FROM (SELECT * FROM back MINUS SELECT * FROM t) AS more")
    assert [chunk.get_value(0, 0) for chunk in same.chunks] == [b"0"]


def test_a_verbose_manifest_has_the_schema_and_the_sums(table: Session, prefix: Path) -> None:
    unload(table, prefix, "PARQUET MANIFEST VERBOSE", "SELECT a, b, c, f FROM t")
    manifest = json.loads((prefix / "manifest").read_text(encoding="utf-8"))
    assert manifest["schema"]["elements"] == [
        {"name": "a", "type": {"base": "integer"}},
        {"name": "b", "type": {"base": "character varying", "max_length": 20}},
        {"name": "c", "type": {"base": "numeric", "precision": 8, "scale": 2}},
        {"name": "f", "type": {"base": "date"}},
    ]
    size = (prefix / "0000_part_00.parquet").stat().st_size
    assert (manifest["meta"], manifest["author"]["name"]) == ({"content_length": size, "record_count": 2}, "Amazon Redshift")


def test_parquet_is_split_by_maxfilesize_into_row_groups(table: Session, prefix: Path) -> None:
    rows = 200_000
    query = f"SELECT n, MD5(n::varchar) AS h, MD5((-n)::varchar) AS g FROM generate_series(1, {rows}) AS n"
    assert unload(table, prefix, "PARQUET MAXFILESIZE 5 MB MANIFEST", query) == rows
    files = sorted(prefix.glob("*.parquet"))
    assert len(files) > 1
    assert max(path.stat().st_size for path in files) < 6 << 20
    entries = json.loads((prefix / "manifest").read_text(encoding="utf-8"))["entries"]
    assert [entry["meta"]["record_count"] for entry in entries] == [pq.read_metadata(path).num_rows for path in files]
    assert sum(entry["meta"]["record_count"] for entry in entries) == rows
    unload(table, prefix, "PARQUET ROWGROUPSIZE 32 MB CLEANPATH", query)
    assert pq.read_metadata(prefix / "0000_part_00.parquet").num_row_groups == 1
    with pytest.raises(RedshiftError, match="ROWGROUPSIZE must be between 32 MB and 128 MB"):
        unload(table, prefix, "PARQUET ROWGROUPSIZE 16 MB", query)


def test_a_destination_that_is_not_empty_is_refused_unless_overwriting_is_allowed(table: Session, prefix: Path) -> None:
    (prefix / "old").write_text("old")
    with pytest.raises(RedshiftError, match="destination on S3 is not empty.*ALLOWOVERWRITE"):
        unload(table, prefix, "CSV")
    unload(table, prefix, "CSV ALLOWOVERWRITE")
    assert (prefix / "old").exists()
    unload(table, prefix, "CSV CLEANPATH")
    assert [path.name for path in prefix.iterdir()] == ["0000_part_00"]


def test_large_output_is_split_and_a_failed_one_leaves_nothing(table: Session, prefix: Path) -> None:
    rows = 120_000
    query = f"SELECT n, REPEAT(''x'', 80) FROM generate_series(1, {rows}) AS n"
    assert unload(table, prefix, "CSV MAXFILESIZE 5 MB", query) == rows
    files = sorted(prefix.iterdir())
    assert [path.name for path in files] == ["0000_part_00", "0000_part_01"]
    assert sum(path.read_bytes().count(b"\n") for path in files) == rows
    with pytest.raises(RedshiftError, match="Divide by zero"):
        unload(table, prefix, "CSV ALLOWOVERWRITE", "SELECT 1 / (5000 - n) FROM generate_series(1, 10000) AS n")
    assert sorted(prefix.iterdir()) == files


def test_partitions_are_folders_and_their_columns_are_left_out_of_the_files(table: Session, prefix: Path) -> None:
    table.run("INSERT INTO t VALUES (3, 'z', 3.00, true, NULL, '2020-01-31'), (4, 'a/b', 4.00, true, NULL, '2020-02-01')")
    assert unload(table, prefix, "CSV HEADER PARTITION BY (f, d)", "SELECT a, f, d, c FROM t") == 4
    found = {path.relative_to(prefix).as_posix(): path.read_text(encoding="utf-8") for path in prefix.rglob("*") if path.is_file()}
    assert found.keys() == {
        "f=2020-01-31/d=t/0000_part_00",
        "f=2020-02-01/d=t/0000_part_00",
        "f=__HIVE_DEFAULT_PARTITION__/d=f/0000_part_00",
    }
    assert sorted(found["f=2020-01-31/d=t/0000_part_00"].splitlines()) == ["1,1.50", "3,3.00", "a,c"]


def test_partitions_of_parquet_may_keep_their_columns(table: Session, prefix: Path) -> None:
    unload(table, prefix, "PARQUET PARTITION BY (a) INCLUDE", "SELECT a, c FROM t WHERE a < 3")
    assert pq.read_table(prefix / "a=1" / "0000_part_00.parquet", partitioning=None).to_pylist()[0]["a"] == 1
    with pytest.raises(RedshiftError, match="needs INCLUDE"):
        unload(table, prefix, "PARQUET ALLOWOVERWRITE PARTITION BY (a)", "SELECT a FROM t")
    with pytest.raises(RedshiftError, match='"nope" of PARTITION BY is not in the query'):
        unload(table, prefix, "PARQUET ALLOWOVERWRITE PARTITION BY (nope)", "SELECT a FROM t")
    assert len([path for path in prefix.rglob("*") if path.is_file()]) == 2
