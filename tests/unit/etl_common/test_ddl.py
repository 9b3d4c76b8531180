from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from etl_common.columns import Column
from etl_common.ddl import create_staging_table, create_table, insert_unknown_member, literal, redshift_files
from etl_common.dictionary import star_diagram
from etl_common.model import Dimension, Fact, Role, Storage, Warehouse

SHOP = Dimension(
    "dim_shop",
    "the firm's shops",
    (Column("shop_id", "bigint", "number"),),
    Storage("all", ("shop_key",), "Few rows: a copy on each node."),
    type1=(Column("city", "varchar(40)", "town"),),
)
SALE = Fact(
    "fact_sale",
    "sales",
    "transaction",
    ("sale_id",),
    (
        Column("sale_id", "bigint", "number", nullable=False),
        Column("shop_key", "bigint", "shop", nullable=False),
        Column("amount", "decimal(12,2)", "amount in EUR"),
    ),
    (Role("shop_key", "dim_shop", ("shop_id",)),),
    Storage("sale_id", ("shop_key",), "Spread evenly."),
)
SHOPS = Warehouse("shops", "what shops sell", (SHOP,), (SALE,))


def _statement(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.startswith("--"))


def test_a_fact_is_distributed_by_its_column_and_names_its_dimensions() -> None:
    assert _statement(create_table(SHOPS, SALE)) == (
        "CREATE TABLE IF NOT EXISTS warehouse.fact_sale (\n"
        "    sale_id BIGINT NOT NULL,\n"
        "    shop_key BIGINT NOT NULL,\n"
        "    amount DECIMAL(12, 2),\n"
        "    PRIMARY KEY (sale_id),\n"
        "    FOREIGN KEY (shop_key) REFERENCES warehouse.dim_shop (shop_key)\n"
        ")\n"
        "DISTSTYLE KEY\n"
        "DISTKEY (sale_id)\n"
        "SORTKEY (shop_key);\n"
        "\n"
        "COMMENT ON TABLE warehouse.fact_sale IS 'sales';\n"
        "COMMENT ON COLUMN warehouse.fact_sale.sale_id IS 'number';\n"
        "COMMENT ON COLUMN warehouse.fact_sale.shop_key IS 'shop';\n"
        "COMMENT ON COLUMN warehouse.fact_sale.amount IS 'amount in EUR';"
    )


def test_the_reason_for_the_keys_stands_above_the_table() -> None:
    assert "-- Few rows: a copy on each node.\nCREATE TABLE" in create_table(SHOPS, SHOP)


def test_a_staging_table_has_the_columns_and_the_distribution_but_no_keys() -> None:
    assert _statement(create_staging_table(SHOPS, SALE)) == (
        "CREATE TABLE IF NOT EXISTS staging.fact_sale (\n"
        "    sale_id BIGINT NOT NULL,\n"
        "    shop_key BIGINT NOT NULL,\n"
        "    amount DECIMAL(12, 2)\n"
        ")\n"
        "BACKUP NO\n"
        "DISTSTYLE KEY\n"
        "DISTKEY (sale_id);"
    )


def test_the_unknown_member_is_inserted_once() -> None:
    assert _statement(insert_unknown_member(SHOPS, SHOP)) == (
        "INSERT INTO warehouse.dim_shop (\n"
        "    shop_key,\n"
        "    shop_id,\n"
        "    city\n"
        ")\n"
        "SELECT\n"
        "    CAST(-1 AS BIGINT) AS shop_key,\n"
        "    CAST(NULL AS BIGINT) AS shop_id,\n"
        "    CAST(NULL AS VARCHAR(40)) AS city\n"
        "WHERE NOT EXISTS (\n"
        "    SELECT 1 FROM warehouse.dim_shop\n"
        "    WHERE shop_key = -1\n"
        ");"
    )


@pytest.mark.parametrize(
    ("value", "sql"),
    [
        (None, "NULL"),
        (True, "TRUE"),
        (-1, "-1"),
        (Decimal("1.50"), "1.50"),
        (date(1900, 1, 1), "'1900-01-01'"),
        (datetime(9999, 12, 31), "'9999-12-31 00:00:00'"),
        ("the firm's", "'the firm''s'"),
    ],
    ids=str,
)
def test_a_value_is_written_as_a_literal(value: object, sql: str) -> None:
    assert literal(value) == sql


def test_every_table_has_a_file_and_every_dimension_its_unknown_member() -> None:
    assert sorted(redshift_files(SHOPS)) == [
        "20_tables/01_dim_shop.sql",
        "20_tables/02_fact_sale.sql",
        "30_staging/dim_shop.sql",
        "30_staging/fact_sale.sql",
        "50_unknown_members/dim_shop.sql",
        "maintenance/analyze.sql",
        "maintenance/vacuum.sql",
    ]


def test_the_diagram_has_an_edge_for_each_role() -> None:
    assert "    dim_shop ||--o{ fact_sale : shop_key" in star_diagram(SHOPS).splitlines()
