"""The records of a Kinesis stream on their way to Spark: files of one folder, written by a thread while a query runs.

A file holds what one call gave of one shard and is named after it, so that no record is put down twice; which record was the last of
each shard is in `_state.json`. With a checkpoint that Spark does not know yet the folder is emptied and reading begins at the starting
position; with one that it knows, reading goes on after the last record that was put down.
"""

from __future__ import annotations

import base64
import functools
import json
import logging
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from py4j.protocol import Py4JError
from pyspark.sql import DataFrame
from pyspark.sql.streaming import DataStreamWriter, StreamingQuery

__all__ = ["Position", "Spool", "failure_of"]

_LOG = logging.getLogger("awsglue")
_PAUSE, _LOOK_FOR_SHARDS = 0.25, 5.0
"""Seconds between two calls for a shard (Kinesis takes five a second), and between two looks for new shards."""
_spools: dict[Path, Spool] = {}


@dataclass(frozen=True)
class Position:
    """Where reading begins: kind as GetShardIterator names it, and the moment of AT_TIMESTAMP in seconds since 1970."""

    kind: str
    moment: float | None = None


class Spool:
    """Of one stream in one folder; one for the process."""

    def __init__(self, stream: str, folder: Path, position: Position) -> None:
        self.stream, self.folder, self.position = stream, folder, position
        self.error: Exception | None = None
        self._thread: threading.Thread | None = None
        self._query: StreamingQuery | None = None
        self._iterators: dict[str, str | None] = {}

    @classmethod
    def of(cls, stream: str, folder: Path, position: Position) -> Spool:
        """The folder's; from now on a query that reads it makes it fill."""
        folder.mkdir(parents=True, exist_ok=True)
        _spools[folder] = cls(stream, folder, position)
        _fill_when_queries_start()
        return _spools[folder]

    def begin(self, is_new: bool) -> None:
        """Takes up reading; is_new: from the starting position, as if nothing had been read."""
        self._end()
        if is_new:
            shutil.rmtree(self.folder)
            self.folder.mkdir()
        if not self._state_file.exists():
            self._save({"began": time.time(), "shards": {}})
        import boto3

        self._client = boto3.client("kinesis")
        self._find_shards(at_start=True)

    def follow(self, query: StreamingQuery) -> None:
        """Fills the folder for as long as the query runs."""
        self._query, self.error = query, None
        self._thread = threading.Thread(target=self._run, name=f"kinesis-{self.stream}", daemon=True)
        self._thread.start()

    def _end(self) -> None:
        if self._thread is not None:
            self._query = None
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        looked = time.monotonic()
        try:
            while (query := self._query) is not None and query.isActive:
                if time.monotonic() - looked > _LOOK_FOR_SHARDS:
                    self._find_shards()
                    looked = time.monotonic()
                for shard, iterator in list(self._iterators.items()):
                    if iterator is not None:
                        self._take(shard, iterator)
                time.sleep(_PAUSE)
        except Py4JError:
            return  # the JVM is gone, and the query with it
        except Exception as error:  # noqa: BLE001 - for_each_batch raises it: a thread has nobody to raise it to
            _LOG.error("The stream %s cannot be read any more: %s", self.stream, error)
            self.error = error
            if query is not None:
                query.stop()

    def _find_shards(self, at_start: bool = False) -> None:
        if at_start:
            self._iterators = {}
        arguments: dict[str, Any] = {"StreamName": self.stream}
        while True:
            page = self._client.list_shards(**arguments)
            for shard in page["Shards"]:
                if shard["ShardId"] not in self._iterators:
                    self._iterators[shard["ShardId"]] = self._iterator(shard["ShardId"], at_start)
            if not page.get("NextToken"):
                return
            arguments = {"NextToken": page["NextToken"]}

    def _iterator(self, shard: str, at_start: bool) -> str:
        """After the last record that was put down; without one at the starting position, of a shard that came later at its beginning."""
        state = self._state()
        last = state["shards"].get(shard)
        where: dict[str, Any] = {"ShardIteratorType": "TRIM_HORIZON"}
        if last is not None:
            where = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": last}
        elif at_start and self.position.kind != "TRIM_HORIZON":
            moment = self.position.moment if self.position.moment is not None else state["began"]
            where = {"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": moment}
        return str(self._client.get_shard_iterator(StreamName=self.stream, ShardId=shard, **where)["ShardIterator"])

    def _take(self, shard: str, iterator: str) -> None:
        try:
            answer = self._client.get_records(ShardIterator=iterator, Limit=10_000)
        except self._client.exceptions.ProvisionedThroughputExceededException:
            return  # asked for again after the pause
        except self._client.exceptions.ExpiredIteratorException:
            self._iterators[shard] = self._iterator(shard, at_start=True)
            return
        records = answer["Records"]
        if records:
            self._put_down(shard, records)
        self._iterators[shard] = answer.get("NextShardIterator")

    def _put_down(self, shard: str, records: list[dict[str, Any]]) -> None:
        last = records[-1]["SequenceNumber"]
        draft = self.folder / f".{shard}"
        draft.write_text("".join(f"{json.dumps(self._line(record))}\n" for record in records), "utf-8")
        draft.replace(self.folder / f"{shard}-{records[0]['SequenceNumber']}-{last}.json")
        state = self._state()
        state["shards"][shard] = last
        self._save(state)

    def _line(self, record: dict[str, Any]) -> dict[str, str]:
        return {
            "data": base64.b64encode(record["Data"]).decode(), "streamName": self.stream, "partitionKey": record["PartitionKey"],
            "sequenceNumber": record["SequenceNumber"],
            "approximateArrivalTimestamp": record["ApproximateArrivalTimestamp"].astimezone().isoformat(),
        }  # fmt: skip

    @property
    def _state_file(self) -> Path:
        return self.folder / "_state.json"

    def _state(self) -> dict[str, Any]:
        return dict(json.loads(self._state_file.read_text("utf-8")))

    def _save(self, state: dict[str, Any]) -> None:
        draft = self.folder / ".state"
        draft.write_text(json.dumps(state), "utf-8")
        draft.replace(self._state_file)


