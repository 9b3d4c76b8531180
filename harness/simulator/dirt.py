"""Which bad records there are: every pair of source and rule that the sources can break, and how often.

What cannot be broken is left out, with its reason: MySQL's types and foreign keys allow no customer that a rule refuses, and a
`customer` or `lineitem` dated after the window is never read (the high-water mark is below its end).
"""

from __future__ import annotations

from math import ceil

from simulator.config import Batch, SimulatorConfig

__all__ = ["CONSEQUENCES", "PAIRS", "rules_of"]

# (source, rule) in the order in which the bad records of a batch take them in turn. Conflicts are appended to the last file or page.
PAIRS: dict[str, tuple[str, ...]] = {
    "orders": ("unknown_code", "null_key", "out_of_range", "future_date"),
    "lineitem": ("out_of_range",),
    "part": (
        "ragged_row",
        "broken_encoding",
        "null_key",
        "bad_timestamp",
        "bad_number",
        "out_of_range",
        "future_date",
        "unknown_code",
        "conflicting_duplicate",
    ),
    "supplier": (
        "ragged_row",
        "broken_encoding",
        "null_key",
        "bad_timestamp",
        "bad_number",
        "out_of_range",
        "future_date",
        "unknown_code",
        "conflicting_duplicate",
    ),
    "partsupp": (
        "ragged_row",
        "broken_encoding",
        "null_key",
        "bad_timestamp",
        "bad_number",
        "out_of_range",
        "future_date",
        "orphan_key",
        "conflicting_duplicate",
    ),
    "rates": (
        "null_key",
        "bad_date",
        "bad_timestamp",
        "bad_number",
        "out_of_range",
        "future_date",
        "unknown_code",
        "conflicting_duplicate",
    ),
    "shipments": ("null_key", "bad_timestamp", "future_date", "unknown_code", "orphan_key"),
}

# What follows from another bad record rather than from one of its own: the lines of a refused order.
CONSEQUENCES: dict[str, tuple[str, ...]] = {"lineitem": ("orphan_key",)}


def rules_of(config: SimulatorConfig, batch: Batch, source: str, delivered: int) -> list[str]:
    """The rules that the bad records of a source break in a batch, one for each record.

    The first batch breaks every rule at least once; later ones go on where it stopped, so that no rule is met only in one batch.
    """
    if config.dirt_share == 0 or batch.is_late:
        return []
    rules = PAIRS[source]
    share = ceil(delivered * config.dirt_share)
    count = max(len(rules), share) if batch.number == 1 else max(2, share)
    offset = 0 if batch.number == 1 else 2 * (batch.number - 2)
    return [rules[(offset + number) % len(rules)] for number in range(count)]
