"""CSV and delimited text for COPY: read as text, given Redshift's meanings of empty and null, written as the CSV that PostgreSQL reads.

Redshift loads an empty field as NULL into a number or a date, and as an empty text into a CHAR or VARCHAR unless EMPTYASNULL is given;
NULL AS names the text that is null, `\\N` by default (guide, "Data conversion parameters").
"""

from __future__ import annotations

import io
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from localaws.redshift.copy.command import CopyCommand
from localaws.redshift.copy.objects import BROKEN, SourceObject, opened
from localaws.redshift.copy.target import TargetColumn
from localaws.redshift.exceptions import LoadError

__all__ = ["PLAIN_TYPES", "read_csv"]

_BLOCK = 4 << 20
# Types that PostgreSQL reads as Redshift does, once a value looks right.
PLAIN_TYPES = frozenset(
    ["int2", "int4", "int8", "numeric", "varchar", "bpchar", "date", "timestamp", "timestamptz", "bool", "float4", "float8"]
)
_LOOKS = dict.fromkeys(("int2", "int4", "int8"), r"^ *[+-]?\d+ *$") | {
    "bool": r"^ *(?i:t|true|y|yes|1|on|f|false|n|no|0|off) *$",
    "date": r"^\d{4}-\d{2}-\d{2}$",
    "timestamp": r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(\.\d{1,6})?$",
    "timestamptz": r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(\.\d{1,6})?([+-]\d{2}(:?\d{2})?)?$",
}
_OUT = pacsv.WriteOptions(include_header=False, quoting_style="all_valid")


def read_csv(command: CopyCommand, source: SourceObject, targets: list[TargetColumn]) -> Iterator[bytes]:
    """The file's records as PostgreSQL's CSV, in pieces.

    Raises:
        LoadError: a record has more or fewer fields than the table, a text is too long, or the file is not gzip or not UTF-8.
    """
    names = [target.name for target in targets]
    first = 1
    try:
        with opened(command, source) as stream:
            _skip_lines(stream, command.ignore_header)
            if not stream.peek(1):
                return
            counted = _CountedQuotes(stream, command.quote)
            for batch in pacsv.open_csv(pa.PythonFile(counted, "r"), *_options(command, names)):
                _no_blank_line(command, source, batch)
                columns = [_column(command, source, first, batch.column(i), target) for i, target in enumerate(targets)]
                first += batch.num_rows
                sink = io.BytesIO()
                pacsv.write_csv(pa.record_batch(columns, names=names), sink, _OUT)
                yield sink.getvalue()
            if command.format == "CSV" and counted.quotes % 2:
                raise LoadError(command.name, "A quote is not closed", file=source.uri)
    except BROKEN as error:
        raise LoadError(command.name, f"The file cannot be read as CSV of {len(names)} columns: {error}", file=source.uri) from error


class _CountedQuotes:
    """A stream that counts quotes as it is read: Arrow takes a file that ends within a quoted field."""

    def __init__(self, stream: io.BufferedReader, quote: str) -> None:
        self._stream, self._quote, self.quotes, self.closed = stream, quote.encode(), 0, False

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self.quotes += data.count(self._quote)
        return data

    def close(self) -> None:
        self.closed = True


def _no_blank_line(command: CopyCommand, source: SourceObject, batch: pa.RecordBatch) -> None:
    """Arrow reads a blank line as empty fields; whether it was one is seen record by record."""
    empty = pc.equal(batch.column(0), "")
    for column in batch.columns[1:]:
        if not pc.any(empty).as_py():
            return
        empty = pc.and_(empty, pc.equal(column, ""))
    if batch.num_columns > 1 and pc.any(empty).as_py():
        raise LoadError(command.name, "A record has nothing but empty fields", file=source.uri)


def _skip_lines(stream: io.BufferedReader, lines: int) -> None:
    for _ in range(lines):
        stream.readline()


def _options(command: CopyCommand, names: list[str]) -> tuple[pacsv.ReadOptions, pacsv.ParseOptions, pacsv.ConvertOptions]:
    quoted = command.format == "CSV"
    null = "\\N" if command.null is None else command.null
    return (
        pacsv.ReadOptions(column_names=names, block_size=_BLOCK),
        pacsv.ParseOptions(
            delimiter=command.delimiter or ("," if quoted else "|"),
            quote_char=command.quote if quoted else False,
            double_quote=quoted,
            newlines_in_values=quoted,
            ignore_empty_lines=False,
        ),
        pacsv.ConvertOptions(
            column_types={name: pa.string() for name in names},
            null_values=[null],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )


def _column(command: CopyCommand, source: SourceObject, first: int, column: pa.Array, target: TargetColumn) -> pa.Array:
    if command.trim_blanks and target.type == "varchar":
        column = pc.utf8_rtrim(column, characters=" ")
    if not target.text and _all_plain(command, column, target):
        return column
    if not target.text or command.empty_as_null:
        column = _null_where(column, pc.equal(column if target.text else pc.utf8_trim_whitespace(column), ""))
    if target.text and command.blanks_as_null:
        column = _null_where(column, pc.match_substring_regex(column, r"^[ \t]+$"))
    if target.text:
        bad = pc.greater(pc.binary_length(column), target.bytes)
        if pc.any(bad).as_py():
            at = pc.index(bad, True).as_py()
            raise LoadError(
                command.name,
                f"String length exceeds {target.label}",
                file=source.uri,
                column=target.name,
                line=first + at,
                value=column[at].as_py(),
            )
    else:
        _looks_right(command, source, column, target)
    return column


def _pattern(command: CopyCommand, target: TargetColumn) -> str | None:
    """What a value of that type looks like; no empty one does."""
    forms = {"date": command.date_format, "timestamp": command.time_format, "timestamptz": command.time_format}
    if forms.get(target.type):
        return "[0-9]"  # 'auto': whatever PostgreSQL reads, but for its words (today, infinity)
    if target.type == "numeric":
        return rf"^ *[+-]?\d+(\.\d{{0,{target.scale}}})? *$"
    return _LOOKS.get(target.type)


def _all_plain(command: CopyCommand, column: pa.Array, target: TargetColumn) -> bool:
    """Whether every value looks right as it stands: told for half of what it costs to look for empty ones too."""
    if target.type in ("int2", "int4", "int8") and pc.all(pc.ascii_is_decimal(column)).as_py():
        return True
    pattern = _pattern(command, target)
    return pattern is not None and bool(pc.all(pc.match_substring_regex(column, pattern)).as_py())


def _looks_right(command: CopyCommand, source: SourceObject, column: pa.Array, target: TargetColumn) -> None:
    """PostgreSQL reads more than Redshift does (0x10, 1_000, 'today', 1/2/99) and rounds decimals: such files go record by record."""
    pattern = _pattern(command, target)
    if pattern is None:
        return
    if pc.any(pc.invert(pc.match_substring_regex(column, pattern))).as_py():
        raise LoadError(command.name, f"A value is not written as {target.label} is", file=source.uri, column=target.name)


def _null_where(column: pa.Array, empty: pa.Array) -> pa.Array:
    return pc.if_else(pc.fill_null(empty, False), pa.scalar(None, pa.string()), column)
