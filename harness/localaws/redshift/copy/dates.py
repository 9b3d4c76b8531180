"""Dates and times of a COPY: DATEFORMAT and TIMEFORMAT as regular expressions (Redshift guide, "DATEFORMAT and TIMEFORMAT strings").

What is written in no format string is read by 'auto' as PostgreSQL reads it, whose forms are those that the guide lists.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from functools import cache

from localaws.redshift.copy.errors import FieldError
from localaws.redshift.exceptions import RefusedByRedshiftError

__all__ = ["DATE", "EPOCHS", "TIMESTAMP", "Guess", "check_format", "date_converter", "timestamp_converter"]

DATE, TIMESTAMP = "YYYY-MM-DD", "YYYY-MM-DD HH24:MI:SS"
EPOCHS = {"epochsecs": 1, "epochmillisecs": 1000}
Guess = Callable[[str, str], str | None]
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_EPOCH = dt.datetime(1970, 1, 1)
_ELEMENTS = {
    "YYYY": r"(?P<year>\d{4})",
    "YY": r"(?P<short>\d{2})",
    "MONTH": r"(?P<name>[A-Za-z]{3,9})",
    "MON": r"(?P<name>[A-Za-z]{3})",
    "MM": r"(?P<month>\d{1,2})",
    "DD": r"(?P<day>\d{1,2})",
    "HH24": r"(?P<hour>\d{1,2})",
    "HH12": r"(?P<hour>\d{1,2})",
    "HH": r"(?P<hour>\d{1,2})",
    "MI": r"(?P<minute>\d{1,2})",
    "SS": r"(?P<second>\d{1,2})(?:\.(?P<fraction>\d{1,6})\d*)?",
    "AM": r"(?P<half>[AaPp]\.?[Mm]\.?)",
    "PM": r"(?P<half>[AaPp]\.?[Mm]\.?)",
    "OF": r"(?P<offset>Z|[+-]\d{2}(?::?\d{2})?)",
    "TZ": r"(?P<offset>[A-Za-z]{1,5}|[+-]\d{2}(?::?\d{2})?)",
}
_SPLIT = re.compile(r"MONTH|HH24|HH12|YYYY|MON|YY|MM|DD|HH|MI|SS(?:\.S+)?|AM|PM|OF|TZ|[^A-Za-z0-9]|T", re.IGNORECASE)


def check_format(text: str) -> str:
    """The format string, if every part of it is one of Redshift's.

    Raises:
        RefusedByRedshiftError: it is not.
    """
    if text not in ("auto", *EPOCHS):
        _pattern(text)
    return text


@cache
def _pattern(text: str) -> re.Pattern[str]:
    parts, at, seen = [], 0, set()
    while at < len(text):
        match = _SPLIT.match(text, at)
        element = match[0].upper().split(".S")[0] if match else ""
        if match is None or (element in _ELEMENTS and element in seen):
            raise RefusedByRedshiftError(f"Invalid date or time format '{text}' at '{text[at:]}'")
        seen.add(element)
        parts.append(_ELEMENTS.get(element) or re.escape(match[0]))
        at = match.end()
    names = re.findall(r"\?P<(\w+)>", "".join(parts))
    if len(names) != len(set(names)) or not seen & {"YYYY", "YY"}:
        raise RefusedByRedshiftError(f"Invalid date or time format '{text}': it needs a year, and each part once")
    # A default of a timestamp has an offset for TIMESTAMPTZ; a format that names one requires it.
    return re.compile("".join(parts))


def date_converter(form: str, guess: Guess) -> Callable[[str], str]:
    """Text to PostgreSQL's date; FieldError 1205."""

    def convert(text: str) -> str:
        if form == DATE and _is_iso(text, 10):
            return text
        if form == "auto":
            return _guessed(guess, "date", text, 1205, "Invalid Date Format")
        if form == DATE and len(text) < 10:
            raise FieldError(1205, "Invalid Date Format - length must be 10 or more")
        match = _pattern(form).match(text)
        # A time after the date is cut off, as Redshift does.
        if match is None or (match.end() < len(text) and text[match.end()] not in " T"):
            raise FieldError(1205, f"Invalid Date Format [{form}]")
        return _built(match, 1205, f"Invalid Date Format [{form}]").date().isoformat()

    return convert


