"""One run at a time: a lease per job in DynamoDB, with an expiry and a fencing token.

A lease saves work and gives a clear message; it never decides whether data is right. That is decided
by the commits, which refuse a second writer by themselves. A run that finds the lease taken waits for
it; when the holder is a Glue run that has ended, it takes the lease over at once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from botocore.exceptions import ClientError

from etl_common.exceptions import LeaseLostError, LeaseTakenError

__all__ = ["Holder", "Lease", "lease"]

_ENDED = {"SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT", "ERROR", "EXPIRED"}
_POLL = 1.0


@dataclass(frozen=True)
class Holder:
    """A run as others see it in the lease. run_id is Glue's, or None outside Glue."""

    job: str
    batch_id: str
    run_id: str | None


@dataclass
class Lease:
    """A held lease. `check` is called before every commit."""

    table: Any
    key: dict[str, str]
    token: int
    seconds: int
    owner: str
    clock: Callable[[], float] = time.time
    lost: threading.Event = field(default_factory=threading.Event)
    one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    def check(self) -> None:
        """Renew the lease; any thread may. Raises LeaseLostError when another run has taken it."""
        try:
            with self.one_at_a_time:
                self.table.update_item(
                    Key=self.key,
                    UpdateExpression="SET expires_at = :until",
                    ConditionExpression="fencing_token = :token AND lease_owner = :owner",
                    ExpressionAttributeValues={":until": int(self.clock() + self.seconds), ":token": self.token, ":owner": self.owner},
                )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            self.lost.set()
            raise LeaseLostError(self.key["sk"], self.token) from error

    def release(self) -> None:
        """Give it back; harmless when it is lost. The fencing token stays, so that it only ever grows."""
        try:
            self.table.update_item(
                Key=self.key,
                UpdateExpression="SET expires_at = :now",
                ConditionExpression="fencing_token = :token AND lease_owner = :owner",
                ExpressionAttributeValues={":now": 0, ":token": self.token, ":owner": self.owner},
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise


@contextmanager
def lease(table: Any, holder: Holder, *, seconds: int, wait: int, run_state: Callable[[Holder], str | None]) -> Iterator[Lease]:
    """Hold the job's lease for the block and renew it in the background.

    table: boto3's DynamoDB table with the keys pk and sk. run_state: the state of another run, None when
    it cannot be known. Raises LeaseTakenError when another run still holds the lease after `wait` seconds.
    """
    held = _take(table, holder, seconds, wait, run_state)
    stop = threading.Event()
    renewal = threading.Thread(target=_renew, args=(held, stop), name=f"lease-{holder.job}", daemon=True)
    renewal.start()
    try:
        yield held
    finally:
        stop.set()
        renewal.join()
        held.release()


def _renew(held: Lease, stop: threading.Event) -> None:
    """Until told to stop. A failed renewal is no error here: the check before the next commit decides."""
    while not stop.wait(held.seconds / 3):
        try:
            held.check()
        except LeaseLostError:
            return
        except Exception as error:  # noqa: BLE001 - a network fault between two commits may pass before the next one
            print(f"lease {held.key['sk']}: not renewed, will be tried again: {error}", flush=True)


def _take(table: Any, holder: Holder, seconds: int, wait: int, run_state: Callable[[Holder], str | None]) -> Lease:
    key = {"pk": "lease", "sk": holder.job}
    give_up = time.monotonic() + wait
    while True:
        current = table.get_item(Key=key, ConsistentRead=True).get("Item")
        if current is None or int(current["expires_at"]) <= time.time() or run_state(_holder_of(current)) in _ENDED:
            taken = _write(table, key, holder, current, seconds)
            if taken is not None:
                return taken
        elif time.monotonic() >= give_up:
            other = _holder_of(current)
            raise LeaseTakenError(holder.job, other.batch_id, other.run_id, wait)
        time.sleep(_POLL)


def _write(table: Any, key: dict[str, str], holder: Holder, current: dict[str, Any] | None, seconds: int) -> Lease | None:
    """Write the lease if it is still as it was read; None when another run was quicker."""
    token = int(current["fencing_token"]) + 1 if current else 1
    owner = uuid4().hex
    item = {**key, "lease_owner": owner, "fencing_token": token, "expires_at": int(time.time() + seconds),
            "batch_id": holder.batch_id, "run_id": holder.run_id or ""}  # fmt: skip
    unchanged: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
    if current:
        unchanged = {
            "ConditionExpression": "fencing_token = :seen AND lease_owner = :owner",
            "ExpressionAttributeValues": {":seen": current["fencing_token"], ":owner": current["lease_owner"]},
        }
    try:
        table.put_item(Item=item, **unchanged)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
            return None
        raise
    return Lease(table, key, token, seconds, owner)


def _holder_of(item: dict[str, Any]) -> Holder:
    return Holder(item["sk"], item["batch_id"], item["run_id"] or None)
