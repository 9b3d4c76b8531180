from __future__ import annotations

from datetime import date

import pytest

from etl_common.exceptions import ConfigurationError
from etl_common.redshift.data_api import RedshiftDataApi, Target
from etl_common.redshift.load import LoadTable, StagedTable, client_token, literal, load_statements
from etl_common.redshift.migrate import SqlFile, split_statements

DIM = LoadTable("dim_part", ("part_key", "part_id"), ("part_id",))
FACT = LoadTable("fact_x", ("order_id", "line_number", "date"), ("order_id", "line_number"))


def statements(*tables: StagedTable) -> list[str]:
    return load_statements("1998-06-15", date(1998, 6, 15), "load-1998-06-15-1", tables, iam_role="default")


def test_a_load_locks_checks_replaces_by_key_and_writes_the_ledger() -> None:
    assert statements(StagedTable(DIM, "s3://staging/p/", 3)) == [
        "LOCK TABLE ops.load_ledger",
        "SELECT 1 / (CASE WHEN COUNT(*) = 0 THEN 1 ELSE 0 END) AS not_loaded_yet FROM ops.load_ledger WHERE batch_id = '1998-06-15'",
        "DELETE FROM staging.dim_part",
        "COPY staging.dim_part (\"part_key\", \"part_id\") FROM 's3://staging/p/' IAM_ROLE default FORMAT AS PARQUET",
        'DELETE FROM warehouse.dim_part USING staging.dim_part AS s WHERE warehouse.dim_part."part_id" = s."part_id"',
        'INSERT INTO warehouse.dim_part ("part_key", "part_id") SELECT "part_key", "part_id" FROM staging.dim_part',
        "INSERT INTO ops.load_ledger (batch_id, business_date, client_token, loaded_rows) "
        "VALUES ('1998-06-15', '1998-06-15', 'load-1998-06-15-1', 3)",
    ]


def test_a_table_without_rows_is_left_alone() -> None:
    assert not [s for s in statements(StagedTable(DIM, "s3://staging/p/", 0)) if "dim_part" in s]


def test_an_append_is_guarded_by_an_empty_ledger() -> None:
    found = statements(StagedTable(FACT, "s3://staging/f/", 3, append=True))

    assert found[2] == "SELECT 1 / (CASE WHEN COUNT(*) = 0 THEN 1 ELSE 0 END) AS nothing_loaded_yet FROM ops.load_ledger"
    assert found[3].startswith("COPY warehouse.fact_x")


def test_a_whole_warehouse_fits_into_one_transaction() -> None:
    tables = [StagedTable(LoadTable(f"t{i}", ("a",), ("a",)), "s3://x/", 1) for i in range(9)]

    assert len(statements(*tables)) <= 40


def test_more_than_40_statements_are_refused() -> None:
    api = RedshiftDataApi(client=None, target=Target("warehouse", workgroup="w"))

    with pytest.raises(ConfigurationError, match="has 41 statements, a batch takes 40"):
        api.submit(["SELECT 1"] * 41, "load", "token")


def test_a_target_is_a_workgroup_or_a_cluster() -> None:
    with pytest.raises(ConfigurationError, match="either a Redshift workgroup or a cluster"):
        Target("warehouse")


def test_a_name_that_is_no_plain_name_never_reaches_sql() -> None:
    with pytest.raises(ValueError, match="not a plain column or table name"):
        statements(StagedTable(LoadTable("t; DROP", ("a",), ("a",)), "s3://x/", 1))


def test_literals_are_quoted() -> None:
    assert literal("it's") == "'it''s'"


def test_a_token_says_batch_and_attempt_and_differs_by_the_files() -> None:
    first, other = (client_token("1998-06-15", 2, [StagedTable(FACT, uri, 1)]) for uri in ("s3://staging/a/", "s3://staging/b/"))

    assert first.startswith("load-1998-06-15-2-")
    assert first != other
    assert len(client_token("1998-06-15-" + "x" * 60, 12345, [])) <= 64


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("SELECT 1;\nSELECT 2;\n", ["SELECT 1", "SELECT 2"], id="two"),
        pytest.param("SELECT ';--' ; SELECT \"a;b\"", ["SELECT ';--'", 'SELECT "a;b"'], id="quotes"),
        pytest.param("-- a; b\nSELECT 1 /* c; d */ + 2;", ["SELECT 1   + 2"], id="comments"),
        pytest.param(" ;; ", [], id="nothing"),
        pytest.param("SELECT 4/2", ["SELECT 4/2"], id="division"),
        pytest.param("SELECT 4 - 2 -1", ["SELECT 4 - 2 -1"], id="minus"),
    ],
)
def test_a_script_is_split_into_statements(text: str, expected: list[str]) -> None:
    assert split_statements(text) == expected


def test_a_file_can_say_when_it_is_skipped() -> None:
    assert SqlFile("a.sql", "-- skip when: SELECT 1;\nCREATE GROUP g;").skip_when == "SELECT 1"
    assert SqlFile("a.sql", "CREATE GROUP g;").skip_when is None