def failure_of(frame: DataFrame) -> Exception | None:
    """Why a stream that the frame reads could not be read any more, when it could not."""
    return next((spool.error for spool in _of_frame(frame) if spool.error is not None), None)


def _of_frame(frame: DataFrame) -> list[Spool]:
    plan = frame._jdf.queryExecution().logical().toString() if _spools else ""
    return [spool for folder, spool in _spools.items() if f"{folder}]" in plan or f"{folder}," in plan]


def _fill_when_queries_start() -> None:
    """Queries are started by a writer, in for_each_batch or by the script itself: there the checkpoint's place is known."""
    if hasattr(DataStreamWriter.start, "fills"):
        return
    original_option, original_options, original_name = DataStreamWriter.option, DataStreamWriter.options, DataStreamWriter.queryName

    def option(self: DataStreamWriter, key: str, value: Any) -> DataStreamWriter:
        _note_checkpoint(self, {key: value})
        return original_option(self, key, value)

    def options(self: DataStreamWriter, **given: Any) -> DataStreamWriter:
        _note_checkpoint(self, given)
        return original_options(self, **given)

    def named(self: DataStreamWriter, queryName: str) -> DataStreamWriter:
        self._query_name = queryName  # type: ignore[attr-defined]
        return original_name(self, queryName)

    DataStreamWriter.option, DataStreamWriter.options, DataStreamWriter.queryName = option, options, named  # type: ignore[method-assign]
    for name in ("start", "toTable"):
        setattr(DataStreamWriter, name, _filling(getattr(DataStreamWriter, name)))


def _note_checkpoint(writer: Any, options: Mapping[str, Any]) -> None:
    for name, value in options.items():
        if name.lower() == "checkpointlocation":
            writer._checkpoint = value


def _filling(original: Callable[..., StreamingQuery]) -> Callable[..., StreamingQuery]:
    @functools.wraps(original)
    def start(self: Any, *args: Any, **options: Any) -> StreamingQuery:
        spools = _of_frame(self._df)
        _note_checkpoint(self, options)
        for spool in spools:
            spool.begin(is_new=not _is_known(self._df, _checkpoint_of(self, options.get("queryName"))))
        query = original(self, *args, **options)
        for spool in spools:
            spool.follow(query)
        return query

    start.fills = True  # type: ignore[attr-defined]
    return start


def _checkpoint_of(writer: Any, name: str | None) -> Any:
    """Its own, or below the session's one the folder of the query's name; a query without either begins anew each time."""
    name = name or getattr(writer, "_query_name", None)
    root = writer._df.sparkSession.conf.get("spark.sql.streaming.checkpointLocation", None)
    return getattr(writer, "_checkpoint", None) or (f"{root.rstrip('/')}/{name}" if root and name else None)


def _is_known(frame: DataFrame, checkpoint: Any) -> bool:
    if not checkpoint:
        return False
    session = frame.sparkSession
    path = session._jvm.org.apache.hadoop.fs.Path(f"{str(checkpoint).rstrip('/')}/offsets")  # type: ignore[union-attr]
    return bool(path.getFileSystem(session._jsparkSession.sessionState().newHadoopConf()).exists(path))
