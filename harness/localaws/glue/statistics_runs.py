"""Runs that compute column statistics: a thread each, which reads the table as Athena does (DuckDB over the catalog).

Numbers of distinct values are exact, where Glue's are estimates. Structs, arrays and maps have no statistics, as on Glue.
"""

from __future__ import annotations

import base64
import contextlib
import logging
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from localaws.records import Records

__all__ = ["FINAL", "StatisticsRuns"]

FINAL = ("SUCCEEDED", "FAILED", "STOPPED")
_LOG = logging.getLogger("localaws")
_KINDS: Mapping[str, str] = {
    **dict.fromkeys(("tinyint", "smallint", "int", "integer", "bigint"), "LONG"),
    **dict.fromkeys(("float", "double"), "DOUBLE"),
    **dict.fromkeys(("string", "varchar", "char"), "STRING"),
    **dict.fromkeys(("date", "timestamp"), "DATE"),
    "decimal": "DECIMAL",
    "boolean": "BOOLEAN",
    "binary": "BINARY",
}
"""The Type of a column's ColumnStatisticsData, by the catalog's type without its parameters."""
_LENGTHS = "max(length({c})), avg(length({c}))"
_RANGE = "min({c}), max({c}), count(DISTINCT {c})"
_MEASURES: Mapping[str, str] = {
    "LONG": _RANGE, "DOUBLE": _RANGE, "DECIMAL": _RANGE, "DATE": _RANGE, "STRING": f"{_LENGTHS}, count(DISTINCT {{c}})",
    "BINARY": _LENGTHS, "BOOLEAN": "count_if({c}), count_if(NOT {c})",
}  # fmt: skip


