"""The `awsglue` API in plain PySpark, for the machine of the developer.

On Glue the vendor's package of this name is used and this one is not there: it lives outside `libs/`, because beside
the real one it would shadow it. Names, parameter order and defaults are the vendor's (AWSGlueDataplanePython 5.1.0);
what is not there yet raises NotSupportedError and names itself.

Layout, so that it can grow: one module per module of the API; `_io.py` holds what reads and writes storage, `_refusal.py`
what refuses, `exceptions.py` the errors.
"""

from __future__ import annotations

from awsglue.dynamicframe import DynamicFrame

__all__ = ["DynamicFrame"]
