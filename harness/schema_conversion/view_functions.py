"""Which functions mean the same in MySQL and in Redshift as sqlglot writes them, and which may give other results.

What is not listed is refused: a view that is not translated is an action item, one that silently means something else is a fault.
"""

from __future__ import annotations

from sqlglot import exp

__all__ = ["WRITTEN_HERE", "Untranslatable", "check_functions", "differing"]


class Untranslatable(Exception):
    """The view has no counterpart; the text says what of it."""


# Functions that mean the same in both, as sqlglot writes them for Redshift.
_KNOWN: tuple[type[exp.Expr], ...] = (
    exp.Abs, exp.And, exp.AnyValue, exp.Ascii, exp.Avg, exp.BitwiseAndAgg, exp.BitwiseOrAgg, exp.Case, exp.Cast, exp.Ceil,
    exp.Coalesce, exp.Concat, exp.Count, exp.CumeDist, exp.CurrentDate, exp.CurrentTimestamp, exp.DateAdd, exp.DateDiff,
    exp.DateSub, exp.DenseRank, exp.Exists, exp.Exp, exp.Extract, exp.FirstValue, exp.Floor, exp.Greatest, exp.If, exp.IntDiv,
    exp.Lag, exp.LastDay, exp.LastValue, exp.Lead, exp.Least, exp.Left, exp.Length, exp.Ln, exp.Lower, exp.MD5, exp.Max, exp.Min,
    exp.Mod, exp.Not, exp.Ntile, exp.Nullif, exp.Or, exp.Pad, exp.PercentRank, exp.Pow, exp.Rand, exp.Rank, exp.RegexpLike,
    exp.Repeat, exp.Replace, exp.Reverse, exp.Right, exp.Round, exp.RowNumber, exp.SHA2, exp.Sign, exp.Space, exp.Sqrt,
    exp.StddevPop, exp.StddevSamp, exp.StrPosition, exp.Substring, exp.Sum, exp.TimeToStr, exp.Trim, exp.Trunc, exp.TsOrDsDiff,
    exp.TsOrDsToDate, exp.TsOrDsToTimestamp, exp.UnixToTime, exp.Upper, exp.Variance, exp.VariancePop, exp.Xor,
)  # fmt: skip
WRITTEN_HERE = {"OCTET_LENGTH", "LISTAGG", "JSON_EXTRACT_PATH_TEXT", "SPLIT_PART", "DATEADD"}


def check_functions(tree: exp.Expr) -> None:
    """Raises Untranslatable for a function that is not known to mean the same."""
    for node in tree.find_all(exp.Func):
        if isinstance(node, exp.Anonymous) and node.name.upper() in WRITTEN_HERE:
            continue
        if not isinstance(node, _KNOWN):
            name = node.name if isinstance(node, exp.Anonymous) else node.sql_name()
            raise Untranslatable(f"the function {name.upper()}")


_DIFFERING: tuple[tuple[type[exp.Expr], str], ...] = (
    (exp.Div, "a quotient: MySQL gives a decimal with 4 more digits, Redshift a floating-point number"),
    (exp.Collate, "a COLLATE is left out: Redshift compares bytes"),
    (exp.Like, "LIKE: MySQL's collation may ignore case, Redshift's LIKE does not"),
    (exp.RegexpLike, "a regular expression: POSIX here, and with regard to case"),
    (exp.GroupConcat, "GROUP_CONCAT: MySQL cuts after group_concat_max_len"),
    (exp.JSONValue, "JSON: an empty text and a key that is not there are alike"),
    (exp.JSONExtract, "JSON: an empty text and a key that is not there are alike"),
    (exp.Rand, "RAND() gives other numbers"),
    (exp.Limit, "LIMIT: which rows come depends on a complete order"),
)


def differing(tree: exp.Expr) -> list[str]:
    """What of a view (before the rules) may give other results than MySQL's."""
    return [text for kind, text in _DIFFERING if tree.find(kind)]
