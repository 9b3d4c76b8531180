"""What the simulator is asked for, and the batches that follow from it.

A batch covers one business date. With `days_per_batch` above 1 a later batch reveals several days at once, which is how the
benchmark gets a batch of one per cent of the data. After the regular batches comes one backfill of the first business date
(its id ends in `-late`): records dated on that day which nobody delivered before.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from simulator.exceptions import SimulatorConfigError

__all__ = ["Batch", "SimulatorConfig", "batches", "fingerprint", "late_batch"]

SMALLEST_SCALE = 0.01
LAST_ORDER_DATE = date(1998, 8, 2)
FIRST_ORDER_DATE = date(1992, 1, 1)


@dataclass(frozen=True)
class SimulatorConfig:
    """Size, seed and shape of the sources.

    scale: TPC-H scale factor, at least 0.01. change_share: part of the customers, parts and so on that change in a later batch.
    dirt_share: part of the records that are bad. Raises SimulatorConfigError.
    """

    scale: float = 0.01
    seed: int = 7
    first_business_date: date = date(1998, 6, 15)
    days_per_batch: int = 1
    change_share: float = 0.01
    dirt_share: float = 0.002
    batches: int = 3

    def __post_init__(self) -> None:
        _check(self.scale >= SMALLEST_SCALE, f"scale is {self.scale}, and every kind of change and dirt needs at least {SMALLEST_SCALE}")
        _check(self.batches >= 1, f"batches is {self.batches}: ask for at least 1")
        _check(self.days_per_batch >= 1, f"days_per_batch is {self.days_per_batch}: ask for at least 1")
        _check(0 <= self.change_share <= 0.2, f"change_share is {self.change_share}: it goes from 0 to 0.2")
        _check(0 <= self.dirt_share <= 0.05, f"dirt_share is {self.dirt_share}: it goes from 0 to 0.05")
        last = self.first_business_date + timedelta(days=self.days_per_batch * (self.batches - 1))
        _check(
            FIRST_ORDER_DATE + timedelta(days=366) <= self.first_business_date and last <= LAST_ORDER_DATE,
            f"the business dates run from {self.first_business_date} to {last}, and the orders of TPC-H from "
            f"{FIRST_ORDER_DATE} to {LAST_ORDER_DATE}: begin after its first year, and ask for fewer batches or days",
        )


@dataclass(frozen=True)
class Batch:
    """One batch: it reveals what happened from `first_day` to `business_date`, before `window_end` (exclusive, UTC)."""

    number: int
    batch_id: str
    business_date: date
    first_day: date
    window_end: datetime

    @property
    def is_late(self) -> bool:
        return self.batch_id.endswith("-late")


def batches(config: SimulatorConfig) -> list[Batch]:
    """The regular batches in order.

    >>> [(batch.batch_id, str(batch.window_end)) for batch in batches(SimulatorConfig(batches=2))]
    [('1998-06-15', '1998-06-16 00:00:00'), ('1998-06-16', '1998-06-17 00:00:00')]
    """
    found = []
    for number in range(1, config.batches + 1):
        day = config.first_business_date + timedelta(days=(number - 1) * config.days_per_batch)
        first_day = day if number == 1 else day - timedelta(days=config.days_per_batch - 1)
        found.append(Batch(number, day.isoformat(), day, first_day, _end(day)))
    return found


def late_batch(config: SimulatorConfig) -> Batch:
    """The backfill of the first business date, to be run after the regular batches."""
    day = config.first_business_date
    return Batch(config.batches + 1, f"{day.isoformat()}-late", day, day, _end(day))


def fingerprint(config: SimulatorConfig) -> str:
    """A short name of everything that the generated files depend on: the configuration and this package's code."""
    digest = hashlib.sha256(json.dumps(asdict(config), default=str, sort_keys=True).encode())
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def _end(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time())


def _check(holds: bool, message: str) -> None:
    if not holds:
        raise SimulatorConfigError(f"{message}.")
