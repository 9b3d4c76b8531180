"""Every public name of the vendor's awsglue is here, with its parameters and defaults: compared by introspection."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from conformance import awsglue_surface as ours
from localaws.home import Home
from package.glue_image import environment

# (module, name) -> why ours is another. Signatures only: what each does is on the page about the runtime.
DIFFERS: dict[tuple[str, str], str] = {
    ("awsglue.dynamicframe", "basestring"): "of Python 2",
    ("awsglue.dynamicframe", "long"): "of Python 2",
    ("awsglue.dynamicframe", "unicode"): "of Python 2",
    ("awsglue.gluetypes", "basestring"): "of Python 2",
    ("awsglue.gluetypes", "unicode"): "of Python 2",
}


@pytest.fixture(scope="module")
def vendors(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("vendor")
    done = environment(folder / "env", Home.resolve().cache / "wheels").run([str(Path(ours.__file__))], cwd=folder)
    assert done.returncode == 0, done.stderr
    described: dict[str, Any] = json.loads(done.stdout)
    return described


def items(surface: dict[str, Any]) -> dict[tuple[str, ...], str]:
    """Each module, name, method and parameter as one item, with what is to be equal about it."""
    found: dict[tuple[str, ...], str] = {}
    for module, names in surface.items():
        found[(module,)] = "module"
        for name, described in names.items():
            found[(module, name)] = "name"
            parts = described if isinstance(described, dict) else {"()": described}
            for method, signature in parts.items():
                found[(module, name, method)] = "callable"
                for position, parameter in enumerate(signature or []) if isinstance(signature, list) else ():
                    found[(module, name, method, str(position))] = json.dumps(parameter)
    return found


def test_every_public_name_parameter_and_default_of_the_vendors_is_here(
    vendors: dict[str, Any], record_property: pytest.RecordProperty, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = {key: value for key, value in items(vendors).items() if key[:2] not in DIFFERS}
    have = items(ours.surface())

    missing = {key: (value, have.get(key)) for key, value in wanted.items() if have.get(key) != value}
    share = 1 - len(missing) / len(wanted)
    record_property("surface", f"{share:.4f}")
    with capsys.disabled():
        print(f"\nawsglue: {len(wanted) - len(missing)} of {len(wanted)} names, parameters and defaults ({share:.1%})")

    assert not missing, "\n".join(f"{' '.join(key)}: {value}" for key, value in missing.items())


def test_the_comparison_is_not_empty(vendors: dict[str, Any]) -> None:
    assert {"awsglue.context", "awsglue.dynamicframe", "awsglue.gluetypes", "awsglue.transforms.apply_mapping"} <= set(vendors)
    assert len(items(vendors)) > 900
    assert items({"m": {"C": {"f": [["x", "POSITIONAL_OR_KEYWORD", "1"]]}}})[("m", "C", "f", "0")] == '["x", "POSITIONAL_OR_KEYWORD", "1"]'
