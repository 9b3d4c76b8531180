"""A query of Athena made one of DuckDB: names resolved in the catalog, views replaced, partitions pruned, sources prepared.

sqlglot reads Athena's SQL and writes DuckDB's. What differs in meaning and not in words is mended here: the division of integers,
division by zero, and the functions whose format strings are Java's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import sqlglot
from sqlglot import exp
from sqlglot.errors import OptimizeError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import traverse_scope
from sqlglot.schema import MappingSchema

from localaws.athena.catalog import CATALOG, Catalog, File, view_text
from localaws.athena.exceptions import QueryFailure, no_column, not_supported
from localaws.athena.hive import hive_source, quoted
from localaws.athena.parsing import parsed
from localaws.athena.values import duck_type
from localaws.lakeformation.lake import Sight
from localaws.lakeformation.tables import WHOLE

__all__ = ["Plan", "Planner", "is_iceberg"]

_UNNAMED = "__unnamed_"
_DEEPEST_VIEW = 32
_JAVA_FORMATS = ("FORMAT_DATETIME", "PARSE_DATETIME")
_INTEGERS = (exp.DType.TINYINT, exp.DType.SMALLINT, exp.DType.INT, exp.DType.BIGINT)
_INFORMATION = "information_schema"


@dataclass
class Plan:
    """SQL for DuckDB in the planner's session, and the bytes that it will read."""

    sql: str
    scanned: int = 0


