"""Command-line tools of the service (`awsglue.scripts`): importable, and each function is refused by its own name."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

import pytest

from awsglue import scripts
from awsglue.exceptions import NotSupportedError

MODULES = [importlib.import_module(found.name) for found in pkgutil.iter_modules(scripts.__path__, "awsglue.scripts.")]
FUNCTIONS = {
    f"{module.__name__}.{name}": value for module in MODULES for name, value in vars(module).items()
    if inspect.isfunction(value) and value.__module__ == module.__name__ and not name.startswith("_")
}  # fmt: skip


def test_every_tool_of_the_service_is_refused_by_name() -> None:
    assert (len(MODULES), len(FUNCTIONS) > 30) == (5, True)

    for name, function in FUNCTIONS.items():
        parameters = inspect.signature(function).parameters.values()
        needed = [one for one in parameters if one.default is one.empty and one.kind is not one.VAR_KEYWORD]
        with pytest.raises(NotSupportedError, match=rf"^{name.replace('.', '[.]')} is not supported by this runtime\. It is a tool of the"):
            function(*["anything" for _ in needed])
