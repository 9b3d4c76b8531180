"""The tree as PostgreSQL's text: names folded, texts quoted, types with Redshift's default lengths."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from sqlglot import exp
from sqlglot.generators.postgres import PostgresGenerator

from localaws.redshift.exceptions import NotSupportedHereError, RefusedByRedshiftError
from localaws.redshift.lexer import quote_identifier, quote_literal

__all__ = ["PostgresWriter"]

_SIMPLE = re.compile(r"[a-z_][a-z0-9_$]*")
# Names that PostgreSQL reserves and Redshift does not.
_RESERVED = {"asymmetric", "symmetric", "concurrently", "fetch", "lateral", "variadic", "collation", "tablesample", "window", "system_user"}
T = exp.DType
_TYPES = {
    T.TINYINT: "smallint",
    T.SMALLINT: "smallint",
    T.INT: "integer",
    T.BIGINT: "bigint",
    T.FLOAT: "real",
    T.DOUBLE: "double precision",
    T.BOOLEAN: "boolean",
    T.DATE: "date",
    T.SUPER: "jsonb",
    T.VARBINARY: "bytea",
    T.BINARY: "bytea",
    T.TIMESTAMP: "timestamp",
    T.TIMESTAMPNTZ: "timestamp",
    T.DATETIME: "timestamp",
    T.TIMESTAMPTZ: "timestamptz",
    T.TIME: "time",
    T.TIMETZ: "timetz",
    T.INTERVAL: "interval",
    T.NAME: "name",
    T.OID if hasattr(T, "OID") else T.BIGINT: "bigint",
}
_REFUSED = {T.JSON, T.JSONB, T.UUID, T.SERIAL, T.BIGSERIAL, T.SMALLSERIAL, T.XML, T.MONEY, T.INET, T.ARRAY}
_NOT_HERE = {T.HLLSKETCH, T.GEOMETRY, T.GEOGRAPHY}
_LONGEST = {T.VARCHAR: 65535, T.NVARCHAR: 65535, T.TEXT: 65535, T.CHAR: 4096, T.NCHAR: 4096, T.BPCHAR: 4096}
_DEFAULT = {T.VARCHAR: 256, T.NVARCHAR: 256, T.TEXT: 256, T.CHAR: 1, T.NCHAR: 1, T.BPCHAR: 256}


class PostgresWriter(PostgresGenerator):
    """Differences to what sqlglot writes for PostgreSQL."""

    TRANSFORMS: ClassVar[dict] = {
        **{kind: write for kind, write in PostgresGenerator.TRANSFORMS.items() if kind not in (exp.Select, exp.Merge, exp.TryCast)},
        exp.Anonymous: lambda self, node: self.anonymous_sql(node),
        exp.CurrentUserId: lambda self, node: "pg_catalog.current_user_id()",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "normalize_functions": False, "comments": False})

    def identifier_sql(self, expression: exp.Identifier) -> str:
        name = expression.name.lower()
        simple = _SIMPLE.fullmatch(name) and name not in _RESERVED
        return name if simple and not expression.args.get("quoted") else quote_identifier(name)

    def literal_sql(self, expression: exp.Literal) -> str:
        return quote_literal(expression.name) if expression.is_string else expression.name

    def placeholder_sql(self, expression: exp.Placeholder) -> str:
        raise RefusedByRedshiftError(f'syntax error at or near ":{expression.name}"')

    def trycast_sql(self, expression: exp.TryCast) -> str:
        kind = self.sql(expression, "to")
        return f"local_redshift.try_cast(({self.sql(expression, 'this')})::text, NULL::{kind})"

    def substring_sql(self, expression: exp.Substring) -> str:
        arguments = [self.sql(expression, key) for key in ("this", "start", "length") if expression.args.get(key) is not None]
        return f"substring({', '.join(arguments)})"

    def datatype_sql(self, expression: exp.DataType) -> str:
        kind = expression.this
        sizes = [self.sql(size) for size in expression.expressions]
        if kind in _REFUSED:
            raise RefusedByRedshiftError(f'type "{kind.value.lower()}" is not supported')
        if kind in _NOT_HERE:
            raise NotSupportedHereError(f"The type {kind.value}")
        if kind in _LONGEST:
            return _text_type(kind, sizes)
        if kind in (T.DECIMAL, T.BIGDECIMAL):
            return f"numeric({', '.join(sizes) or '18, 0'})"
        if kind in _TYPES:
            return _TYPES[kind]
        if kind == T.USERDEFINED:
            return str(expression.args.get("kind") or expression).lower()
        return super().datatype_sql(expression)

    def group_sql(self, expression: exp.Group) -> str:
        return super().group_sql(expression)


def _text_type(kind: exp.DType, sizes: list[str]) -> str:
    fixed = _LONGEST[kind] == 4096 and kind != T.BPCHAR
    length = sizes[0].lower() if sizes else str(_DEFAULT[kind])
    if length == "max":
        length = str(_LONGEST[kind])
    if not length.isdigit() or not 1 <= int(length) <= _LONGEST[kind]:
        raise RefusedByRedshiftError(f"length for type {'char' if fixed else 'varchar'} must be between 1 and {_LONGEST[kind]}: {length}")
    return f"{'char' if fixed else 'varchar'}({length})"