@dataclass
class Planner:
    """Plans the queries of one statement."""

    catalog: Catalog
    database: str
    session: duckdb.DuckDBPyConnection
    work: Path
    sources: int = field(default=0)
    scanned: int = field(default=0)

    def plan(self, query: exp.Expr) -> Plan:
        """The plan of a query.

        Raises:
            QueryFailure: a name does not exist, or something is not supported.
        """
        tree = self._with_views(query.copy(), self.database, 0)
        tables = self._catalog_tables(tree)
        tree = self._qualified(_named(tree), tables)
        for division in list(tree.find_all(exp.Div)):
            _mend_division(division)
        for moved in list(tree.find_all(exp.Add, exp.Sub, exp.DateAdd, exp.DateSub)):
            _mend_date(moved)
        for scope in traverse_scope(tree):
            for alias, source in list(scope.sources.items()):
                if isinstance(source, exp.Table) and not isinstance(source.this, exp.Func):
                    self._place(scope.expression, alias, source, tables)
        return Plan(tree.sql("duckdb"), self.scanned)

    def _with_views(self, tree: exp.Expr, database: str, depth: int) -> exp.Expr:
        if depth > _DEEPEST_VIEW:
            raise QueryFailure("VIEW_IS_RECURSIVE", "Views are nested too deeply")
        for table in list(_tables(tree)):
            if not table.db:
                table.set("db", exp.to_identifier(database))
            if table.db.lower() == _INFORMATION:
                continue
            where = _place_of(table)
            found = self.catalog.table(table.db.lower(), table.name.lower(), where)
            if (view := view_text(found)) is None:
                continue
            text, of = view
            inner = self._with_views(parsed(text), of, depth + 1)
            inner = exp.Subquery(this=inner, alias=exp.TableAlias(this=exp.to_identifier(table.alias or table.name)))
            if table is tree:
                return inner
            table.replace(inner)
        return tree

    def _catalog_tables(self, tree: exp.Expr) -> dict[tuple[str, str], dict[str, Any]]:
        found = {}
        for table in _tables(tree):
            if table.catalog and table.catalog.lower() != CATALOG:
                raise QueryFailure("CATALOG_NOT_FOUND", f"{_place_of(table)}Catalog '{table.catalog}' does not exist")
            table.set("catalog", None)
            key = (table.db.lower(), table.name.lower())
            found[key] = _information(key[1]) if key[0] == _INFORMATION else self.catalog.table(*key)
        return found

    def _qualified(self, tree: exp.Expr, tables: Mapping[tuple[str, str], Mapping[str, Any]]) -> exp.Expr:
        schema = MappingSchema(dialect="hive")
        for (database, name), table in tables.items():
            schema.add_table(f"`{database}`.`{name}`", _columns(table), dialect="hive")
        try:
            tree = qualify(
                tree,
                schema=schema,
                dialect="athena",
                db=self.database,
                validate_qualify_columns=False,
                quote_identifiers=True,
            )
            return annotate_types(tree, schema=schema, dialect="athena")
        except OptimizeError as error:
            if unknown := re.match(r"Unknown column: (\S+)", str(error)):
                raise no_column(unknown[1]) from error
            raise QueryFailure("SYNTAX_ERROR", str(error)) from error

    def _place(self, select: exp.Expr, alias: str, source: exp.Table, tables: Mapping[tuple[str, str], dict[str, Any]]) -> None:
        """Put a source of the session in the place of a table."""
        name = f"__source_{self.sources}"
        self.sources += 1
        table = tables[source.db.lower(), source.name.lower()]
        if source.db.lower() == _INFORMATION:
            self.session.register(name, self._information_rows(source.name.lower()))
        elif WHOLE in table:
            self._register_limited(name, select, alias, source, table)
        else:
            self._register(name, select, alias, source, table)
        placed = exp.to_table(name)
        placed.set("alias", exp.TableAlias(this=exp.to_identifier(alias, quoted=True)))
        for kept in ("joins", "sample"):
            placed.set(kept, source.args.get(kept))
        source.replace(placed)

    def _register_limited(self, name: str, select: exp.Expr, alias: str, source: exp.Table, table: Mapping[str, Any]) -> None:
        """A view of the columns and rows that Lake Formation shows: nothing of the query reaches the rest."""
        sight: Sight = table["Sight"]
        conditions = [sqlglot.parse_one(text, dialect="athena") for text in sight.rows or ()]
        needed = {column.name.lower() for condition in conditions for column in condition.find_all(exp.Column)}
        self._register(f"{name}_whole", select, alias, source, table[WHOLE], frozenset(needed))
        shown = ", ".join(quoted(column) for column in sorted(_used(select, alias) & set(_columns(table)))) or "1 AS __row"
        where = " OR ".join(f"({condition.sql('duckdb')})" for condition in conditions)
        self.session.execute(
            f"CREATE OR REPLACE TEMP VIEW {name} AS SELECT {shown} FROM {name}_whole" + (f" WHERE {where}" if where else "")
        )

    def _register(
        self, name: str, select: exp.Expr, alias: str, source: exp.Table, table: Mapping[str, Any], needed: frozenset[str] = frozenset()
    ) -> None:
        used = sorted(_used(select, alias) | needed)
        conjuncts = list(_conjuncts(select, alias))
        version = source.args.get("version")
        if is_iceberg(table):
            from localaws.athena.iceberg import read_iceberg  # a second to import, for those who have such tables

            storage, metadata = self.catalog.home / "s3", table["Parameters"]["metadata_location"]
            known = [str(column["Name"]) for column in table["StorageDescriptor"]["Columns"]]
            rows, size = read_iceberg(storage, metadata, [each for each in known if each.lower() in used], conjuncts, version)
            self.session.register(name, rows)
            self.scanned += size
            return
        if version is not None:
            raise not_supported(f"A version of {table['Name']}, which is no Iceberg table,")
        hive = hive_source(self.session, table, self._files(table, conjuncts, alias), used, name, self.work)
        self.session.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {hive.sql}")
        self.scanned += hive.scanned

    def _files(self, table: Mapping[str, Any], conjuncts: list[exp.Expr], alias: str) -> list[File]:
        keys = [str(key["Name"]).lower() for key in table.get("PartitionKeys", [])]
        if not keys:
            return self.catalog.files(table["StorageDescriptor"]["Location"])
        partitions = self.catalog.partitions(table)
        asked = [each for each in conjuncts if all(column.name.lower() in keys for column in each.find_all(exp.Column))]
        if asked and partitions:
            kinds = [duck_type(key["Type"]) for key in table["PartitionKeys"]]
            values = pa.table({key: pa.array([part.values[at] for part in partitions], pa.string()) for at, key in enumerate(keys)})
            self.session.register("__partitions", values.append_column("__at", pa.array(range(len(partitions)), pa.int64())))
            typed = ", ".join(f"CAST({quoted(key)} AS {kind}) AS {quoted(key)}" for key, kind in zip(keys, kinds, strict=True))
            condition = " AND ".join(f"({each.sql('duckdb')})" for each in asked)
            found = self.session.execute(
                f"SELECT __at FROM (SELECT {typed}, __at FROM __partitions) AS {quoted(alias)} WHERE {condition} ORDER BY 1"
            ).fetchall()
            partitions = [partitions[at] for (at,) in found]
        return [file for part in partitions for file in self.catalog.files(part.location, part.values)]

    def _information_rows(self, name: str) -> pa.Table:
        rows: list[tuple[str, ...]] = []
        for database in self.catalog.databases():
            if name == "schemata":
                rows.append((CATALOG, database))
                continue
            for table in self.catalog.tables(database):
                kind = "VIEW" if view_text(table) else "BASE TABLE"
                if name == "tables":
                    rows.append((CATALOG, database, table["Name"], kind))
                else:
                    rows += [(CATALOG, database, table["Name"], column, kind) for column, kind in _columns(table).items()]
        names = list(_columns(_information(name)))
        return pa.table({column: pa.array([row[at] for row in rows], pa.string()) for at, column in enumerate(names)})


def _used(select: exp.Expr, alias: str) -> set[str]:
    """Names of the columns that a query uses of a source."""
    return {column.name.lower() for column in select.find_all(exp.Column) if column.table.lower() == alias.lower()}


def is_iceberg(table: Mapping[str, Any]) -> bool:
    """Is it an Iceberg table?"""
    return str((table.get("Parameters") or {}).get("table_type", "")).upper() == "ICEBERG"


