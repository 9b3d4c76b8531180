"""grokLog: lines that match a pattern become records of its named parts; others become error records."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from awsglue._core.python_side import ship
from awsglue._core.records import Records
from awsglue._storage.json_format import records_of_text
from awsglue._storage.options import checked
from awsglue._storage.request import FileRequest
from awsglue.exceptions import BadOptionError

__all__ = ["READ_OPTIONS", "compiled", "read"]

ship(__name__)
READ_OPTIONS = ("logFormat", "customPatterns", "MISSING", "LineCount", "StrictMode")

# The patterns of Logstash that logs are described with, in Python's regular expressions.
_PATTERNS: Mapping[str, str] = {
    "USERNAME": r"[a-zA-Z0-9._-]+", "USER": "%{USERNAME}", "INT": r"[+-]?\d+", "BASE10NUM": r"[+-]?(?:\d+(?:\.\d+)?|\.\d+)",
    "NUMBER": "%{BASE10NUM}", "BASE16NUM": r"(?:0[xX])?[0-9a-fA-F]+", "POSINT": r"[1-9]\d*", "NONNEGINT": r"\d+", "WORD": r"\w+",
    "NOTSPACE": r"\S+", "SPACE": r"\s*", "DATA": ".*?", "GREEDYDATA": ".*", "QUOTEDSTRING": r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'',
    "QS": "%{QUOTEDSTRING}", "UUID": r"[A-Fa-f0-9]{8}(?:-[A-Fa-f0-9]{4}){3}-[A-Fa-f0-9]{12}",
    "IPV4": r"(?:\d{1,3}\.){3}\d{1,3}", "IPV6": r"[0-9A-Fa-f:]*:[0-9A-Fa-f:.]+", "IP": "(?:%{IPV6}|%{IPV4})",
    "HOSTNAME": r"[0-9A-Za-z](?:[0-9A-Za-z.-]{0,253}[0-9A-Za-z])?", "IPORHOST": "(?:%{IP}|%{HOSTNAME})",
    "HOSTPORT": "%{IPORHOST}:%{POSINT}",
    "PATH": r"(?:/[^\s?*]*)+", "UNIXPATH": "%{PATH}", "URIPROTO": r"[A-Za-z][A-Za-z0-9+.-]*", "URIHOST": r"%{IPORHOST}(?::%{POSINT})?",
    "URIPATH": r"(?:/[A-Za-z0-9$.+!*'(){},~:;=@#%&_\-]*)+", "URIPARAM": r"\?[^\s\"]*", "URIPATHPARAM": "%{URIPATH}(?:%{URIPARAM})?",
    "URI": r"%{URIPROTO}://(?:%{USER}(?::[^@]*)?@)?(?:%{URIHOST})?(?:%{URIPATHPARAM})?",
    "MONTH": r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*", "MONTHNUM": "(?:0?[1-9]|1[0-2])",
    "MONTHDAY": r"(?:0[1-9]|[12]\d|3[01]|[1-9])", "DAY": "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*", "YEAR": r"\d{4}|\d{2}",
    "HOUR": r"(?:2[0-3]|[01]?\d)", "MINUTE": r"[0-5]\d", "SECOND": r"(?:[0-5]?\d|60)(?:[:.,]\d+)?",
    "TIME": "%{HOUR}:%{MINUTE}:%{SECOND}", "ISO8601_TIMEZONE": r"(?:Z|[+-]%{HOUR}:?%{MINUTE})",
    "TIMESTAMP_ISO8601": r"(?:%{YEAR})-%{MONTHNUM}-%{MONTHDAY}[T ]%{HOUR}:?%{MINUTE}(?::?%{SECOND})?%{ISO8601_TIMEZONE}?",
    "DATE_US": "%{MONTHNUM}[/-]%{MONTHDAY}[/-](?:%{YEAR})", "DATE_EU": "%{MONTHDAY}[./-]%{MONTHNUM}[./-](?:%{YEAR})",
    "HTTPDATE": r"%{MONTHDAY}/%{MONTH}/(?:%{YEAR}):%{TIME} %{INT}", "SYSLOGTIMESTAMP": "%{MONTH} +%{MONTHDAY} %{TIME}",
    "LOGLEVEL": r"(?i:trace|debug|info|notice|warn(?:ing)?|err(?:or)?|crit(?:ical)?|fatal|severe|alert|emerg(?:ency)?)",
    "COMMONAPACHELOG": r'%{IPORHOST:clientip} %{USER:ident} %{USER:auth} \[%{HTTPDATE:timestamp}\] "(?:%{WORD:verb} %{NOTSPACE:request}'
                       r'(?: HTTP/%{NUMBER:httpversion})?|%{DATA:rawrequest})" %{NUMBER:response} (?:%{NUMBER:bytes}|-)',
    "COMBINEDAPACHELOG": "%{COMMONAPACHELOG} %{QS:referrer} %{QS:agent}",
}  # fmt: skip
_USE = re.compile(r"%\{(\w+)(?::([\w.@-]+))?(?::(int|long|float|double|string))?\}")


def read(request: FileRequest) -> Records:
    """Records of log files, one a line. Raises BadOptionError for a pattern that there is not."""
    options = checked("grokLog format", request.options, READ_OPTIONS)
    if not options.get("logFormat"):
        raise BadOptionError("grokLog format", "logFormat is missing", ["logFormat: a pattern such as %{COMMONAPACHELOG}"])
    if str(options.get("LineCount", "1")) != "1":
        raise BadOptionError("grokLog format", f"LineCount {options['LineCount']}", ["1, as on Glue"])
    expression, kinds = compiled(str(options["logFormat"]), str(options.get("customPatterns", "")))
    missing = str(options.get("MISSING", "-"))
    strict = str(options.get("StrictMode", "false")).lower() == "true"

    def parse(line: str) -> Iterator[Any]:
        if not line.strip():
            return
        match = re.fullmatch(expression, line.rstrip("\r"))
        if match is None:
            raise ValueError("the line does not match logFormat")
        yield {
            name: None if match[name] in (None, missing) else (match[name] if strict else _as(match[name], kinds[name])) for name in kinds
        }

    return records_of_text(request.spark.read.text(request.paths), parse, request)


def _as(text: str, kind: str) -> Any:
    try:
        return int(text) if kind in ("int", "long") else float(text) if kind in ("float", "double") else text
    except ValueError:
        return text


def compiled(pattern: str, custom: str = "") -> tuple[str, dict[str, str]]:
    """Regular expression of a grok pattern, and the kinds of its named parts in order.

    custom: lines `NAME expression`. Raises BadOptionError for a name of no pattern.
    """
    own = dict(line.strip().split(None, 1) for line in custom.splitlines() if len(line.split(None, 1)) == 2)
    known = {**_PATTERNS, **own}
    kinds: dict[str, str] = {}

    def expanded(text: str) -> str:
        def one(use: re.Match[str]) -> str:
            if use[1] not in known:
                raise BadOptionError("grokLog format", f"no pattern {use[1]}", known)
            inner = expanded(known[use[1]])
            if use[2] is None or use[2] in kinds:
                return f"(?:{inner})"
            name = re.sub(r"\W", "_", use[2])
            kinds[name] = use[3] or "string"
            return f"(?P<{name}>{inner})"

        return _USE.sub(one, text)

    return expanded(pattern), kinds
