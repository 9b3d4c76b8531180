"""A field's text to what PostgreSQL stores, by the type of its column, with Redshift's reasons where it does not fit.

Sources: Redshift guide, "Data conversion parameters", "Load error reference", "Multibyte character load errors".
"""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Callable
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal

from localaws.redshift.copy.command import CopyCommand
from localaws.redshift.copy.dates import DATE, TIMESTAMP, Guess, date_converter, timestamp_converter
from localaws.redshift.copy.errors import FieldError
from localaws.redshift.copy.target import TargetColumn

__all__ = ["Converter", "converter"]

Converter = Callable[[str | None, bool], str | None]
_INTEGERS = {"int2": (16, "Short"), "int4": (32, "Integer"), "int8": (64, "Long")}
_WIDE = Context(prec=100)
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?")
_DIGITS = re.compile(r"[+-]?\d*")
_TRUE, _FALSE = frozenset(("t", "true", "y", "yes", "1", "on")), frozenset(("f", "false", "n", "no", "0", "off"))
_SURROGATE = re.compile("[\ud800-\udfff]+")
_OF_BYTES = re.compile("[\udc80-\udcff]+")
_TIME = re.compile(r"([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?(\s*(Z|UTC|[+-]\d{2}(:?\d{2})?))?")


def converter(command: CopyCommand, column: TargetColumn, guess: Guess) -> Converter:
    """A function of a field's text (None: null) and whether it is exempt from NULL AS. FieldError when it does not load."""
    null, required = "\\N" if command.null is None else command.null, column.required
    convert = _text(command, column) if column.text else _typed(command, column, guess)
    by_blank = _blank_is_null(command, column)
    any_date = command.accept_any_date and column.type in ("date", "timestamp", "timestamptz")

    def result(text: str | None, exempt: bool) -> str | None:
        if text is not None and ((text == null and not exempt) or (by_blank is not None and by_blank(text))):
            text = None
        if text is None:
            if required:
                raise FieldError(1213, "Missing data for not-null field")
            return None
        if any_date:
            try:
                return convert(text)
            except FieldError:
                return result(None, True)
        return convert(text)

    return result


def _blank_is_null(command: CopyCommand, column: TargetColumn) -> Callable[[str], bool] | None:
    if not column.text or (command.empty_as_null and command.blanks_as_null):
        return lambda text: not text or text.isspace()
    if command.blanks_as_null:
        return lambda text: text != "" and not text.strip(" \t")
    return (lambda text: not text) if command.empty_as_null else None


def _typed(command: CopyCommand, column: TargetColumn, guess: Guess) -> Callable[[str], str]:
    kind = column.type
    if kind in _INTEGERS:
        return _integer(*_INTEGERS[kind])
    if kind == "numeric":
        return _decimal(column, ROUND_HALF_UP if command.round_decimals else ROUND_DOWN)
    if kind == "date":
        convert = date_converter(command.date_format or DATE, guess)
    elif kind in ("timestamp", "timestamptz"):
        convert = timestamp_converter(command.time_format or TIMESTAMP, kind == "timestamptz", guess)
    else:
        convert = _OTHERS[kind]
    return lambda text: convert(text.strip())


def _integer(bits: int, label: str) -> Callable[[str], str]:
    lowest, highest = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    safe = len(str(highest)) - 1

    def convert(text: str) -> str:
        if len(text) <= safe and text.isascii() and text.isdigit():
            return text
        text = text.strip()
        match = _DIGITS.match(text)
        end = match.end() if match and text.isascii() else 0
        if end < len(text) or text in ("+", "-"):
            raise _invalid_digit(text, end, label)
        if len(text) > 40 or not lowest <= int(text) <= highest:
            raise FieldError(1222, f"Overflow, Column type: {label}")
        return text

    return convert


def _invalid_digit(text: str, position: int, label: str, code: int = 1207) -> FieldError:
    return FieldError(code, f"Invalid digit, Value '{text[position : position + 1]}', Pos {position}, Type: {label}", position)


def _place(text: str) -> int:
    """Where a text ceases to be a number."""
    match = _NUMBER.match(text)
    return match.end() if match else len(_DIGITS.match(text)[0])  # type: ignore[index]


