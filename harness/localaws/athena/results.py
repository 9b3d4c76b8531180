"""A query's result: the file in the output location, and the rows from which GetQueryResults gives its pages."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

__all__ = ["FINAL", "ResultWriter", "read_page"]

FINAL = ("SUCCEEDED", "FAILED", "CANCELLED")
"""States that a query keeps."""


class ResultWriter:
    """Writes a result while it is fetched. `rows` holds JSON lines, `output` is what becomes the object in S3."""

    def __init__(self, folder: Path, is_table: bool, columns: Sequence[str]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.rows, self.output = folder / "rows.jsonl", folder / ("output.csv" if is_table else "output.txt")
        self.count = 0
        self._is_table = is_table
        self._files = tuple(open(path, "w", encoding="utf-8", newline="") for path in (self.rows, self.output))  # noqa: SIM115 see close()
        if is_table:
            self._write(list(columns))

    def add(self, rows: Iterable[Sequence[Any]]) -> None:
        """Rows as DuckDB gives them."""
        from localaws.athena.values import text_of

        for row in rows:
            self._write([text_of(value) for value in row])
            self.count += 1

    def close(self) -> None:
        """Both files are complete."""
        for file in self._files:
            file.close()

    def _write(self, row: list[str | None]) -> None:
        rows, output = self._files
        rows.write(json.dumps(row) + "\n")
        if self._is_table:
            output.write(",".join("" if cell is None else '"' + cell.replace('"', '""') + '"' for cell in row) + "\n")
        else:
            output.write("\t".join(cell or "" for cell in row) + "\n")


def read_page(folder: Path, offset: int, size: int) -> tuple[list[dict[str, Any]], int | None]:
    """At most `size` rows from a byte offset, as the API gives them, and the offset of the next ones."""
    found: list[dict[str, Any]] = []
    with open(folder / "rows.jsonl", "rb") as file:
        file.seek(offset)
        while len(found) < size and (line := file.readline()):
            cells = json.loads(line)
            found.append({"Data": [{} if cell is None else {"VarCharValue": cell} for cell in cells]})
        here = file.tell()
        return found, here if file.readline() else None