def timestamp_converter(form: str, zoned: bool, guess: Guess) -> Callable[[str], str]:
    """Text to PostgreSQL's timestamp, with an offset when `zoned`; FieldError 1206."""
    reason = f"Invalid timestamp format or value [{form}]"

    def convert(text: str) -> str:
        if form == TIMESTAMP and not zoned and _is_iso(text, 19):
            return text
        if form in EPOCHS:
            return _since_epoch(text, EPOCHS[form], reason) + ("+00" if zoned else "")
        if form == "auto":
            return _guessed(guess, "timestamptz" if zoned else "timestamp", text, 1206, reason)
        match = _pattern(form).match(text)
        if match is None:
            raise FieldError(1206, reason)
        rest = text[match.end() :].strip()
        offset = match.groupdict().get("offset") or ""
        if rest and not (zoned and not offset and re.fullmatch(_ELEMENTS["TZ"].replace("?P<offset>", ""), rest)):
            raise FieldError(1206, reason, match.end())
        value = _built(match, 1206, reason).isoformat(" ")
        if not zoned:
            return value
        zone = offset or rest or "+00"
        if zone.isalpha() and zone.upper() not in ("Z", "UTC", "GMT"):
            return _guessed(guess, "timestamptz", f"{value} {zone}", 1206, reason)
        return f"{value}{'+00' if zone.isalpha() else zone}"

    return convert


def _is_iso(text: str, length: int) -> bool:
    """The usual case, quickly: YYYY-MM-DD, or YYYY-MM-DD HH:MM:SS."""
    if len(text) != length or text[4] != "-" or text[7] != "-" or (length > 10 and (text[10] != " " or text[13] != ":" or text[16] != ":")):
        return False
    try:
        dt.datetime.fromisoformat(text)
    except ValueError:
        return False
    return text.isascii()


def _guessed(guess: Guess, kind: str, text: str, code: int, reason: str) -> str:
    """By PostgreSQL; its words (today, infinity …) are no dates of Redshift's."""
    value = guess(kind, text) if any(sign.isdigit() for sign in text) else None
    if value is None:
        raise FieldError(code, reason)
    return value


def _since_epoch(text: str, parts: int, reason: str) -> str:
    try:
        return (_EPOCH + dt.timedelta(microseconds=int(Decimal(text) * 1_000_000 / parts))).isoformat(" ")
    except (InvalidOperation, OverflowError, ValueError):
        raise FieldError(1206, reason) from None


def _built(match: re.Match[str], code: int, reason: str) -> dt.datetime:
    found = match.groupdict()
    try:
        month = _MONTHS.index(found["name"][:3].lower()) + 1 if found.get("name") else int(found.get("month") or 1)
        year = int(found.get("year") or 0) or _full_year(int(found.get("short") or -1))
        hour = int(found.get("hour") or 0)
        if half := found.get("half"):
            if not 1 <= hour <= 12:
                raise ValueError
            hour = hour % 12 + (12 if half[0] in "Pp" else 0)
        fraction = int((found.get("fraction") or "0").ljust(6, "0"))
        day, minute, second = int(found.get("day") or 1), int(found.get("minute") or 0), int(found.get("second") or 0)
        return dt.datetime(year, month, day, hour, minute, second, fraction)
    except ValueError:
        raise FieldError(code, reason) from None


def _full_year(short: int) -> int:
    """Two digits as PostgreSQL reads them: up to 69 are of this century. 0 stands for no year."""
    return 0 if short < 0 else short + (2000 if short < 70 else 1900)