def _tables(tree: exp.Expr) -> Iterator[exp.Table]:
    """Names that are tables of the catalog: not those of common table expressions."""
    scopes = traverse_scope(tree) if isinstance(tree, exp.Query) else []
    for scope in scopes:
        for source in scope.sources.values():
            if isinstance(source, exp.Table) and not isinstance(source.this, exp.Func):
                yield source


def _columns(table: Mapping[str, Any]) -> dict[str, str]:
    listed = [*table["StorageDescriptor"].get("Columns", []), *table.get("PartitionKeys", [])]
    return {str(column["Name"]).lower(): str(column["Type"]) for column in listed}


def _information(name: str) -> dict[str, Any]:
    columns = {
        "schemata": ("catalog_name", "schema_name"),
        "tables": ("table_catalog", "table_schema", "table_name", "table_type"),
        "columns": ("table_catalog", "table_schema", "table_name", "column_name", "data_type"),
    }
    if name not in columns:
        raise QueryFailure("TABLE_NOT_FOUND", f"Table '{CATALOG}.{_INFORMATION}.{name}' does not exist")
    return {"Name": name, "StorageDescriptor": {"Columns": [{"Name": column, "Type": "string"} for column in columns[name]]}}


def _named(tree: exp.Expr) -> exp.Expr:
    """Expressions without a name get one by which they are known again: Athena calls them by their place in the result."""
    for call in tree.find_all(exp.Anonymous, exp.Func):
        if call.sql_name() in _JAVA_FORMATS or call.name.upper() in _JAVA_FORMATS:
            raise not_supported(f"{(call.name or call.sql_name()).lower()}, whose formats are Java's: use date_format and date_parse. It")
    for cast in tree.find_all(exp.Cast):
        if cast.to.is_type("decimal") and not cast.to.expressions:
            cast.set("to", _decimal(cast.this))
    if isinstance(tree, exp.Query):
        for number, item in enumerate(tree.selects):
            if not isinstance(item, exp.Alias | exp.Column | exp.Dot | exp.Star):
                item.replace(exp.alias_(item.copy(), f"{_UNNAMED}{number}", quoted=True))
    return tree


def _decimal(value: exp.Expr) -> exp.DataType:
    """`DECIMAL '1.50'` has the digits that are written, and DECIMAL alone 38 before the point ("Data types", Trino)."""
    text = value.name.lstrip("+-") if isinstance(value, exp.Literal) and value.is_string else ""
    whole, _, fraction = text.partition(".")
    return exp.DataType.build(f"DECIMAL({max(1, len(whole.lstrip('0')) + len(fraction))}, {len(fraction)})" if text else "DECIMAL(38, 0)")


def _conjuncts(select: exp.Expr, alias: str) -> Iterator[exp.Expr]:
    """The parts of WHERE that hold of this source alone."""
    where = select.args.get("where")
    if where is None:
        return
    for each in where.this.flatten() if isinstance(where.this, exp.And) else [where.this]:
        part = each.unnest()
        columns = list(part.find_all(exp.Column))
        if columns and all(column.table.lower() == alias.lower() for column in columns) and not part.find(exp.Subquery, exp.Select):
            yield part


def _mend_division(division: exp.Div) -> None:
    """Integers divide to an integer, and by zero not at all; DuckDB's `/` is the division of doubles, and gives null."""
    left, right = division.left, division.right
    kinds = [side.type.this if side.type is not None else None for side in (left, right)]
    if any(kind in (None, exp.DType.UNKNOWN) for kind in kinds):
        where = division.sql("athena")
        raise not_supported(f"{where}: whether it divides integers cannot be told, so cast one side. It")
    if all(kind in _INTEGERS for kind in kinds):
        checked = exp.case().when(
            exp.EQ(this=right.copy(), expression=exp.Literal.number(0)), exp.func("error", exp.Literal.string("Division by zero"))
        )
        division.replace(exp.IntDiv(this=exp.paren(left.copy()), expression=exp.paren(checked.else_(right.copy()))))


def _mend_date(moved: exp.Expr) -> None:
    """A date moved by days, months or years is a date; DuckDB makes a timestamp of it."""
    start, step = moved.this, moved.expression
    by = step.unit if isinstance(step, exp.Interval) else moved.args.get("unit")
    is_interval = isinstance(step, exp.Interval) or isinstance(moved, exp.DateAdd | exp.DateSub)
    if is_interval and start.is_type("date") and by is not None and by.name.upper() in ("DAY", "WEEK", "MONTH", "QUARTER", "YEAR"):
        moved.replace(exp.cast(moved.copy(), "date"))


def _place_of(table: exp.Table) -> str:
    meta = table.this.meta if isinstance(table.this, exp.Identifier) else {}
    if "line" not in meta:
        return ""
    first = table.args.get("db")
    start = (first.meta if isinstance(first, exp.Identifier) and "start" in first.meta else meta)["start"]
    return f"line {meta['line']}:{max(1, meta['col'] - (meta['end'] - start))}: "
