"""What a reviewer of a Redshift warehouse would say: read from the schema, the query history and the loads, or from files of SQL."""

from __future__ import annotations

from localaws.redshift.advice.findings import RULES, Finding
from localaws.redshift.advice.loads import load_findings
from localaws.redshift.advice.queries import query_findings
from localaws.redshift.advice.statements import statement_findings
from localaws.redshift.advice.tables import table_findings
from localaws.redshift.session import Session

__all__ = ["RULES", "Finding", "advise", "statement_findings"]


def advise(session: Session, *, least_rows: int = 10_000, slices: int = 4) -> list[Finding]:
    """The findings about a warehouse, by rule and by what they are about. Tables of fewer rows are left alone.

    Raises:
        RedshiftError: it cannot be read.
    """
    found = table_findings(session, least_rows) + query_findings(session, least_rows) + load_findings(session, slices)
    return sorted(found, key=lambda one: (one.rule, one.where))
