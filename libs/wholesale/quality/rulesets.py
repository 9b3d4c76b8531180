"""Rulesets of the curated tables, dimensions and facts: what follows from keys, and what the business expects.

Keys and what a formula fixes block a batch. Shares that drift warn: a bad day at a source is for
people to look at, not a reason to withhold every other order.
"""

from __future__ import annotations

from etl_common.quality.model_rules import model_rulesets
from etl_common.quality.rules import Metric, MetricRule, RowRule, Ruleset, merged
from wholesale.warehouse import WAREHOUSE

__all__ = ["CURATED_RULESETS", "DIMENSION_RULESETS", "FACT_RULESETS", "RULESETS"]


def _not_empty() -> MetricRule:
    return MetricRule("not_empty", Metric("size"), at_least=1, severity="block")


def _complete(column: str, share: float) -> MetricRule:
    return MetricRule(f"complete_{column}", Metric("completeness", column), at_least=share)


def _mostly(name: str, condition: str, share: float) -> MetricRule:
    return MetricRule(name, Metric("compliance", condition), at_least=share)


# Of what a batch changed; that it changed nothing is no fault (no rates on a weekend, no orders in a backfill).
CURATED_RULESETS = (
    Ruleset(
        "orders",
        rows=(
            RowRule("status_is_known", "status IN ('O', 'P', 'F')"),
            RowRule("total_price_is_positive", "total_price > 0"),
        ),
        metrics=(_complete("priority", 0.99), _mostly("few_orders_are_deleted", "NOT is_deleted", 0.9)),
    ),
    Ruleset(
        "order_line",
        rows=(
            RowRule("quantity_is_positive", "quantity > 0"),
            RowRule("extended_price_is_positive", "extended_price > 0"),
            RowRule("discount_is_a_share", "discount BETWEEN 0 AND 1"),
            RowRule("tax_is_a_share", "tax BETWEEN 0 AND 1"),
        ),
        metrics=(
            _mostly("received_after_shipped", "receipt_date IS NULL OR receipt_date >= ship_date", 0.999),
            _mostly("returned_after_received", "return_date IS NULL OR return_date >= receipt_date", 0.999),
        ),
    ),
    Ruleset("exchange_rate", rows=(RowRule("rate_is_positive", "usd_per_unit > 0"),)),
)

_DIMENSION_EXPECTATIONS = (
    Ruleset("dim_date", metrics=(_not_empty(),)),
    Ruleset("dim_geography", metrics=(_not_empty(), _complete("currency_code", 0.9))),
    Ruleset(
        "dim_customer",
        metrics=(_not_empty(), _complete("address", 0.99), _complete("nation_id", 0.99), _complete("market_segment", 0.99)),
    ),
    Ruleset(
        "dim_part",
        rows=(
            RowRule("category_is_of_its_manufacturer", "category LIKE concat(manufacturer, '_')", severity="warn"),
            RowRule("brand_is_of_its_category", "brand LIKE concat(category, '%')"),
        ),
        metrics=(
            _not_empty(),
            _mostly("few_parts_are_inferred", "NOT is_inferred", 0.95),
            MetricRule("retail_price_is_plausible", Metric("mean", "retail_price"), at_least=100, at_most=100_000),
        ),
    ),
    Ruleset("dim_supplier", metrics=(_not_empty(), _mostly("few_suppliers_are_inferred", "NOT is_inferred", 0.95))),
)

_FACT_EXPECTATIONS = (
    Ruleset(
        "fact_order_line",
        rows=(
            RowRule("net_amount_within_extended_price", "net_amount BETWEEN 0 AND extended_price"),
            RowRule("gross_amount_not_below_net_amount", "gross_amount >= net_amount"),
            RowRule("usd_exactly_with_a_rate", "(usd_per_unit IS NULL) = (net_amount_usd IS NULL)"),
        ),
        metrics=(_complete("usd_per_unit", 0.99),),
    ),
    Ruleset(
        "fact_fulfilment",
        rows=(
            RowRule("status_is_known", "status IN ('ordered', 'shipped', 'received', 'returned')"),
            RowRule("shipped_has_a_ship_date", "status <> 'shipped' OR ship_date_key <> -1"),
            RowRule("received_has_a_receipt_date", "status <> 'received' OR receipt_date_key <> -1"),
            RowRule("returned_has_a_return_date", "status <> 'returned' OR return_date_key <> -1"),
        ),
        metrics=(_mostly("transit_takes_no_negative_time", "days_in_transit IS NULL OR days_in_transit >= 0", 0.999),),
    ),
    Ruleset(
        "fact_inventory_daily",
        rows=(
            RowRule("quantity_is_not_negative", "available_quantity >= 0"),
            RowRule("value_is_quantity_times_cost", "inventory_value = available_quantity * supply_cost"),
        ),
    ),
    Ruleset("fact_exchange_rate", rows=(RowRule("rate_is_positive", "usd_per_unit > 0"),)),
)

_MODEL = model_rulesets(WAREHOUSE)
_DIMENSIONS = {dimension.name for dimension in WAREHOUSE.dimensions}

DIMENSION_RULESETS = merged((ruleset for ruleset in _MODEL if ruleset.table in _DIMENSIONS), _DIMENSION_EXPECTATIONS)
FACT_RULESETS = merged((ruleset for ruleset in _MODEL if ruleset.table not in _DIMENSIONS), _FACT_EXPECTATIONS)
RULESETS = (*CURATED_RULESETS, *DIMENSION_RULESETS, *FACT_RULESETS)
