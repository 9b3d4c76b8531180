"""The sources of the warehouse, simulated: MySQL's rows, CSV files and a JSON API, the same for the same configuration.

The data is TPC-H's, cut at business dates (docs/warehouse.md, "Sources"); results on it are not TPC results.
"""

from __future__ import annotations

from simulator.config import Batch, SimulatorConfig, batches, late_batch
from simulator.generator import generate, generated_batches, read_config
from simulator.landing import landed_batches, upload_csv
from simulator.mysql_loader import applied_batches, load_mysql

__all__ = [
    "Batch",
    "SimulatorConfig",
    "applied_batches",
    "batches",
    "generate",
    "generated_batches",
    "landed_batches",
    "late_batch",
    "load_mysql",
    "read_config",
    "upload_csv",
]
