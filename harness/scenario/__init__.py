"""The whole warehouse on this machine, batch by batch: what `etl demo`, the benchmark and the end-to-end tests drive.

A scenario owns no engine and no job. It puts them in order: generate the sources, start the engines, apply the deployment,
let the sources deliver a batch, run the pipeline for it.
"""

from __future__ import annotations

from scenario.warehouse import Progress, WarehouseScenario, silent

__all__ = ["Progress", "WarehouseScenario", "silent"]
