"""Commit 3: a batch into Redshift, in one transaction that the load ledger guards.

The transaction locks the ledger, fails when the batch is in it, copies every table into staging,
replaces the rows with the same keys, and writes the ledger row. It happens wholly or not at all, and once.

The service goes on with a transaction whose caller was killed. So every attempt is noted in S3 before
it is submitted; the next run asks for the attempt again under the same client token, which gives the
statement that was submitted (or submits it now), and lets it end before it decides anything.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from etl_common.exceptions import WarehouseError
from etl_common.objects import list_objects
from etl_common.redshift.data_api import FINISHED, RedshiftDataApi

__all__ = ["Attempts", "LoadLedger", "LoadTable", "StagedTable", "literal", "load_batch", "load_statements"]

LEDGER = "ops.load_ledger"
_NAME = re.compile(r"^[a-z_][a-z0-9_]*$")
_BATCH_LENGTH, _DIGEST_LENGTH = 36, 16  # with the rest and a number of any likely length within the 64 that a token may have


@dataclass(frozen=True)
class LoadTable:
    """A target table: its columns in order and the key whose rows a load replaces."""

    name: str
    columns: tuple[str, ...]
    replace_key: tuple[str, ...]


@dataclass(frozen=True)
class StagedTable:
    """What a batch has for a table: Parquet files below the prefix. append: no row can be there yet, so none is replaced."""

    table: LoadTable
    uri: str
    rows: int
    append: bool = False


@dataclass(frozen=True)
class LoadLedger:
    """The ledger, read. It alone says which batches are loaded."""

    api: RedshiftDataApi

    def batches(self) -> set[str]:
        """Batches that are loaded."""
        return {row["batch_id"] for row in self.api.query(f"SELECT batch_id FROM {LEDGER}", "ledger")}


@dataclass(frozen=True)
class Attempts:
    """The notes of a batch's attempts, in the staging bucket."""

    s3: Any
    bucket: str
    batch_id: str

    @property
    def prefix(self) -> str:
        return f"attempts/batch_id={self.batch_id}/"

    def last(self) -> dict[str, Any] | None:
        keys = sorted(item["Key"] for item in list_objects(self.s3, self.bucket, self.prefix))
        return json.loads(self.s3.get_object(Bucket=self.bucket, Key=keys[-1])["Body"].read()) if keys else None

    def note(self, number: int, token: str, statements: Sequence[str]) -> dict[str, Any]:
        attempt = {"number": number, "token": token, "statements": list(statements)}
        self.s3.put_object(Bucket=self.bucket, Key=f"{self.prefix}{number:05d}.json", Body=json.dumps(attempt, indent=1).encode())
        return attempt


def client_token(batch_id: str, attempt: int, tables: Sequence[StagedTable]) -> str:
    """The token of a batch's attempt to load these files; at most 64 characters.

    Of the files too: the service refuses a token that comes again with other statements, as the first
    attempt at a warehouse made anew would within hours of the old one's.
    """
    files = hashlib.sha256("\n".join(staged.uri for staged in tables).encode()).hexdigest()[:_DIGEST_LENGTH]
    return f"load-{batch_id[:_BATCH_LENGTH]}-{attempt}-{files}"


def load_batch(
    api: RedshiftDataApi, attempts: Attempts, tables: Sequence[StagedTable], business_date: date, *,
    iam_role: str, schema: str = "warehouse", staging: str = "staging",
) -> bool:  # fmt: skip
    """Load the batch; False when an earlier run, or an earlier attempt of this one, had loaded it.

    Raises WarehouseError, naming the statement that failed; nothing is loaded then.
    """
    ledger = LoadLedger(api)
    last = attempts.last()
    if last is not None:
        _settle(api, attempts.batch_id, last)
    if attempts.batch_id in ledger.batches():
        return False
    number = last["number"] + 1 if last else 1
    token = client_token(attempts.batch_id, number, tables)
    statements = load_statements(attempts.batch_id, business_date, token, tables, iam_role=iam_role, schema=schema, staging=staging)
    noted = attempts.note(number, token, statements)
    try:
        api.wait(_submit(api, attempts.batch_id, noted))
    except WarehouseError:
        # Two runs can be here at once; the loser fails on the ledger, and the batch is loaded all the same.
        if attempts.batch_id in ledger.batches():
            return False
        raise
    return True


