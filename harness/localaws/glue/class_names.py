"""Names of Java classes are looked up once for each Python process, and not at every use.

PySpark asks the JVM for `functions` at each `F.col`, and for each part of `org.apache.spark.sql.expressions.Window` at each window.
The JVM then searches some 250 jars, several times, for classes that are not there: 2 to 3 ms a time, of which a job has thousands.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from py4j.java_gateway import JavaClass, JavaMember, JavaPackage, JVMView

__all__ = ["remember_class_names"]


def remember_class_names() -> None:
    """Let this process remember which names are classes, which are packages, and the static methods of classes.

    A package is remembered by a name in small letters alone, so that a class whose jar comes later is found then.
    """
    for owner in (JVMView, JavaPackage, JavaClass):
        if not hasattr(owner.__getattr__, "remembers"):
            owner.__getattr__ = _remembering(owner.__getattr__)


def _remembering(look_up: Callable[[Any, str], Any]) -> Callable[[Any, str], Any]:
    def remembered(self: Any, name: str) -> Any:
        found = look_up(self, name)
        if isinstance(found, JavaClass | JavaMember) or (isinstance(found, JavaPackage) and name.islower()):
            self.__dict__[name] = found
        return found

    remembered.remembers = True  # type: ignore[attr-defined]
    return remembered
