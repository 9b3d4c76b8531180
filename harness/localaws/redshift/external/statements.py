"""CREATE EXTERNAL SCHEMA, CREATE EXTERNAL TABLE and ALTER TABLE … PARTITION (Redshift guide, the pages of these names)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from localaws.redshift.copy.credentials import read_role
from localaws.redshift.exceptions import NotSupportedHereError, RefusedByRedshiftError, StatementSyntaxError
from localaws.redshift.external.names import Named
from localaws.redshift.lexer import Cursor, Token, significant, unquote

__all__ = [
    "AddPartitions",
    "CreateSchema",
    "CreateTable",
    "CreateTableAs",
    "DropPartition",
    "ExternalCommand",
    "changes_partitions",
    "parse_external",
]

_FORMATS = {
    "PARQUET": (
        "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
        "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
        "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
    ),
    "ORC": (
        "org.apache.hadoop.hive.ql.io.orc.OrcInputFormat",
        "org.apache.hadoop.hive.ql.io.orc.OrcOutputFormat",
        "org.apache.hadoop.hive.ql.io.orc.OrcSerde",
    ),
    "AVRO": (
        "org.apache.hadoop.hive.ql.io.avro.AvroContainerInputFormat",
        "org.apache.hadoop.hive.ql.io.avro.AvroContainerOutputFormat",
        "org.apache.hadoop.hive.serde2.avro.AvroSerDe",
    ),
    "TEXTFILE": (
        "org.apache.hadoop.mapred.TextInputFormat",
        "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
    ),
}


@dataclass(frozen=True)
class CreateSchema:
    """An external schema and the database of the catalog behind it."""

    name: str
    database: str
    role: str
    unless: bool
    create_database: bool
    region: str = ""


@dataclass(frozen=True)
class CreateTable:
    """An external table as the catalog is to have it; columns are name and Hive type."""

    table: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]
    partitions: tuple[tuple[str, str], ...]
    formats: tuple[str, str, str]
    serde: dict[str, str]
    location: str
    properties: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class CreateTableAs:
    """CREATE EXTERNAL TABLE … AS: the table without its columns, those that make partitions, and the query for all of them."""

    made: CreateTable
    partition_by: tuple[str, ...]
    query: str
    named: Named = field(default_factory=Named)

    @property
    def table(self) -> tuple[str, ...]:
        return self.made.table


@dataclass(frozen=True)
class AddPartitions:
    """ADD PARTITION: each with its values and its location."""

    table: tuple[str, ...]
    unless: bool
    partitions: tuple[tuple[dict[str, str], str], ...]


@dataclass(frozen=True)
class DropPartition:
    """DROP PARTITION."""

    table: tuple[str, ...]
    values: dict[str, str]


ExternalCommand = CreateSchema | CreateTable | CreateTableAs | AddPartitions | DropPartition


def changes_partitions(tokens: Sequence[Token]) -> bool:
    """Whether an ALTER TABLE is one of an external table."""
    keys = [token.key for token in significant(tokens)]
    at = next((i for i, key in enumerate(keys) if key in ("ADD", "DROP")), len(keys))
    return "PARTITION" in keys[at + 1 : at + 5]


def parse_external(tokens: Sequence[Token]) -> ExternalCommand:
    """What the statement asks for.

    Raises:
        RedshiftError: it cannot be parsed, or names a source or a format that is not supported.
    """
    cursor = Cursor(significant(tokens))
    if cursor.accept("CREATE", "EXTERNAL", "SCHEMA"):
        return _schema(cursor)
    if cursor.accept("CREATE", "EXTERNAL", "TABLE"):
        return _table(cursor, tokens)
    cursor.expect("ALTER", "TABLE")
    table = cursor.qualified()
    if cursor.accept("DROP", "PARTITION"):
        return DropPartition(table, _values(cursor))
    cursor.expect("ADD")
    unless = cursor.accept("IF", "NOT", "EXISTS")
    found = []
    while cursor.accept("PARTITION"):
        values = _values(cursor)
        cursor.expect("LOCATION")
        found.append((values, unquote(cursor.take())))
    cursor.end()
    return AddPartitions(table, unless, tuple(found))


def _values(cursor: Cursor) -> dict[str, str]:
    cursor.expect("(")
    found = {}
    while not cursor.accept(")"):
        name = cursor.identifier()
        cursor.expect("=")
        token = cursor.take()
        found[name] = unquote(token) if token.kind == "string" else token.text
        cursor.accept(",")
    return found


def _schema(cursor: Cursor) -> CreateSchema:
    unless = cursor.accept("IF", "NOT", "EXISTS")
    name = cursor.identifier()
    cursor.expect("FROM")
    if not cursor.accept("DATA", "CATALOG"):
        source = cursor.take().text.upper()
        raise NotSupportedHereError(f"CREATE EXTERNAL SCHEMA FROM {source}", "FROM DATA CATALOG is.")
    database, role, region, create = "", "", "", False
    while not cursor.done:
        if cursor.accept("DATABASE"):
            database = unquote(cursor.take()).lower()
        elif cursor.accept("IAM_ROLE"):
            role = read_role(cursor)
        elif cursor.accept("REGION"):
            region = unquote(cursor.take())
        elif cursor.accept("CREATE", "EXTERNAL", "DATABASE", "IF", "NOT", "EXISTS"):
            create = True
        else:
            raise StatementSyntaxError(f'syntax error at or near "{cursor.take().text}" in CREATE EXTERNAL SCHEMA')
    if not role:
        raise StatementSyntaxError("CREATE EXTERNAL SCHEMA needs IAM_ROLE")
    return CreateSchema(name, database or name, role, unless, create, region)


def _columns(cursor: Cursor) -> tuple[tuple[str, str], ...]:
    """Names and types as Hive writes them; struct<…>, array<…> and map<…> as they stand."""
    inside = Cursor(cursor.group())
    found = []
    while not inside.done:
        name, parts, depth = inside.identifier(), [], 0
        while not inside.done and (depth or inside.peek() != ","):
            token = inside.take()
            depth += token.text.count("<") + (token.text == "(") - token.text.count(">") - (token.text == ")")
            parts.append(token.text.lower())
        inside.accept(",")
        found.append((name, _hive("".join(parts) if "<" in parts or "(" in parts else " ".join(parts))))
    return tuple(found)


def _hive(kind: str) -> str:
    plain = {"integer": "int", "int4": "int", "int8": "bigint", "int2": "smallint", "real": "float", "float4": "float"}
    plain |= {"double precision": "double", "float8": "double", "bool": "boolean", "text": "string", "varchar": "varchar(256)"}
    plain |= {
        "timestamp without time zone": "timestamp",
        "timestamptz": "timestamp",
        "numeric": "decimal(18,0)",
        "decimal": "decimal(18,0)",
    }
    return plain.get(kind, kind.replace("numeric(", "decimal(").replace("character varying(", "varchar(").replace("varbyte", "binary"))


def _table(cursor: Cursor, tokens: Sequence[Token]) -> CreateTable | CreateTableAs:
    table, columns, query = cursor.qualified(), _columns(cursor) if cursor.peek() == "(" else (), ""
    partitions: tuple[tuple[str, str], ...] = ()
    serde: dict[str, str] = {}
    properties: dict[str, str] = {}
    library, form, location = "", "TEXTFILE", ""
    while not cursor.done:
        if cursor.accept("PARTITIONED", "BY"):
            partitions = _columns(cursor)
        elif cursor.accept("ROW", "FORMAT", "DELIMITED"):
            serde |= _delimited(cursor)
        elif cursor.accept("ROW", "FORMAT", "SERDE"):
            library = unquote(cursor.take())
            if cursor.accept("WITH", "SERDEPROPERTIES"):
                serde |= _pairs(cursor)
        elif cursor.accept("STORED", "AS"):
            form = cursor.take().key
        elif cursor.accept("LOCATION"):
            location = unquote(cursor.take())
        elif cursor.accept("TABLE", "PROPERTIES"):
            properties = _pairs(cursor)
        elif cursor.accept("AS") and not cursor.done:
            start = cursor.tokens[cursor.at].start
            query, cursor.at = "".join(token.text for token in tokens if token.start >= start), len(cursor.tokens)
        else:
            raise StatementSyntaxError(f'syntax error at or near "{cursor.take().text}" in CREATE EXTERNAL TABLE')
    if form not in _FORMATS:
        raise NotSupportedHereError(f"An external table STORED AS {form}", f"{', '.join(_FORMATS)} are.")
    if not location.startswith("s3://"):
        raise StatementSyntaxError("CREATE EXTERNAL TABLE needs LOCATION 's3://bucket/folder/'")
    kinds = _FORMATS[form]
    made = CreateTable(table, columns, partitions, (*kinds[:2], library or kinds[2]), serde, location, properties)
    return _made_as(made, query, form, library) if query else _with_columns(made)


def _with_columns(made: CreateTable) -> CreateTable:
    if not made.columns or not all(kind for _, kind in (*made.columns, *made.partitions)):
        raise StatementSyntaxError("CREATE EXTERNAL TABLE needs columns with their types, or AS and a query")
    return made


def _made_as(made: CreateTable, query: str, form: str, library: str) -> CreateTableAs:
    """Columns and types are the query's (guide, "CREATE EXTERNAL TABLE", usage notes)."""
    if made.columns or any(kind for _, kind in made.partitions):
        raise StatementSyntaxError("CREATE EXTERNAL TABLE … AS has no columns and no types of its own: they are the query's")
    if form not in ("PARQUET", "TEXTFILE") or library:
        raise RefusedByRedshiftError("CREATE EXTERNAL TABLE … AS writes STORED AS PARQUET, or TEXTFILE with ROW FORMAT DELIMITED")
    return CreateTableAs(replace(made, partitions=()), tuple(name for name, _ in made.partitions), query)


def _delimited(cursor: Cursor) -> dict[str, str]:
    found: dict[str, str] = {}
    while True:
        if cursor.accept("FIELDS", "TERMINATED", "BY"):
            found["field.delim"] = unquote(cursor.take()).replace("\\t", "\t")
        elif cursor.accept("LINES", "TERMINATED", "BY"):
            if unquote(cursor.take()) not in ("\n", "\\n"):
                raise NotSupportedHereError("LINES TERMINATED BY other than a newline")
        else:
            return found


def _pairs(cursor: Cursor) -> dict[str, str]:
    cursor.expect("(")
    found = {}
    while not cursor.accept(")"):
        name = unquote(cursor.take())
        cursor.expect("=")
        found[name] = unquote(cursor.take())
        cursor.accept(",")
    return found
