"""Action items for what is never converted: routines, triggers, events, and the privileges of accounts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from schema_conversion.findings import Finding
from schema_conversion.model import CodeObject, Grant, Source
from schema_conversion.names import quoted
from schema_conversion.tables import Names

__all__ = ["code_findings"]

_NUMBERS = {"PROCEDURE": 1501, "FUNCTION": 1502, "TRIGGER": 1503, "EVENT": 1504}
_KEPT = ("SELECT", "INSERT", "UPDATE", "DELETE")
# A routine of a few lines without a loop or a cursor is less work than one with them.
_HARD = re.compile(r"\b(?:cursor|loop|while|repeat|prepare|handler|signal|get diagnostics)\b", re.IGNORECASE)
_SHORT = 10


def code_findings(source: Source, names: Names) -> Iterator[Finding]:
    """One for each routine, trigger and event, and one for each account's privileges on a database or table."""
    for database in source.databases:
        for code in database.code:
            yield _of_code(code)
        for grant in database.grants:
            yield _of_grant(grant, names)


def _of_code(code: CodeObject) -> Finding:
    hard = code.lines > _SHORT or bool(_HARD.search(code.definition))
    about = f"{code.about}, {code.lines} lines" if code.about else f"{code.lines} lines"
    return Finding(_NUMBERS[code.category], code.category, (code.schema, code.name), about, None if hard else "Medium")


def _of_grant(grant: Grant, names: Names) -> Finding:
    kept = [privilege for privilege in grant.privileges if privilege in _KEPT]
    lost = [privilege for privilege in grant.privileges if privilege not in _KEPT]
    account = grant.grantee.split("@")[0].strip("'")
    schema = names.schemas[grant.schema]
    relation = names.relations.get((grant.schema, grant.table))
    where = f"{quoted(schema)}.{quoted(relation)}" if relation else f"ALL TABLES IN SCHEMA {quoted(schema)}"
    said = [f"{grant.grantee}: {', '.join(grant.privileges)}."]
    if kept:
        said.append(
            f"GRANT USAGE ON SCHEMA {quoted(schema)} TO {quoted(account)}; GRANT {', '.join(kept)} ON {where} TO {quoted(account)};"
        )
    if lost:
        said.append(f"No counterpart: {', '.join(lost)}.")
    path = tuple(part for part in (grant.schema, grant.table, account) if part)
    return Finding(1601, "GRANT", path, " ".join(said))