def _decimal(column: TargetColumn, rounding: str) -> Callable[[str], str]:
    scale, precision = column.scale or 0, column.precision or 0
    step, limit = Decimal(1).scaleb(-scale), Decimal(10) ** (precision - scale)
    fits = re.compile(rf"-?[0-9]{{1,{precision - scale}}}(?:\.[0-9]{{0,{scale}}})?" if precision > scale else r"(?!)").fullmatch

    def convert(text: str) -> str:
        if fits(text):
            return text
        text = text.strip()
        if not text.isascii() or not _NUMBER.fullmatch(text):
            raise _invalid_digit(text, _place(text), "Decimal")
        value = Decimal(text)
        if abs(value) >= limit * 10:
            raise FieldError(1204, f"Overflow for NUMERIC({precision},{scale})")
        value = value.quantize(step, rounding, _WIDE)
        if abs(value) >= limit:
            raise FieldError(1204, f"Overflow for NUMERIC({precision},{scale})")
        return format(value, "f")

    return convert


def _float(bits: str) -> Callable[[str], str]:
    def convert(text: str) -> str:
        special = text.lower().lstrip("+-") in ("nan", "inf", "infinity")
        if not special and (not text.isascii() or not _NUMBER.fullmatch(text)):
            raise _invalid_digit(text, _place(text), "Double" if bits == "<d" else "Float", 1208)
        try:
            value = float(text)
            struct.pack(bits, value)
        except OverflowError:
            value = math.inf
        if math.isinf(value) and not special:
            raise FieldError(1204, "Overflow, Column type: " + ("Double" if bits == "<d" else "Float"))
        return text

    return convert


def _boolean(text: str) -> str:
    word = text.lower()
    if word in _TRUE:
        return "t"
    if word in _FALSE:
        return "f"
    raise FieldError(1210, "Unknown boolean format")


def _json(text: str) -> str:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        raise FieldError(1224, "Invalid JSON: the value is no SUPER") from None
    if _SURROGATE.search(text):
        raise FieldError(1220, "String contains invalid or unsupported UTF8 codepoints in a SUPER")
    if "\\u0000" in text:
        raise FieldError(1224, "Invalid JSON: a null character in a SUPER")
    return text


def _bytes(text: str) -> str:
    try:
        return "\\x" + bytes.fromhex(text).hex()
    except ValueError:
        raise FieldError(1219, "Invalid hexadecimal digit in VARBYTE") from None


def _time(text: str) -> str:
    if not _TIME.fullmatch(text):
        raise FieldError(1206, "Invalid time format or value [HH24:MI:SS]")
    return text


_OTHERS: dict[str, Callable[[str], str]] = {
    "float4": _float("<f"),
    "float8": _float("<d"),
    "bool": _boolean,
    "jsonb": _json,
    "bytea": _bytes,
    "time": _time,
    "timetz": _time,
}


def _text(command: CopyCommand, column: TargetColumn) -> Callable[[str], str]:
    limit, narrow, replacement = column.bytes, column.type == "bpchar", command.replacement
    trim = command.trim_blanks and not narrow

    def convert(text: str) -> str:
        if "\0" in text:
            raise FieldError(1218, "Invalid null byte - field longer than 1 byte", text.index("\0"))
        if not text.isascii():
            text = _valid(text, narrow, replacement)
        if trim:
            text = text.rstrip()
        # CHAR pads with blanks: those beyond its length mean nothing.
        if limit is not None and len(text.encode()) > limit and len((text := text.rstrip(" ") if narrow else text).encode()) > limit:
            if not command.truncate:
                raise FieldError(1204, f"{'Char' if narrow else 'String'} length exceeds DDL length")
            return text.encode()[:limit].decode(errors="ignore")
        return text

    return convert


def _valid(text: str, narrow: bool, replacement: str | None) -> str:
    """Bytes that are no UTF-8 came as surrogates; each is one byte of what is replaced."""
    found = _SURROGATE.search(text)
    if found:
        if replacement is None or narrow:
            bad = found[0].encode(errors="surrogateescape" if _OF_BYTES.fullmatch(found[0]) else "surrogatepass").hex(" ")
            reason = f"String contains invalid or unsupported UTF8 codepoints. Bad UTF8 hex sequence: {bad} (error 3)"
            raise FieldError(1220, reason, found.start())
        text = _SURROGATE.sub(lambda match: replacement * len(match[0]), text)
    if narrow and not text.isascii():
        place, sign = next((place, sign) for place, sign in enumerate(text) if not sign.isascii())
        reason = f"Multibyte character not supported for CHAR (Hint: try using VARCHAR). Invalid char: {sign.encode().hex(' ')}"
        raise FieldError(1220, reason, place)
    return text
