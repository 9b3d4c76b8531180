"""A task's metrics in CloudWatch, under the names that DMS gives them (DMS guide, "Monitoring AWS DMS tasks", "Task metrics")."""

from __future__ import annotations

import time
from typing import Any

from localaws.dms.statistics import Statistics

__all__ = ["NAMESPACE", "Publisher"]

NAMESPACE = "AWS/DMS"


class Publisher:
    """Sends what the statistics say; rates are per second since the last time."""

    def __init__(self, client: Any, instance: str, task: str, statistics: Statistics) -> None:
        self._client, self._statistics = client, statistics
        self._dimensions = [
            {"Name": "ReplicationInstanceIdentifier", "Value": instance},
            {"Name": "ReplicationTaskIdentifier", "Value": task},
        ]
        self._at, self._counts = time.monotonic(), self._counted()

    def publish(self) -> None:
        """One datum of each metric."""
        now, counts = time.monotonic(), self._counted()
        seconds = max(now - self._at, 0.001)
        rates = {name: (count - self._counts[name]) / seconds for name, count in counts.items()}
        self._at, self._counts = now, counts
        statistics = self._statistics
        values = {
            "CDCLatencySource": (statistics.source_latency, "Seconds"),
            "CDCLatencyTarget": (statistics.target_latency, "Seconds"),
            "CDCIncomingChanges": (statistics.incoming_changes - statistics.applied_changes, "Count"),
            **{name: (rate, "Count/Second") for name, rate in rates.items()},
        }
        self._client.put_metric_data(
            Namespace=NAMESPACE,
            MetricData=[
                {"MetricName": name, "Dimensions": self._dimensions, "Value": float(value), "Unit": unit}
                for name, (value, unit) in values.items()
            ],
        )

    def _counted(self) -> dict[str, int]:
        statistics = self._statistics
        return {
            "CDCThroughputRowsSource": statistics.incoming_changes,
            "CDCThroughputRowsTarget": statistics.applied_changes,
            "FullLoadThroughputRowsTarget": sum(table.full_load_rows for table in list(statistics.tables.values())),
        }
