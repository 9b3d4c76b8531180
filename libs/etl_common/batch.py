"""A job that works on one batch: its clients, lease, audit record, and the way of records into the lake.

    with batch_job(argv, Arguments) as batch:
        batch.publish(contract, lake_table, read, codes=…, parents=…)
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any, Generic, TypeVar

import boto3
from botocore.exceptions import ClientError
from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from etl_common.arguments import BatchArguments, LeaseArguments
from etl_common.audit import Audit, SourceCounts, records_read
from etl_common.contracts import SourceTable
from etl_common.duplicates import accepted, classify, quarantined
from etl_common.frames import computed_once, planned_for_few_rows
from etl_common.job import RunningJob, glue_job
from etl_common.lake import Commit, Lake, WrittenTable
from etl_common.leases import Holder, Lease, lease
from etl_common.model import LakeTable
from etl_common.quarantine import Quarantine

__all__ = ["Batch", "LakeArguments", "batch_job", "leased"]

# A batch below this many records is small beside the tables that it is compared with.
_SMALL = 500_000


@dataclass(frozen=True)
class LakeArguments(BatchArguments):
    """Arguments of a batch job that writes the lake."""

    curated_database: str = "curated"
    landing_bucket: str = "wholesale-landing"
    quarantine_bucket: str = "wholesale-quarantine"
    logs_bucket: str = "wholesale-logs"


Arguments = TypeVar("Arguments", bound=LakeArguments)
Leased = TypeVar("Leased", bound=LeaseArguments)


@dataclass(frozen=True)
class Batch(Generic[Arguments]):
    """A running batch job that holds its lease."""

    job: RunningJob[Arguments]
    lake: Lake
    audit: Audit
    quarantine: Quarantine
    s3: Any

    @property
    def args(self) -> Arguments:
        return self.job.args

    @property
    def spark(self) -> SparkSession:
        return self.job.spark

    @property
    def business_date(self) -> date:
        return self.args.business_date

    @property
    def window_end(self) -> datetime:
        """The end of the batch's day, exclusive; UTC, naive."""
        return datetime.combine(self.business_date + timedelta(days=1), time())

    @cached_property
    def state(self) -> Any:
        return boto3.resource("dynamodb").Table(self.args.state_table)

    def planned_for(self, records: int) -> AbstractContextManager[None]:
        """A block whose queries are planned for a batch of so many records. Not to be entered by several threads."""
        return planned_for_few_rows(self.spark) if 0 < records < _SMALL else nullcontext()

    def publish(
        self, contract: SourceTable, table: LakeTable, read: Callable[[], DataFrame], *, records: int,
        codes: Mapping[str, Collection[Any]] | None = None, parents: Mapping[str, DataFrame] | None = None,
        check: Callable[[Mapping[str, int]], None] | None = None, extra: Mapping[str, Any] | None = None,
    ) -> WrittenTable:  # fmt: skip
        """Bring a source's records of this batch into its curated table, once.

        read: the raw records. records: how many were landed, counted when they were. check: compares the
        records found per file with what was promised. extra: values of columns that the contract lacks.
        Quarantine and audit are written before the table. Raises UnbalancedBatchError before anything is.
        """
        if self.lake.committed(table):
            return self._note(self.lake.done(table))
        small = records < _SMALL
        empty = self.lake.empty(table)
        judge = classify(
            contract, window_end=self.window_end, codes=codes, parents=parents,
            existing=None if empty else self.lake.read(table), small=small,
        )  # fmt: skip
        judged = read().transform(judge)
        classified = computed_once(judged) if small else judged.persist(StorageLevel.MEMORY_AND_DISK)
        try:
            counts = self._account(contract, classified, records, check)
            rows = classified.transform(accepted(contract, self.args.batch_id)).withColumns(
                {name: F.lit(value) for name, value in (extra or {}).items()}
            )
            return self._note(self._write(table, rows, counts.accepted, contract.sequence, may_match=table.write == "upsert" and not empty))
        finally:
            classified.unpersist()

    def written(self, table: LakeTable, write: Callable[[], WrittenTable]) -> WrittenTable:
        """Write a table by `write` unless this batch has, and note it."""
        return self._note(self.lake.done(table) if self.lake.committed(table) else write())

    def _account(
        self, contract: SourceTable, classified: DataFrame, records: int, check: Callable[[Mapping[str, int]], None] | None
    ) -> SourceCounts:
        """Count every record once, quarantine what was refused, and store the audit record."""
        found = classified.groupBy("_origin", "_verdict", "_rule").count().collect()
        if check is not None:
            check(_sums((row["_origin"], row["count"]) for row in found))
        verdicts = _sums((row["_verdict"], row["count"]) for row in found)
        rules = _sums((row["_rule"], row["count"]) for row in found if row["_verdict"] == "quarantined")
        counts = SourceCounts(contract.name, records, verdicts.get("accepted", 0), rules, verdicts.get("duplicate", 0))
        counts.check(self.args.batch_id)
        refused = classified.transform(quarantined(contract, self.args.batch_id, self.business_date))
        self.quarantine.replace(refused, contract.name, self.args.batch_id, rows=sum(rules.values()))
        self.audit.record(counts)
        refusals = ", ".join(f"{n} {rule}" for rule, n in sorted(rules.items())) or "none"
        self.job.log(f"{contract.name}: {records} read, {counts.accepted} accepted, {counts.duplicates} duplicates; refused: {refusals}")
        return counts

    def _write(self, table: LakeTable, rows: DataFrame, count: int, newer: str | None, *, may_match: bool) -> WrittenTable:
        """Append where no key can match, MERGE otherwise, nothing when there is nothing."""
        if count == 0:
            return self.lake.skip(table)
        return self.lake.merge(rows, table, newer=newer) if may_match else self.lake.append(rows, table)

    def _note(self, written: WrittenTable) -> WrittenTable:
        self.audit.wrote(written)
        self.job.log(f"{written.table}: {written.operation}" + ("" if written.rows is None else f", {written.rows} rows"))
        return written


