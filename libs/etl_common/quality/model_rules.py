"""The rules that follow from a warehouse's keys, for every table of its declaration.

Redshift enforces none of its primary and foreign keys and its planner believes them, so they are
proved here before a load.
"""

from __future__ import annotations

from etl_common.columns import names
from etl_common.model import Dimension, Fact, Warehouse
from etl_common.quality.rules import ForeignKeyRule, HistoryRule, RowRule, Ruleset, UniqueRule

__all__ = ["model_rulesets"]


def model_rulesets(warehouse: Warehouse) -> tuple[Ruleset, ...]:
    """One ruleset for each dimension and fact, in loading order."""
    return (*map(_dimension, warehouse.dimensions), *(_fact(warehouse, fact) for fact in warehouse.facts))


def _dimension(dimension: Dimension) -> Ruleset:
    natural_key = names(dimension.natural_key)
    version = (*natural_key, "effective_from") if dimension.keeps_history else natural_key
    known = f"{dimension.surrogate_key} = -1 OR "
    # Of a junk dimension's combination some may be null, not all: that is the unknown member.
    rows = [*_required(dimension), RowRule("natural_key_is_known", f"{known}coalesce({', '.join(natural_key)}) IS NOT NULL")]
    if dimension.keeps_history:
        rows.append(RowRule("effective_from_before_effective_to", "effective_from < effective_to"))
    if dimension.inferred:
        without = " AND ".join(f"{column} IS NULL" for column in names(dimension.tracked))
        rows.append(RowRule("inferred_member_has_no_attributes", f"NOT is_inferred OR ({without})"))
    if dimension.key_rule == "hash":
        # 15 hexadecimal digits: 0 to 2^60 - 1
        rows.append(RowRule("surrogate_key_in_range", f"{known}{dimension.surrogate_key} BETWEEN 0 AND 1152921504606846975"))
    return Ruleset(
        dimension.name,
        rows=tuple(rows),
        unique=(
            # The sample shows the members: two of them under one key are a collision of the hash.
            UniqueRule("unique_surrogate_key", (dimension.surrogate_key,), show=version),
            UniqueRule("unique_natural_key", version, show=(dimension.surrogate_key,)),
        ),
        history=HistoryRule(natural_key) if dimension.keeps_history else None,
    )


def _fact(warehouse: Warehouse, fact: Fact) -> Ruleset:
    return Ruleset(
        fact.name,
        rows=tuple(_required(fact)),
        unique=(UniqueRule("unique_grain", fact.grain),),
        foreign_keys=tuple(
            ForeignKeyRule(f"foreign_key_{role.column}", role.column, role.dimension, warehouse.dimension(role.dimension).surrogate_key)
            for role in fact.roles
        ),
    )


def _required(table: Dimension | Fact) -> list[RowRule]:
    return [RowRule(f"required_{c.name}", f"{c.name} IS NOT NULL") for c in table.columns if not c.nullable]
