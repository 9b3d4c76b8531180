"""Every public name of the vendor's awsglue is here with its parameters and defaults, and each has a test that calls it.

The first is compared by introspection with the vendor's own library. The second is `surface.yaml`: which test shows which name. When such
a test runs, the fixture `_shows_what_it_says` of `conftest.py` watches it, and it fails where it did not call the name.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance import awsglue_surface as ours
from conformance import gluetypes_values
from conformance.surface_watch import Registry
from conformance.surface_watch import names as public_names
from localaws.home import CHECKOUT, Home
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
def vendors_environment(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Any], Any]:
    """Runs a module of `conformance` in the environment that has the vendor's library; gives what it printed."""
    folder = tmp_path_factory.mktemp("vendor")
    made = environment(folder / "env", Home.resolve().cache / "wheels")

    def run(module: Any) -> Any:
        done = made.run([str(Path(module.__file__))], cwd=folder)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


@pytest.fixture(scope="module")
def vendors(vendors_environment: Callable[[Any], Any]) -> dict[str, Any]:
    described: dict[str, Any] = vendors_environment(ours)
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


def test_types_and_options_answer_what_the_vendors_answer(vendors_environment: Callable[[Any], Any]) -> None:
    theirs, mine = vendors_environment(gluetypes_values), json.loads(json.dumps(gluetypes_values.values()))
    # The vendor's jsonValue of an enumeration forgets to return what it made.
    assert theirs["types"].pop("EnumType")["json"] is None
    assert mine["types"].pop("EnumType")["again"][0] is True

    assert theirs.keys() == mine.keys()
    for part, answers in theirs.items():
        assert {name: mine[part].get(name) for name in answers} == answers


def test_every_name_has_a_test_that_calls_it_or_a_named_refusal(
    record_property: pytest.RecordProperty, capsys: pytest.CaptureFixture[str]
) -> None:
    registry, public = Registry.read(), public_names()
    shown = {name for name in public if registry.tests_of(name)}

    refused = sum(1 for name in shown if any("refused" in test for test in registry.tests_of(name)))
    record_property("shown", f"{len(shown) / len(public):.4f}")

    with capsys.disabled():
        share = f"{len(shown)} of {len(public)} names ({len(shown) / len(public):.1%})"
        print(f"\nawsglue: {share} are called by a test, {refused} of them refused by name")
    assert sorted(set(public) - shown) == []
    assert registry.unused(public) == []


def test_every_test_that_the_registry_names_is_there() -> None:
    listed = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-n", "0", "-m", "", "tests/awsglue"],
        cwd=CHECKOUT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert listed.returncode == 0, listed.stdout + listed.stderr
    there = {line.removeprefix("tests/awsglue/") for line in listed.stdout.splitlines() if "::" in line}

    assert sorted(Registry.read().tests() - there - {test.partition("[")[0] for test in there}) == []
