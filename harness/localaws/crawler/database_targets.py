"""JDBC and DynamoDB targets crawled: a database's own catalog, or the items of a table, become tables of the catalog."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from localaws.crawler.exceptions import CrawlError
from localaws.crawler.globs import is_excluded
from localaws.crawler.schemas import UNKNOWN, Array, Schema, Struct, Type, merged, render, union
from localaws.crawler.tables import Found

__all__ = ["find_dynamodb_table", "find_jdbc_tables"]

_URL = re.compile(r"jdbc:(?P<engine>mysql|mariadb|postgresql|redshift)://(?P<host>[^:/]+):(?P<port>\d+)/(?P<database>[^?;]+).*")
_SQL_TYPES: Mapping[str, str] = {
    "tinyint": "tinyint", "smallint": "smallint", "mediumint": "int", "int": "int", "integer": "int", "bigint": "bigint", "year": "int",
    "float": "float", "real": "float", "double": "double", "double precision": "double", "bit": "boolean", "boolean": "boolean",
    "date": "date", "datetime": "timestamp", "timestamp": "timestamp", "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamp", "binary": "binary", "varbinary": "binary", "blob": "binary", "longblob": "binary",
    "bytea": "binary",
}  # fmt: skip
_COLUMNS = """
    SELECT table_schema, table_name, column_name, data_type, numeric_precision, numeric_scale FROM information_schema.columns
    WHERE table_schema NOT IN ('information_schema', 'pg_catalog', 'mysql', 'performance_schema', 'sys')
    ORDER BY table_schema, table_name, ordinal_position"""
_SCANNED_PAGES = 10


def find_jdbc_tables(target: Mapping[str, Any], client: Callable[[str], Any], crawler: str, prefix: str) -> list[Found]:
    """The tables of a database that the target's path names: `database/%`, or `database/schema/table` with `%` for any.

    Raises:
        CrawlError: the connection is missing, of another kind, or the database refuses.
    """
    name = target.get("ConnectionName", "")
    try:
        properties = client("glue").get_connection(Name=name)["Connection"]["ConnectionProperties"]
    except ClientError as error:
        raise CrawlError(f"The connection {name} cannot be read: {error.response['Error'].get('Message')}") from error
    url = _URL.fullmatch(properties.get("JDBC_CONNECTION_URL", ""))
    if url is None:
        raise CrawlError(
            f"The connection {name} has the URL {properties.get('JDBC_CONNECTION_URL')!r}; MySQL's and PostgreSQL's are crawled."
        )
    pattern = [part.replace("%", "*") for part in str(target.get("Path") or f"{url['database']}/%").split("/")]
    if pattern[0] not in (url["database"], "*"):
        raise CrawlError(f"The target's path {target.get('Path')} begins with another database than the URL's, {url['database']}.")
    tables: dict[tuple[str, str], Schema] = {}
    for schema, table, column, *kind in _described(url, properties, client):
        own = "/".join([schema, table] if url["engine"] in ("postgresql", "redshift") else [table])
        if is_excluded(own, ["/".join(pattern[1:]) or "*"] + (["*/*"] if pattern[1:] == ["*"] else [])) and not is_excluded(
            own, target.get("Exclusions") or []
        ):
            tables.setdefault((schema, table), {})[column.lower()] = _sql_type(*kind)
    return [_jdbc_table(url, name, schema, table, columns, crawler, prefix) for (schema, table), columns in tables.items()]


def _described(url: re.Match[str], properties: Mapping[str, str], client: Callable[[str], Any]) -> Iterator[tuple[Any, ...]]:
    user, password = _login(properties, client)
    if url["engine"] in ("mysql", "mariadb"):
        import pymysql

        try:
            with (
                pymysql.connect(
                    host=url["host"], port=int(url["port"]), user=user, password=password, database=url["database"]
                ) as connection,
                connection.cursor() as cursor,
            ):
                cursor.execute(_COLUMNS)
                yield from (row for row in cursor.fetchall() if row[0] == url["database"])
        except pymysql.MySQLError as error:
            raise CrawlError(f"The database of {url[0]} refuses: {error}") from error
        return
    import psycopg

    try:
        with psycopg.connect(host=url["host"], port=int(url["port"]), user=user, password=password, dbname=url["database"]) as session:
            yield from session.execute(_COLUMNS).fetchall()
    except psycopg.Error as error:
        raise CrawlError(f"The database of {url[0]} refuses: {error}") from error


def _login(properties: Mapping[str, str], client: Callable[[str], Any]) -> tuple[str, str]:
    if "SECRET_ID" in properties:
        try:
            secret = json.loads(client("secretsmanager").get_secret_value(SecretId=properties["SECRET_ID"])["SecretString"])
            return secret["username"], secret["password"]
        except (ClientError, KeyError, ValueError) as error:
            raise CrawlError(f"The secret {properties['SECRET_ID']} has no username and password: {error}") from error
    return properties.get("USERNAME", ""), properties.get("PASSWORD", "")


def _sql_type(name: str, precision: int | None, scale: int | None) -> Type:
    if name in ("decimal", "numeric"):
        return f"decimal({precision or 38},{scale or 0})"
    return _SQL_TYPES.get(name.lower(), "string")


def _jdbc_table(url: re.Match[str], connection: str, schema: str, table: str, columns: Schema, crawler: str, prefix: str) -> Found:
    mysql = url["engine"] in ("mysql", "mariadb")
    parts = [url["database"], table] if mysql else [url["database"], schema, table]
    kind = "mysql" if mysql else url["engine"]
    parameters = {"classification": kind, "connectionName": connection, "typeOfData": "table", "compressionType": "none"}
    return _found("_".join(parts), ".".join(parts), columns, {**parameters, "UPDATED_BY_CRAWLER": crawler}, prefix)


def find_dynamodb_table(target: Mapping[str, Any], client: Callable[[str], Any], crawler: str, prefix: str) -> Found:
    """The DynamoDB table of the target, its columns from its items: of the first pages, or of all with `scanAll`.

    Raises:
        CrawlError: there is no such table.
    """
    name = str(target["Path"]).rsplit("/", 1)[-1]
    try:
        arn = client("dynamodb").describe_table(TableName=name)["Table"]["TableArn"]
    except ClientError as error:
        raise CrawlError(f"The DynamoDB table {name} cannot be read: {error.response['Error'].get('Message')}") from error
    schema: Schema = {}
    records = 0
    for number, page in enumerate(client("dynamodb").get_paginator("scan").paginate(TableName=name)):
        for item in page["Items"]:
            schema = union(schema, {column.lower(): _attribute(value) for column, value in item.items()})
        records += len(page["Items"])
        if number + 1 >= _SCANNED_PAGES and target.get("scanAll") is False:
            break
    parameters = {"classification": "dynamodb", "typeOfData": "table", "recordCount": str(records), "UPDATED_BY_CRAWLER": crawler}
    return _found(name, arn, schema, parameters, prefix)


def _attribute(value: Mapping[str, Any]) -> Type:
    (kind, content), *_ = value.items()
    if kind == "N":
        return "bigint" if re.fullmatch(r"[+-]?\d{1,18}", str(content)) else "double"
    if kind == "L":
        element: Type = UNKNOWN
        for item in content:
            element = merged(element, _attribute(item))
        return Array(element)
    if kind == "M":
        return Struct(tuple((name, _attribute(member)) for name, member in content.items()))
    simple: Mapping[str, Type] = {
        "S": "string", "BOOL": "boolean", "B": "binary", "NULL": UNKNOWN, "SS": Array("string"), "NS": Array("double"),
        "BS": Array("binary"),
    }  # fmt: skip
    return simple[kind]


def _found(name: str, location: str, columns: Schema, parameters: Mapping[str, str], prefix: str) -> Found:
    descriptor = {
        "Columns": [{"Name": column, "Type": render(kind)} for column, kind in columns.items()],
        "Location": location,
        "Compressed": False,
        "NumberOfBuckets": -1,
        "Parameters": dict(parameters),
    }
    table = {
        "Name": re.sub(r"[^a-z0-9_]", "_", (prefix + name).lower()),
        "Owner": "owner",
        "Retention": 0,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": dict(parameters),
        "PartitionKeys": [],
        "StorageDescriptor": descriptor,
    }
    return Found(table, {})
