"""Findings and their rules (Redshift guide, "Amazon Redshift best practices"; the page of each rule is named with it)."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["RULES", "Finding"]

RULES = {
    "RS001": "A large table has no DISTKEY although it is joined (Choose the best distribution style)",
    "RS002": "A DISTKEY spreads rows unevenly (Choose the best distribution style)",
    "RS003": "A large table has no SORTKEY although queries filter it (Choose the best sort key)",
    "RS004": "A VARCHAR is far wider than what is in it (Use the smallest possible column size)",
    "RS005": "Rows are unsorted: VACUUM (Vacuuming tables)",
    "RS006": "Statistics are missing or stale: ANALYZE (Analyzing tables)",
    "RS010": "A join moves rows between nodes (Evaluating the query plan)",
    "RS011": "A nested loop joins tables (Evaluating the query plan)",
    "RS020": "Rows are inserted one by one: use COPY or INSERT of many rows (Use a multi-row insert)",
    "RS021": "Staging files of text are not compressed (Compress your data files)",
    "RS022": "There are too few files for the slices (Load data from multiple files)",
    "RS030": "A type is declared at its greatest length (Use the smallest possible column size)",
    "RS031": "SELECT * in a view or an INSERT breaks when a column is added (Designing queries)",
    "RS032": "A text that is compared begins with a wildcard: every row is read (Designing queries)",
    "RS090": "Redshift refuses the statement",
    "RS091": "The statement cannot be parsed",
    "RS092": "The local Redshift cannot run the statement",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, with what, and what to do. `where` is a table, a column, a query's number or a file with its line."""

    rule: str
    where: str
    message: str