class StatisticsRuns:
    """The runs of one home."""

    def __init__(self, home: Path) -> None:
        self.home, self.records = home, Records(home / "statistics-runs")
        self._sessions: dict[str, duckdb.DuckDBPyConnection] = {}
        self._threads: dict[str, threading.Thread] = {}
        self._stopped: set[str] = set()

    def submit(self, run: dict[str, Any], glue: Any, types: Mapping[str, str], keep: Callable[[list[dict[str, Any]]], None]) -> None:
        """Begin a run of the columns `types`; `keep` gets what it found."""
        run_id = run["ColumnStatisticsTaskRunId"]
        self.records.put(run_id, run)
        self._threads[run_id] = threading.Thread(target=self._run, args=(run, glue, types, keep), name=f"statistics {run_id}", daemon=True)
        self._threads[run_id].start()

    def stop(self, run_id: str) -> None:
        """End a run."""
        self._stopped.add(run_id)
        session = self._sessions.get(run_id)
        if session is not None:
            session.interrupt()

    def recover(self) -> None:
        """At a start of the endpoint."""
        for run in self.records.all():
            if run["Status"] not in FINAL and run["ColumnStatisticsTaskRunId"] not in self._threads:
                self._end(run["ColumnStatisticsTaskRunId"], "FAILED", "The endpoint ended while the run was under way.")

    def close(self) -> None:
        """At an orderly end of the endpoint."""
        for run_id, thread in list(self._threads.items()):
            if thread.is_alive():
                self.stop(run_id)
                thread.join(timeout=5)

    def _run(self, run: dict[str, Any], glue: Any, types: Mapping[str, str], keep: Callable[[list[dict[str, Any]]], None]) -> None:
        from localaws.athena.exceptions import QueryFailure

        run_id = run["ColumnStatisticsTaskRunId"]
        work = self.home / "statistics-runs" / "work" / run_id
        try:
            self.records.change(run_id, lambda document: document.update(Status="RUNNING", LastUpdated=time.time()))
            work.mkdir(parents=True)
            keep(self._compute(run, glue, types, work))
        except (QueryFailure, duckdb.Error) as error:
            stopped = run_id in self._stopped
            self._end(run_id, "STOPPED" if stopped else "FAILED", "" if stopped else str(error))
        except Exception as error:  # noqa: BLE001 - a run must not stay RUNNING for ever because of a mistake of ours
            _LOG.exception("column statistics run %s", run_id)
            self._end(run_id, "FAILED", f"{type(error).__name__}: {error}")
        else:
            self._end(run_id, "SUCCEEDED", "")
        finally:
            shutil.rmtree(work, ignore_errors=True)

    def _compute(self, run: Mapping[str, Any], glue: Any, types: Mapping[str, str], work: Path) -> list[dict[str, Any]]:
        """One pass over the table for all columns."""
        from localaws.athena.catalog import Catalog
        from localaws.athena.parsing import parsed
        from localaws.athena.planning import Planner
        from localaws.athena.queries import new_session

        kinds = {name: _KINDS[base] for name, kind in types.items() if (base := kind.lower().partition("(")[0]) in _KINDS}
        database, table = (str(run[name]).replace('"', '""') for name in ("DatabaseName", "TableName"))
        measures = [
            f"count(*) - count({column}), {_MEASURES[kind].format(c=column)}"
            for column, kind in ((_quoted(n), k) for n, k in kinds.items())
        ]
        if not measures:
            return []
        run_id = run["ColumnStatisticsTaskRunId"]
        with contextlib.closing(new_session(self.home, work)) as session:
            self._sessions[run_id] = session
            try:
                if run_id in self._stopped:
                    raise duckdb.InterruptException
                planner = Planner(Catalog(glue, self.home), str(run["DatabaseName"]), session, work)
                plan = planner.plan(parsed(f'SELECT {", ".join(measures)} FROM "{database}"."{table}"'))
                values = iter(session.execute(plan.sql).fetchone() or ())
            finally:
                self._sessions.pop(run_id, None)
        now = time.time()
        return [
            {"ColumnName": name, "ColumnType": types[name], "AnalyzedTime": now, "StatisticsData": _data(kind, values)}
            for name, kind in kinds.items()
        ]

    def _end(self, run_id: str, status: str, message: str) -> None:
        now = time.time()
        changes = {"Status": status, "EndTime": now, "LastUpdated": now, **({"ErrorMessage": message} if message else {})}

        def ended(run: dict[str, Any]) -> None:
            run.update(changes, DPUSeconds=round(now - float(run["StartTime"]), 3))

        self.records.change(run_id, ended)
        self._stopped.discard(run_id)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _data(kind: str, values: Any) -> dict[str, Any]:
    """The ColumnStatisticsData of the next column, whose measures are the next of `values`."""
    data: dict[str, Any] = {"NumberOfNulls": next(values)}
    if kind in ("STRING", "BINARY"):
        data |= {"MaximumLength": next(values) or 0, "AverageLength": float(next(values) or 0)}
    elif kind == "BOOLEAN":
        data |= {"NumberOfTrues": next(values), "NumberOfFalses": next(values)}
    else:
        low, high = next(values), next(values)
        data |= {} if low is None else {"MinimumValue": _value(low), "MaximumValue": _value(high)}
    if kind not in ("BINARY", "BOOLEAN"):
        data["NumberOfDistinctValues"] = next(values)
    return {"Type": kind, f"{kind.capitalize()}ColumnStatisticsData": data}


def _value(value: Any) -> Any:
    """As JSON has it: times in epoch seconds, decimals as unscaled bytes and scale."""
    if isinstance(value, Decimal):
        _, digits, exponent = value.as_tuple()
        unscaled = int("".join(map(str, digits))) * (-1 if value < 0 else 1)
        content = unscaled.to_bytes(unscaled.bit_length() // 8 + 1, "big", signed=True)
        return {"UnscaledValue": base64.b64encode(content).decode(), "Scale": -int(exponent)}
    if isinstance(value, datetime):
        return value.replace(tzinfo=value.tzinfo or UTC).timestamp()
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC).timestamp()
    return value
