"""`try_cast` of a column on Spark 3.5, whose Python API has none: the JVM's expression, made with as few calls to the JVM as can be.

Which kind of cast two types need is asked for once; a cast that always fits (int to long, anything to text) is the plain one, so that
the plan is that of a DataFrame.
"""

from __future__ import annotations

from typing import Any

from pyspark import SparkContext
from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

__all__ = ["try_cast"]


def try_cast(column: Column, source: T.DataType, target: T.DataType) -> Column:
    """The values as `target`; null where one does not fit, or where there is no cast between the two types."""
    if hasattr(Column, "try_cast"):  # Spark 4
        return column.try_cast(target)  # type: ignore[operator]
    return _Catalyst.of_this_jvm().cast(column, source, target)


class _Catalyst:
    """The JVM's classes of expressions, and what is known of pairs of types. One for each JVM."""

    _known: _Catalyst | None = None

    def __init__(self, jvm: Any) -> None:
        expressions, sql = jvm.org.apache.spark.sql.catalyst.expressions, jvm.org.apache.spark.sql
        self._jvm, self._class, self._column = jvm, expressions.Cast, sql.Column
        self._mode, self._no_zone = expressions.EvalMode.TRY(), jvm.scala.Option.apply(None)  # the analyser gives it the session's zone
        self._parse = sql.types.DataType.fromJson
        self._kinds: dict[tuple[T.DataType, T.DataType], tuple[str, Any]] = {}

    @classmethod
    def of_this_jvm(cls) -> _Catalyst:
        context: Any = SparkContext._active_spark_context
        if cls._known is None or cls._known._jvm is not context._jvm:
            cls._known = cls(context._jvm)
        return cls._known

    def cast(self, column: Column, source: T.DataType, target: T.DataType) -> Column:
        pair = (source, target)
        if pair not in self._kinds:
            self._kinds[pair] = self._kind(source, target)
        kind, java_target = self._kinds[pair]
        if kind == "none":
            return F.lit(None).cast(target)
        if kind == "plain":
            return Column(column._jc.cast(java_target))
        return Column(self._column(self._class(column._jc.expr(), java_target, self._no_zone, self._mode)))

    def _kind(self, source: T.DataType, target: T.DataType) -> tuple[str, Any]:
        java_source, java_target = self._parse(source.json()), self._parse(target.json())
        if self._class.canUpCast(java_source, java_target):
            return "plain", java_target
        if self._class.canTryCast(java_source, java_target):
            return "try", java_target
        return ("plain" if self._class.canCast(java_source, java_target) else "none"), java_target
