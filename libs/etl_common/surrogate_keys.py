"""Surrogate keys that Spark, SQL and Python compute alike, and that a rebuild gives again.

The key is the first 15 hexadecimal digits (60 bits) of SHA-256, as a positive BIGINT, over the natural key's
parts and then effective_from, each written `N` for null or `V<length in bytes>:<UTF-8 bytes>`. The length
keeps ("a", "bc") and ("ab", "c") apart, the mark keeps null and empty text apart.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from decimal import Decimal

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from etl_common.exceptions import ConfigurationError, KeyCollisionError
from etl_common.frames import instant, require
from etl_common.model import BEGINNING_OF_TIME

__all__ = ["assert_no_collision", "python_surrogate_key", "surrogate_key"]

_DIGITS = 15
_TIMESTAMP = "yyyy-MM-dd HH:mm:ss.SSSSSS"


def surrogate_key(*natural_key: Column, effective_from: Column | datetime = BEGINNING_OF_TIME) -> Column:
    """Key of the version of a member that begins at effective_from; bigint, never null.

    natural_key: columns of integers, text or dates, in the dimension's order. effective_from: a timestamp; dimensions
    that keep no history leave it out. Timestamps are written in the session's time zone, which must be UTC.
    """
    _check_parts(len(natural_key))
    begins = instant(effective_from) if isinstance(effective_from, datetime) else effective_from
    parts = [part.cast("string") for part in natural_key] + [F.date_format(begins, _TIMESTAMP)]
    written = F.concat(*(_marked(part) for part in parts))
    return F.conv(F.substring(F.sha2(written.cast("binary"), 256), 1, _DIGITS), 16, 10).cast("bigint")


def python_surrogate_key(*natural_key: int | str | date | None, effective_from: datetime = BEGINNING_OF_TIME) -> int:
    """The same key, computed without Spark.

    >>> python_surrogate_key(42)
    419828261986510315
    >>> python_surrogate_key("1-URGENT", "AIR", None) == python_surrogate_key("1-URGENT", "AIR", "")
    False
    """
    _check_parts(len(natural_key))
    utc = effective_from.astimezone(UTC) if effective_from.tzinfo else effective_from
    texts = [None if part is None else _text(part) for part in natural_key] + [f"{utc:%Y-%m-%d %H:%M:%S.%f}"]
    written = b"".join(b"N" if text is None else b"V%d:%s" % (len(text.encode()), text.encode()) for text in texts)
    return int(hashlib.sha256(written).hexdigest()[:_DIGITS], 16)


def assert_no_collision(frame: DataFrame, *, table: str, key: str, members: tuple[str, ...]) -> None:
    """Raises KeyCollisionError when one key stands for two members or versions. Computes the frame.

    members: the columns that the key stands for (natural key, effective_from).
    """
    require(f"assert_no_collision({table})", frame, {key, *members})
    shared = frame.groupBy(key).agg(F.count("*").alias("rows"), F.slice(F.collect_list(F.to_json(F.struct(*members))), 1, 2).alias("of"))
    found = shared.filter("rows > 1").orderBy(key).first()
    if found is not None:
        raise KeyCollisionError(table, found[key], found["of"])


def _marked(text: Column) -> Column:
    return F.coalesce(F.concat(F.lit("V"), F.octet_length(text).cast("string"), F.lit(":"), text), F.lit("N"))


def _text(part: object) -> str:
    if isinstance(part, (bool, float, Decimal, datetime)):
        raise ConfigurationError(
            f"A surrogate key cannot be made of {part!r}: natural keys are integers, text or dates, which every engine writes alike. "
            "Convert it first."
        )
    return str(part)


def _check_parts(count: int) -> None:
    if count == 0:
        raise ConfigurationError("A surrogate key needs at least one column of the natural key; pass the member's natural key.")