@contextmanager
def leased(job: RunningJob[Leased], work: str) -> Iterator[Lease]:
    """The job's lease for the block. work: what is worked on, for who finds it taken. Raises LeaseTakenError."""
    args = job.args
    table = boto3.resource("dynamodb").Table(args.state_table)
    holder = Holder(job.name, work, job.run_id)
    with lease(table, holder, seconds=args.lease_seconds, wait=args.lease_wait_seconds, run_state=_run_state) as held:
        yield held


@contextmanager
def batch_job(argv: Sequence[str], arguments: type[Arguments]) -> Iterator[Batch[Arguments]]:
    """As `glue_job`, with the job's lease held for the block. Raises LeaseTakenError."""
    with glue_job(argv, arguments) as job:
        args = job.args
        s3 = boto3.client("s3")
        with leased(job, args.batch_id) as held:
            audit = Audit(s3, args.logs_bucket, job.name, args.batch_id, args.business_date, job.run_id)
            lake = Lake(job.spark, args.curated_database, Commit(args.batch_id, job.name, before=held.check))
            batch = Batch(job, lake, audit, Quarantine(s3, args.quarantine_bucket), s3)
            with batch.planned_for(records_read(s3, args.logs_bucket, args.batch_id)):
                yield batch
            audit.store(finished=True)


def _run_state(holder: Holder) -> str | None:
    """The state of a Glue run; None when it is not Glue's, or Glue does not know it."""
    if holder.run_id is None:
        return None
    try:
        return str(boto3.client("glue").get_job_run(JobName=holder.job, RunId=holder.run_id)["JobRun"]["JobRunState"])
    except ClientError as error:
        if error.response["Error"]["Code"] == "EntityNotFoundException":
            return None
        raise


def _sums(pairs: Any) -> dict[str, int]:
    totals: dict[str, int] = {}
    for name, count in pairs:
        totals[name] = totals.get(name, 0) + count
    return totals
