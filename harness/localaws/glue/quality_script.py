"""The script of a ruleset evaluation run: reads a table of the catalog, evaluates rulesets on it, leaves the outcomes in the run's folder.

Run by `script_runner` like any job's script, with the run's request in `quality-request.json`.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

from pyspark.context import SparkContext

from awsglue.context import GlueContext
from awsgluedq.dqdl import parse
from awsgluedq.evaluation import evaluate
from awsgluedq.history import MetricHistory
from awsgluedq.publishing import as_document, publish


def main() -> None:
    """Evaluate what the request names."""
    folder = Path(os.environ["ETL_RUN_FOLDER"])
    request = json.loads((folder / "quality-request.json").read_text("utf-8"))
    context = GlueContext(SparkContext.getOrCreate())

    def frame(table: dict[str, str]):  # type: ignore[no-untyped-def]
        return context.create_dynamic_frame.from_catalog(database=table["DatabaseName"], table_name=table["TableName"]).toDF()

    primary = frame(request["table"])
    others = {name: frame(table) for name, table in request["others"].items()}
    results = []
    for name, text in request["rulesets"].items():
        begun = time.time()
        found = evaluate(parse(text), primary, others, MetricHistory(f"ruleset {name}"), request["by_row"])
        publish(found, request["publishing"], primary.sparkSession)
        results.append({"ruleset": name, "started": begun, **as_document(found)})
    draft = folder / ".quality.json"
    draft.write_text(json.dumps(results), "utf-8")
    draft.replace(folder / "quality.json")


if __name__ == "__main__":
    main()
