"""Records to rows that PostgreSQL takes as they are, and the failures of those that do not load: COPY's way with MAXERROR and options.

Every value is checked here, by its type, so that one bad record costs neither the others nor a second pass.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator

from localaws.redshift.copy.command import CopyCommand
from localaws.redshift.copy.errors import Failure, FieldError
from localaws.redshift.copy.objects import BROKEN, SourceObject, opened
from localaws.redshift.copy.records import Record
from localaws.redshift.copy.target import TargetColumn
from localaws.redshift.copy.values import Converter
from localaws.redshift.exceptions import LoadError

__all__ = ["RecordLoad"]

_PIECE = 1 << 18
_REPORTED_AT_ONCE = 100
_SPECIAL = re.compile(r"[\\\t\n\r]")
_PLAIN = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


class RecordLoad:
    """The records of one COPY. `loaded` and `rejected` count them; `report` is given failures as they are found."""

    def __init__(
        self,
        command: CopyCommand,
        targets: list[TargetColumn],
        converters: list[Converter],
        report: Callable[[list[Failure]], None],
        read: Callable[[io.BufferedReader], Iterator[Record]],
    ) -> None:
        self._read = read
        self._command, self._targets, self._converters, self._report = command, targets, converters, report
        self._waiting: list[Failure] = []
        self.loaded = self.rejected = 0

    def rows(self, source: SourceObject) -> Iterator[bytes]:
        """The file's good records in PostgreSQL's text format, in pieces.

        Raises:
            LoadError: the file cannot be read, or MAXERROR records have failed.
        """
        lines: list[str] = []
        size = 0
        try:
            with opened(self._command, source) as stream:
                for record in self._read(stream):
                    line = self._line(source, record)
                    if line is None:
                        continue
                    lines.append(line)
                    size += len(line)
                    if size > _PIECE:
                        yield "".join(lines).encode()
                        lines, size = [], 0
        except UnicodeError as error:
            raise LoadError(self._command.name, f"The file is not in the encoding that the COPY names: {error}", file=source.uri) from error
        except BROKEN as error:
            raise LoadError(self._command.name, f"The file cannot be read: {error!r}", file=source.uri) from error
        if lines:
            yield "".join(lines).encode()

    def finish(self) -> None:
        """Reports what waits."""
        if self._waiting:
            self._report(self._waiting)
            self._waiting = []

    def _line(self, source: SourceObject, record: Record) -> str | None:
        place, value = 0, ""
        try:
            if record.error is not None:
                raise record.error
            self._fit_number(record)
            out = []
            for place, (convert, text) in enumerate(zip(self._converters, record.fields, strict=True)):
                value = text or ""
                found = convert(text, place in record.exempt)
                if found is None:
                    found = "\\N"
                elif _SPECIAL.search(found):
                    found = found.translate(_PLAIN)
                out.append(found)
        except FieldError as error:
            self._reject(source, record, place, value, error)
            return None
        self.loaded += 1
        return "\t".join(out) + "\n"

    def _fit_number(self, record: Record) -> None:
        """As many fields as columns. A delimiter after the last field of delimited text is none."""
        fields, wanted = record.fields, len(self._targets)
        if len(fields) == wanted + 1 and not fields[-1] and self._command.format == "TEXT":
            fields.pop()
        if len(fields) > wanted:
            raise FieldError(1202, "Extra column(s) found")
        if len(fields) < wanted:
            if not record.raw:
                raise FieldError(1211, "Input line contained no data")
            if not self._command.fill_record:
                raise FieldError(1214, "Delimiter not found")
            fields += [""] * (wanted - len(fields))

    def _reject(self, source: SourceObject, record: Record, place: int, value: str, error: FieldError) -> None:
        of_record = error is record.error or error.code in (1202, 1211, 1214)
        target = None if of_record else self._targets[place]
        self._waiting.append(
            Failure(
                source.uri,
                record.line,
                target.name if target else "",
                target.kind if target else "",
                target.length if target else "",
                error.position,
                record.raw,
                value,
                error.code,
                error.reason,
            )
        )
        self.rejected += 1
        if self.rejected >= max(1, self._command.max_error):
            self.finish()
            more = "" if self.rejected == 1 else f" {self.rejected} records failed, the last one:"
            raise LoadError(
                self._command.name,
                f"Check 'stl_load_errors' system table for details.{more} {error.reason}",
                file=source.uri,
                column=target.name if target else "",
                line=record.line,
                value=value if target else None,
            )
        if len(self._waiting) >= _REPORTED_AT_ONCE:
            self.finish()
