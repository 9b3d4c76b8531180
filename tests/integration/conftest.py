"""The world of an integration test module."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from integration.stack import World
from localaws.engines.spark_conf import OWN_SETTINGS
from localaws.home import Home
from simulator import SimulatorConfig

# Several worlds share a machine; how queries are planned and run stays as users have it.
SMALL = {
    "spark.master": "local[2]",
    "spark.driver.memory": "1g",
    "spark.driver.extraJavaOptions": "-XX:+UseSerialGC",
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Sources, engines and deployment in a home of the module's own, at the smallest scale."""
    home = Home(tmp_path_factory.mktemp("a world"))
    (home.root / OWN_SETTINGS).write_text(json.dumps(SMALL), "utf-8")
    made = World(home, SimulatorConfig(scale=0.01))
    try:
        made.start()
        yield made
    finally:
        made.close()
