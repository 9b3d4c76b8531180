"""Connections of the catalog: address and credentials of a database, from `GetConnection` and, where it names one, a secret."""

from __future__ import annotations

import json
import re
from typing import Any

from awsglue._storage.catalog import glue_client
from awsglue.exceptions import BadOptionError, NotSupportedError

__all__ = ["connection_options", "jdbc_conf", "kafka_settings", "vendor_of"]

_URL = re.compile(r"^jdbc:(\w+)(?::thin:@|:)//?([^/;?]+)(?:/([^?;]*))?")


def vendor_of(url: str) -> str:
    """Kind of database of a JDBC address. Raises BadOptionError for one that is no such address."""
    match = re.match(r"^jdbc:(\w+):", url)
    if match is None:
        raise BadOptionError("connection", f"{url!r} is no JDBC address", ["jdbc:mysql://host:port/database", "jdbc:postgresql://…"])
    return "mysql" if match[1] == "mariadb" else match[1]


def jdbc_conf(name: str, catalog_id: str | None = None) -> dict[str, Any]:
    """`user`, `password`, `vendor`, `url` (without the database) and `fullUrl` of a connection, as extract_jdbc_conf gives them.

    Raises BadOptionError naming the connections that there are, when there is none of the name.
    """
    properties = _properties(name, catalog_id)
    url = properties.get("JDBC_CONNECTION_URL", "")
    user, password = properties.get("USERNAME", ""), properties.get("PASSWORD", "")
    if properties.get("SECRET_ID"):
        import boto3

        secret = json.loads(boto3.client("secretsmanager").get_secret_value(SecretId=properties["SECRET_ID"])["SecretString"])
        user, password = secret.get("username", user), secret.get("password", password)
    match = _URL.match(url)
    bare = f"jdbc:{match[1]}://{match[2]}" if match else url
    return {
        "user": user, "password": password, "vendor": vendor_of(url), "url": bare, "fullUrl": url,
        "enforceSSL": properties.get("JDBC_ENFORCE_SSL", "false"), "skipCustomJDBCCertValidation": "false", "customJDBCCert": "",
        "customJDBCCertString": "",
    }  # fmt: skip


def connection_options(name: str, catalog_id: str | None = None) -> dict[str, Any]:
    """`url`, `user` and `password` for a source or sink."""
    if not name:
        raise BadOptionError("connection", "no name", ["connectionName: of the options, or of the table's parameters in the catalog"])
    found = jdbc_conf(name, catalog_id)
    return {"url": found["fullUrl"], "user": found["user"], "password": found["password"]}


def kafka_settings(name: str) -> dict[str, str]:
    """Spark's options of a connection of type KAFKA. Raises BadOptionError for one that names no servers, NotSupportedError for SASL."""
    if not name:
        raise BadOptionError("kafka", "connection_options lacks bootstrap.servers", ["bootstrap.servers: host:port", "connectionName"])
    properties = _properties(name, None)
    servers = properties.get("KAFKA_BOOTSTRAP_SERVERS", "")
    if not servers:
        raise BadOptionError("connection", f"{name!r} has no KAFKA_BOOTSTRAP_SERVERS", ["a connection of type KAFKA"])
    certificates = [one for one in ("KAFKA_SASL_MECHANISM", "KAFKA_CUSTOM_CERT", "KAFKA_CLIENT_KEYSTORE") if properties.get(one)]
    if certificates:
        fix = "Give bootstrap.servers and Kafka's own settings (kafka.sasl.…, kafka.ssl.…) in connection_options."
        raise NotSupportedError(f"{certificates[0]} of the connection {name!r}", fix)
    with_ssl = properties.get("KAFKA_SSL_ENABLED", "false").lower() == "true"
    return {"kafka.bootstrap.servers": servers, **({"kafka.security.protocol": "SSL"} if with_ssl else {})}


def _properties(name: str, catalog_id: str | None) -> dict[str, str]:
    """Of a connection. Raises BadOptionError naming those that there are, when there is none of the name."""
    client, extra = glue_client(), {"CatalogId": catalog_id} if catalog_id else {}
    try:
        found = client.get_connection(Name=name, **extra)["Connection"]
    except client.exceptions.EntityNotFoundException:
        names = [one["Name"] for one in client.get_connections(**extra)["ConnectionList"]]
        raise BadOptionError("connection", f"no connection {name!r} in the catalog", names or ["(none)"]) from None
    return dict(found.get("ConnectionProperties", {}))
