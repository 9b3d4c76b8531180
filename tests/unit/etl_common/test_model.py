from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from pyspark.sql import types as T

from etl_common.columns import Column, RedshiftType, spark_schema
from etl_common.exceptions import ModelError
from etl_common.model import BATCH_ID, BEGINNING_OF_TIME, END_OF_TIME, Dimension, Fact, LakeTable, Role, Storage, Warehouse

EVERYWHERE = Storage("all", (), "small")
SHOP = Dimension(
    "dim_shop",
    "shops",
    (Column("shop_id", "bigint", "number"),),
    EVERYWHERE,
    tracked=(Column("city", "varchar(40)", "town"),),
    type1=(Column("name", "varchar(80)", "name"),),
    inferred=True,
)
DAY = Dimension("dim_date", "days", (Column("date", "date", "the day"),), EVERYWHERE, key_rule="calendar")
SALE = Fact(
    "fact_sale",
    "sales",
    "transaction",
    ("sale_id",),
    (
        Column("sale_id", "bigint", "number", nullable=False),
        Column("date_key", "integer", "day", nullable=False),
        Column("shop_key", "bigint", "shop", nullable=False),
        Column("amount", "decimal(12,2)", "amount"),
    ),
    (Role("date_key", "dim_date", ("sold_on",)), Role("shop_key", "dim_shop", ("shop_id",), as_of="sold_at", on_missing="infer")),
    Storage("sale_id", ("date_key",), "spread and pruned"),
)
SHOPS = Warehouse("shops", "what shops sell", (DAY, SHOP), (SALE,))


def test_a_mixed_dimension_has_its_columns_in_the_stated_order() -> None:
    assert [column.name for column in SHOP.columns] == [
        "shop_key",
        "shop_id",
        "city",
        "name",
        "effective_from",
        "effective_to",
        "is_current",
        "is_inferred",
        "is_deleted",
    ]


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        pytest.param({}, "mixed", id="tracked_and_type1"),
        pytest.param({"type1": ()}, "type2", id="tracked_only"),
        pytest.param({"tracked": (), "inferred": False}, "type1", id="type1_only"),
        pytest.param({"tracked": (), "type1": (), "inferred": False}, "junk", id="natural_key_only"),
    ],
)
def test_the_kind_of_a_dimension_follows_from_its_attributes(change: dict[str, object], kind: str) -> None:
    assert replace(SHOP, **change).kind == kind


def test_the_unknown_member_is_current_for_all_time_and_null_elsewhere() -> None:
    assert SHOP.unknown_member == {
        "shop_key": -1,
        "shop_id": None,
        "city": None,
        "name": None,
        "effective_from": BEGINNING_OF_TIME,
        "effective_to": END_OF_TIME,
        "is_current": True,
        "is_inferred": False,
        "is_deleted": False,
    }
    assert (datetime(1900, 1, 1), datetime(9999, 12, 31)) == (BEGINNING_OF_TIME, END_OF_TIME)


def test_dimensions_in_the_lake_say_which_batch_changed_them() -> None:
    in_the_lake = {table.name: [column.name for column in table.columns] for table in SHOPS.lake_tables}

    assert in_the_lake["dim_shop"][-3:] == ["is_deleted", "repointed_in", "batch_id"]
    assert in_the_lake["dim_date"] == ["date_key", "date", "batch_id"]


def test_the_spark_schema_has_the_types_and_the_comments() -> None:
    field = SALE.schema["amount"]

    assert field.dataType == T.DecimalType(12, 2)
    assert field.metadata == {"comment": "amount"}
    assert spark_schema(SALE.columns, comments=False)["amount"].metadata == {}


def test_measures_are_what_is_neither_grain_nor_key() -> None:
    assert [column.name for column in SALE.measures] == ["amount"]


@pytest.mark.parametrize("text", ["varchar", "decimal(10)", "text", "varchar(70000)", "bigint(3)", "decimal(39,2)"])
def test_a_type_that_redshift_does_not_have_is_refused(text: str) -> None:
    with pytest.raises(ModelError, match="type "):
        RedshiftType.parse(text)


def _fact(**change: object) -> Fact:
    return replace(SALE, **change)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        pytest.param(lambda: replace(SHOP, name="shop"), r"shop does not begin with dim_", id="name"),
        pytest.param(lambda: replace(SHOP, natural_key=()), r"dim_shop has no natural key", id="no_natural_key"),
        pytest.param(lambda: replace(SHOP, type1=SHOP.tracked), r"dim_shop declares city more than once", id="repeated_column"),
        pytest.param(lambda: replace(SHOP, tracked=()), r"dim_shop infers members but tracks", id="inferred_without_history"),
        pytest.param(lambda: Storage("region", (), "x").check("t", ["a"]), r"t is distributed by region", id="distribution"),
        pytest.param(lambda: Storage("all", ("b",), "x").check("t", ["a"]), r"t is sorted by b", id="sort_key"),
        pytest.param(lambda: Storage("all", (), "").check("t", ["a"]), r"t has no reason", id="no_reason"),
        pytest.param(lambda: _fact(grain=("receipt",)), r"fact_sale has no column receipt", id="grain"),
        pytest.param(lambda: _fact(grain=("amount",)), r"fact_sale.amount is a key but nullable", id="nullable_key"),
        pytest.param(lambda: Column("Name", "date", "x"), r"column 'Name' is not a lower-case identifier", id="identifier"),
        pytest.param(lambda: Column("name", "date", ""), r"column 'name' has no comment", id="no_comment"),
        pytest.param(lambda: SHOPS.table("fact_rent"), r"no table fact_rent. It has: dim_date, dim_shop, fact_sale", id="unknown_table"),
        pytest.param(lambda: LakeTable("t", "x", (BATCH_ID,), ("id",), "append"), r"t has a key of columns it", id="lake_key"),
        pytest.param(lambda: LakeTable("t", "x", SHOP.natural_key, ("shop_id",), "append"), r"t ends with shop_id", id="no_batch_id"),
    ],
)
def test_a_declaration_that_contradicts_itself_is_named(make: object, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        make()


@pytest.mark.parametrize(
    ("role", "message"),
    [
        pytest.param(Role("shop_key", "dim_store", ("shop_id",)), r"has no table dim_store", id="no_such_dimension"),
        pytest.param(Role("shop_key", "dim_shop", ("a", "b"), as_of="x"), r"shop_key looks dim_shop up by a, b", id="key_length"),
        pytest.param(Role("shop_key", "dim_shop", ("shop_id",)), r"shop_key has as_of=None for dim_shop", id="history_without_as_of"),
        pytest.param(Role("date_key", "dim_date", ("day",), as_of="x"), r"has as_of=x for dim_date", id="as_of_without_history"),
        pytest.param(Role("date_key", "dim_date", ("day",), on_missing="infer"), r"infers members of dim_date", id="infers_what_cannot_be"),
    ],
)
def test_a_role_that_does_not_fit_its_dimension_is_named(role: Role, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        replace(SHOPS, facts=(_fact(roles=(role,)),))


def test_two_tables_of_one_name_are_refused() -> None:
    with pytest.raises(ModelError, match="shops declares dim_shop more than once"):
        replace(SHOPS, dimensions=(DAY, SHOP, SHOP))