def load_statements(
    batch_id: str, business_date: date, token: str, tables: Sequence[StagedTable], *,
    iam_role: str, schema: str = "warehouse", staging: str = "staging",
) -> list[str]:  # fmt: skip
    """The transaction's statements. DELETE and not TRUNCATE clears staging, since TRUNCATE commits."""
    filled = [staged for staged in tables if staged.rows]
    statements = [
        f"LOCK TABLE {LEDGER}",
        # Division by zero is the one way to stop a batch on a condition in plain SQL.
        f"SELECT 1 / (CASE WHEN COUNT(*) = 0 THEN 1 ELSE 0 END) AS not_loaded_yet FROM {LEDGER} WHERE batch_id = {literal(batch_id)}",
    ]
    if any(staged.append for staged in filled):
        statements.append(f"SELECT 1 / (CASE WHEN COUNT(*) = 0 THEN 1 ELSE 0 END) AS nothing_loaded_yet FROM {LEDGER}")
    for staged in filled:
        statements += _table_statements(staged, iam_role, schema, staging)
    rows = sum(staged.rows for staged in filled)
    statements.append(
        f"INSERT INTO {LEDGER} (batch_id, business_date, client_token, loaded_rows) "
        f"VALUES ({literal(batch_id)}, {literal(business_date.isoformat())}, {literal(token)}, {rows})"
    )
    return statements


def literal(text: str) -> str:
    """Text as an SQL literal; the Data API takes no parameters in a batch."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def _table_statements(staged: StagedTable, iam_role: str, schema: str, staging: str) -> list[str]:
    table = staged.table
    for name in (table.name, *table.columns, *table.replace_key):
        if not _NAME.match(name):
            raise ValueError(f"{name!r} is not a plain column or table name; use lower-case letters, digits and _.")
    columns = ", ".join(f'"{column}"' for column in table.columns)

    def copy(into: str) -> str:
        role = "default" if iam_role == "default" else literal(iam_role)
        return f"COPY {into} ({columns}) FROM {literal(staged.uri)} IAM_ROLE {role} FORMAT AS PARQUET"

    if staged.append:
        return [copy(f"{schema}.{table.name}")]
    match = " AND ".join(f'{schema}.{table.name}."{key}" = s."{key}"' for key in table.replace_key)
    return [
        f"DELETE FROM {staging}.{table.name}",
        copy(f"{staging}.{table.name}"),
        f"DELETE FROM {schema}.{table.name} USING {staging}.{table.name} AS s WHERE {match}",
        f"INSERT INTO {schema}.{table.name} ({columns}) SELECT {columns} FROM {staging}.{table.name}",
    ]


def _submit(api: RedshiftDataApi, batch_id: str, attempt: dict[str, Any]) -> str:
    return api.submit(attempt["statements"], f"load {batch_id}", attempt["token"])


def _settle(api: RedshiftDataApi, batch_id: str, attempt: dict[str, Any]) -> None:
    """Let the earlier attempt end: described, and cancelled when it still runs. What it did, the ledger says."""
    if batch_id in LoadLedger(api).batches():
        return
    statement = _submit(api, batch_id, attempt)
    if api.ended(statement, 0) is None:
        api.cancel(statement)
    described = api.ended(statement, api.timeout)
    if described is None:
        raise WarehouseError(statement, "STILL RUNS", f"an earlier attempt of batch {batch_id} cannot be cancelled")
    if described["Status"] == FINISHED and batch_id not in LoadLedger(api).batches():
        raise WarehouseError(statement, FINISHED, f"an earlier attempt of batch {batch_id} finished without writing {LEDGER}")
