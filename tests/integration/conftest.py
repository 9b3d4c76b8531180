"""The world of an integration test module."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from integration.stack import World
from localaws.engines.spark_conf import OWN_SETTINGS
from localaws.home import Home
from simulator import SimulatorConfig

# Few rows and many different plans: what compiles them takes longer than what runs them.
SMALL_AND_MANY = {
    "spark.master": "local[2]",
    "spark.driver.memory": "1g",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.shuffle.partitions": "2",
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Sources, engines and deployment in a home of the module's own, at the smallest scale."""
    home = Home(tmp_path_factory.mktemp("a world"))
    (home.root / OWN_SETTINGS).write_text(json.dumps(SMALL_AND_MANY), "utf-8")
    made = World(home, SimulatorConfig(scale=0.01))
    try:
        made.start()
        yield made
    finally:
        made.close()
