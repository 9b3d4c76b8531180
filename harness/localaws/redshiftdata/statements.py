"""Statements and where they are kept: one JSON file each, written whole before anyone is told, so that they outlive the endpoint."""

from __future__ import annotations

import json
import os
import shutil
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from localaws.redshift.masking import masked

__all__ = ["FINAL", "Statement", "StatementStore", "SubStatement", "Target"]

FINAL = frozenset({"FINISHED", "FAILED", "ABORTED"})
_KEPT_SECONDS = 24 * 3600  # "Query results are stored for 24 hours" (Redshift guide, Data API)


@dataclass
class Target:
    """Where a statement runs."""

    database: str = ""
    cluster: str = ""
    workgroup: str = ""
    user: str = ""
    secret: str = ""


@dataclass
class SubStatement:
    """One SQL text of a statement and what became of it. Times are epoch seconds, the duration is in nanoseconds."""

    sql: str
    status: str = "SUBMITTED"
    error: str = ""
    created_at: float = 0.0
    updated_at: float = 0.0
    duration: int = 0
    rows: int = -1
    size: int = -1
    has_result: bool = False

    @property
    def shown(self) -> str:
        """Its text as it is kept and told: without passwords and keys."""
        return masked(self.sql)


@dataclass
class Statement:
    """An ExecuteStatement or BatchExecuteStatement."""

    id: str
    target: Target
    subs: list[SubStatement]
    is_batch: bool = False
    name: str = ""
    token: str = ""
    fingerprint: str = ""
    parameters: list[dict[str, str]] = field(default_factory=list)
    format: str = "JSON"
    mode: str = "TRANSACTION"
    session: str = ""
    resource: str = ""
    """The warehouse's ARN when its end is told to EventBridge (WithEvent)."""
    principal: str = ""
    status: str = "SUBMITTED"
    error: str = ""
    created_at: float = field(default_factory=time.time)
    updated_at: float = field(default_factory=time.time)
    duration: int = 0
    pid: int = 0
    query_id: int = 0
    transaction: str = ""
    committing: bool = False
    cancel_requested: bool = False

    @property
    def final(self) -> bool:
        return self.status in FINAL

    @property
    def has_result(self) -> bool:
        """Whether there is a result set to get."""
        whole = self.status == "FINISHED" or (self.mode == "AUTO_COMMIT" and self.final)
        return whole and any(sub.has_result for sub in self.subs)

    @property
    def application_name(self) -> str:
        """How its connection is called in PostgreSQL, by which it is found again."""
        return f"redshift-data:{self.session or self.id}"

    @property
    def expires_at(self) -> float:
        """When it and its results are forgotten, as epoch seconds."""
        return self.updated_at + _KEPT_SECONDS


class StatementStore:
    """The statements of a home, in memory and on disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.changed = threading.Condition()
        (folder / "statements").mkdir(parents=True, exist_ok=True)
        (folder / "results").mkdir(exist_ok=True)
        self._statements: dict[str, Statement] = {}
        for path in sorted((folder / "statements").glob("*.json")):
            self._read(path)

    def _read(self, path: Path) -> None:
        document = json.loads(path.read_text(encoding="utf-8"))
        subs = [SubStatement(**sub) for sub in document.pop("subs")]
        statement = Statement(target=Target(**document.pop("target")), subs=subs, **document)
        self._statements[statement.id] = statement

    def _forget_old(self) -> None:
        for statement in [one for one in self._statements.values() if one.final and one.expires_at < time.time()]:
            del self._statements[statement.id]
            (self.folder / "statements" / f"{statement.id}.json").unlink(missing_ok=True)
            shutil.rmtree(self.results(statement.id), ignore_errors=True)

    def earlier(self, token: str) -> Statement | None:
        """The statement of a client token."""
        with self.changed:
            self._forget_old()
            return next((one for one in self._statements.values() if token and one.token == token), None)

    def add(self, statement: Statement) -> None:
        """A new one, of a client token that is new."""
        with self.changed:
            self.save(statement)
            self._statements[statement.id] = statement

    def save(self, statement: Statement) -> None:
        """Writes it, then wakes those who wait for it."""
        path = self.folder / "statements" / f"{statement.id}.json"
        draft = path.with_suffix(f".{threading.get_ident()}.draft")
        with self.changed:
            kept = {**asdict(statement), "subs": [{**asdict(sub), "sql": sub.shown} for sub in statement.subs]}
            draft.write_text(json.dumps(kept), encoding="utf-8")
            os.replace(draft, path)
            self.changed.notify_all()

    def get(self, statement_id: str) -> Statement | None:
        with self.changed:
            self._forget_old()
            return self._statements.get(statement_id)

    def all(self) -> list[Statement]:
        """Newest first."""
        with self.changed:
            self._forget_old()
            return sorted(self._statements.values(), key=lambda s: (s.created_at, s.id), reverse=True)

    def wait(self, statement: Statement, seconds: float) -> None:
        """Until it is final, at most for so long."""
        with self.changed:
            self.changed.wait_for(lambda: statement.final, seconds)

    def results(self, statement_id: str, number: int | None = None) -> Path:
        folder = self.folder / "results" / statement_id
        return folder if number is None else folder / str(number)

    def mark(self, statement: Statement, status: str, **values: Any) -> None:
        """A new status."""
        with self.changed:
            for name, value in values.items():
                setattr(statement, name, value)
            statement.status, statement.updated_at = status, time.time()
            self.save(statement)
