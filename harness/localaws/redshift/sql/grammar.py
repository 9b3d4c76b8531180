"""Redshift's grammar for sqlglot: its own, with the functions left as they are written.

sqlglot knows hundreds of functions and writes them in another dialect as it thinks right, which for Redshift is wrong in places
(DATEDIFF by elapsed time, LISTAGG, indexes of SUPER). Here a function is a name with arguments unless it has a syntax of its own.
"""

from __future__ import annotations

from typing import ClassVar

from sqlglot import exp
from sqlglot.dialects.redshift import Redshift
from sqlglot.parsers.redshift import RedshiftParser
from sqlglot.tokens import TokenType

from localaws.redshift.sql.writer import PostgresWriter

__all__ = ["LocalRedshift"]

_OWN_SYNTAX = ("CAST", "CONVERT", "EXTRACT", "POSITION", "SUBSTRING", "TRIM", "TRY_CAST", "OVERLAY")
_BARE = ("ANY", "APPROXIMATE", "CASE")


class _Parser(RedshiftParser):
    FUNCTIONS: ClassVar[dict] = {}
    FUNCTION_PARSERS: ClassVar[dict] = {name: parse for name, parse in RedshiftParser.FUNCTION_PARSERS.items() if name in _OWN_SYNTAX}
    NO_PAREN_FUNCTIONS: ClassVar[dict] = {TokenType.CURRENT_USER_ID: exp.CurrentUserId}
    NO_PAREN_FUNCTION_PARSERS: ClassVar[dict] = {
        **{name: parse for name, parse in RedshiftParser.NO_PAREN_FUNCTION_PARSERS.items() if name in _BARE},
        "APPROXIMATE": lambda self: self._parse_approximate(),
    }

    def _parse_approximate(self) -> exp.Expr | None:
        """APPROXIMATE COUNT (DISTINCT …) and APPROXIMATE PERCENTILE_DISC: exact here, which is within every error that is allowed."""
        return self._parse_function()


class LocalRedshift(Redshift):
    """The dialect that is read, and written as PostgreSQL's."""

    Parser = _Parser
    Generator = PostgresWriter  # type: ignore[assignment]
