"""One statement that was run, as the history keeps it, and which statements are queries, DDL or utilities.

Sources: Redshift guide, "STL_QUERY" (queries only), "STL_DDLTEXT", "STL_UTILITYTEXT", "SYS_QUERY_HISTORY" (query_type).
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import asdict, dataclass, field

from localaws.redshift.exceptions import RedshiftError, StatementCancelledError
from localaws.redshift.masking import masked
from localaws.redshift.settings import REDSHIFT_SETTINGS
from localaws.redshift.translation import Translation

__all__ = ["Entry", "began", "label_set", "query_type"]

_LONGEST_TEXT = 65_535  # characters: STL_QUERYTEXT holds no more either
_NO_LABEL = REDSHIFT_SETTINGS["query_group"]
_LABEL = re.compile(r"SET (?:LOCAL )?local_redshift\.query_group TO (?:(?P<default>DEFAULT)|'?(?P<label>.*?)'?)$", re.IGNORECASE)
_RESETS = ("RESET local_redshift.query_group", "RESET all")
_TYPES = {
    **dict.fromkeys(("select", "with", "values", "fetch"), "SELECT"),
    **{kind: kind.upper() for kind in ("insert", "update", "delete", "merge", "copy", "unload", "call")},
    **dict.fromkeys(("grant", "revoke", "truncate", "comment on"), "DDL"),
}


@dataclass
class Entry:
    """A statement. Times are seconds since the epoch; `rows` is -1 where the statement has no count; `detail` is of COPY and UNLOAD."""

    text: str
    kind: str
    user: str
    database: str
    pid: int
    transaction: int
    started: float = field(default_factory=time.time)
    ended: float = 0.0
    query: int = 0
    rows: int = -1
    state: str = "success"
    error: str = ""
    label: str = _NO_LABEL
    application: str = ""
    caller: int = 0
    detail: dict[str, str] = field(default_factory=dict)

    def finish(self, rows: int = -1, error: RedshiftError | None = None) -> Entry:
        """What became of it."""
        self.ended, self.rows = time.time(), rows
        if error is not None:
            self.state = "canceled" if isinstance(error, StatementCancelledError) or error.sqlstate == "57014" else "failed"
            self.error = error.message
        return self

    def to_bytes(self) -> bytes:
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Entry:
        return cls(**json.loads(data))


def label_set(translation: Translation | None) -> str | None:
    """The query group that a SET or RESET makes the label of what comes after it."""
    if translation is None or translation.kind not in ("set", "reset"):
        return None
    if translation.sql[0] in _RESETS:
        return _NO_LABEL
    found = _LABEL.match(translation.sql[0])
    return (_NO_LABEL if found["default"] else found["label"].replace("''", "'")) if found else None


def query_type(translation: Translation | None) -> str:
    """What SYS_QUERY_HISTORY calls the statement; OTHER for one that could not be translated."""
    if translation is None:
        return "OTHER"
    if translation.from_query:
        return "CTAS"
    kind = translation.kind
    if kind in _TYPES:
        return _TYPES[kind]
    return "DDL" if kind.split()[0] in ("create", "alter", "drop") else "UTILITY"


def began(text: str, translation: Translation | None, *, user: str, database: str, pid: int, transaction: int) -> Entry:
    """An entry of a statement that begins now."""
    entry = Entry(masked(text)[:_LONGEST_TEXT].replace("\0", ""), query_type(translation), user, database, pid, transaction)
    if translation is not None and translation.copy is not None:
        command = translation.copy
        entry.detail = {"table": command.name, "source": f"s3://{command.bucket}/{command.key}", "format": command.format}
    if translation is not None and translation.unload is not None:
        unload = translation.unload
        entry.detail = {"source": f"s3://{unload.bucket}/{unload.key}", "format": unload.format, "compression": unload.compression}
    return entry
