"""Names of the API that are not there yet: importable, so that scripts load, but refused by name when used.

`from awsglue.transforms import *` is the commonest line of public Glue scripts. A missing name would surface as a
bare NameError far from its cause, so every public name exists; what is not done raises NotSupportedError.
"""

from __future__ import annotations

from typing import Any

from awsglue.exceptions import NotSupportedError

__all__ = ["Refused", "refuse_unknown"]


class Refused:
    """Stands where a class or function of the API will be. Calling it or reading an attribute raises NotSupportedError."""

    def __init__(self, qualified_name: str) -> None:
        object.__setattr__(self, "_qualified_name", qualified_name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise NotSupportedError(self._qualified_name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # introspection (copy, inspect, doctest) must be able to ask
            raise AttributeError(name)
        raise NotSupportedError(f"{self._qualified_name}.{name}")

    def __repr__(self) -> str:
        return f"<{self._qualified_name}: not supported by this runtime yet>"


def refuse_unknown(module: str, name: str) -> Any:
    """Body of a module's `__getattr__`: an AttributeError for dunders, so that imports work, else the named refusal."""
    if name.startswith("__"):
        raise AttributeError(f"module {module!r} has no attribute {name!r}")
    raise NotSupportedError(f"{module}.{name}")
