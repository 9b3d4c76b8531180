"""Landing manifests, leases, watermarks, secrets and audit records on the endpoint."""

from __future__ import annotations

import json
import threading
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from etl_common.audit import Audit, SourceCounts
from etl_common.exceptions import LandingError, LeaseLostError, LeaseTakenError, SecretError, UnbalancedBatchError
from etl_common.lake import WrittenTable
from etl_common.leases import Holder, lease
from etl_common.manifest import LandedFile, Landing, LandingManifest
from etl_common.secrets import read_secret
from etl_common.watermarks import publish

DAY = date(1998, 6, 15)


@pytest.fixture
def landing(aws: Any) -> Landing:
    return Landing(aws("s3"), "wholesale-landing", f"test-{uuid4().hex}")


def manifest(batch_id: str, high: str | None, name: str = "a.parquet") -> LandingManifest:
    return LandingManifest("orders", batch_id, "1998-06-15", (LandedFile(name, 1, 1),), None, high)


def test_the_first_manifest_of_a_batch_wins(landing: Landing) -> None:
    first = landing.commit(manifest("b1", "1998-06-15T10:00:00"))
    second = landing.commit(manifest("b1", "1998-06-15T11:00:00", name="other.parquet"))

    assert second == first == landing.read("orders", "b1", DAY)


def test_a_batch_without_a_manifest_has_not_been_extracted(landing: Landing) -> None:
    assert landing.read("orders", "b1", DAY) is None
    with pytest.raises(LandingError, match=r"manifest.json does not exist: deliver files"):
        landing.require("orders", "b1", DAY)


def test_the_low_watermark_is_the_newest_that_another_batch_committed(landing: Landing) -> None:
    for batch_id, high in (("b1", "1998-06-15T10:00:00"), ("b2", "1998-06-16T10:00:00"), ("b1-late", None)):
        landing.commit(manifest(batch_id, high))

    assert landing.high_watermark("orders", other_than="b3") == "1998-06-16T10:00:00"
    assert landing.high_watermark("orders", other_than="b2") == "1998-06-15T10:00:00"


def test_a_manifest_in_another_batchs_folder_is_refused(landing: Landing) -> None:
    key = landing.prefix("orders", "b9", DAY) + "manifest.json"
    landing.s3.put_object(Bucket=landing.bucket, Key=key, Body=manifest("b1", None).to_json())

    with pytest.raises(LandingError, match="is of table orders, batch b1"):
        landing.read("orders", "b9", DAY)


def hold(aws: Any, job: str, batch_id: str = "b", *, seconds: int = 60, wait: int = 0, state: str | None = "RUNNING") -> Any:
    return lease(aws.state, Holder(job, batch_id, "jr_1"), seconds=seconds, wait=wait, run_state=lambda holder: state)


def test_a_second_run_fails_and_names_the_first(aws: Any) -> None:
    job = uuid4().hex

    taken = r"already at work on b1 \(run jr_1\); waited 0 s"
    with hold(aws, job, "b1"), pytest.raises(LeaseTakenError, match=taken), hold(aws, job):
        pytest.fail("two runs hold the lease")


def test_a_second_run_waits_until_the_first_has_ended(aws: Any) -> None:
    job, order = uuid4().hex, []
    first = hold(aws, job)
    held = first.__enter__()
    ending = threading.Timer(1.5, lambda: (order.append("first ends"), first.__exit__(None, None, None)))
    ending.start()

    with hold(aws, job, wait=20) as second:
        order.append("second begins")
    ending.join()

    assert order == ["first ends", "second begins"]
    assert second.token > held.token


def test_the_lease_of_a_run_that_has_ended_is_taken_over_and_the_old_run_notices(aws: Any) -> None:
    job = uuid4().hex

    with hold(aws, job) as old, hold(aws, job, state="FAILED") as new:
        assert new.token == old.token + 1
        new.check()
        with pytest.raises(LeaseLostError, match="lost its lease"):
            old.check()


def test_an_expired_lease_is_taken_over(aws: Any) -> None:
    job = uuid4().hex
    table = aws.state
    table.put_item(Item={"pk": "lease", "sk": job, "lease_owner": "x", "fencing_token": 7, "expires_at": 1, "batch_id": "b", "run_id": ""})

    with hold(aws, job, state=None) as held:
        assert held.token == 8


def test_an_older_watermark_does_not_replace_a_newer_copy(aws: Any) -> None:
    source = uuid4().hex
    for high, batch_id in (("1998-06-15T10:00:00", "b1"), ("1998-06-16T10:00:00", "b2"), ("1998-06-15T12:00:00", "b1-late")):
        publish(aws.state, source, high, batch_id)

    item = aws.state.get_item(Key={"pk": "watermark", "sk": source})["Item"]
    assert (item["high"], item["batch_id"]) == ("1998-06-16T10:00:00", "b2")


def test_a_secret_gives_its_fields_and_never_shows_them(aws: Any) -> None:
    client, name = aws("secretsmanager"), uuid4().hex
    client.create_secret(Name=name, SecretString=json.dumps({"password": "hunter2"}))

    secret = read_secret(client, name)

    assert secret["password"] == "hunter2"
    assert "hunter2" not in repr(secret)
    with pytest.raises(SecretError, match="has no field host, only password"):
        secret["host"]
    with pytest.raises(SecretError, match="cannot be read: ResourceNotFoundException"):
        read_secret(client, "no-such-secret")


def audit(aws: Any, batch_id: str) -> Audit:
    return Audit(aws("s3"), "wholesale-logs", "ingest", batch_id, DAY)


def stored(aws: Any, batch_id: str) -> dict[str, Any]:
    body = aws("s3").get_object(Bucket="wholesale-logs", Key=f"audit/batch_id={batch_id}/ingest.json")["Body"].read()
    return dict(json.loads(body))


def test_counts_that_do_not_add_up_stop_the_batch_and_store_nothing(aws: Any) -> None:
    batch_id = uuid4().hex

    with pytest.raises(UnbalancedBatchError, match="10 records were read, but 7 accepted \\+ 1 quarantined \\+ 1 duplicates = 9"):
        audit(aws, batch_id).record(SourceCounts("part", 10, 7, {"null_key": 1}, 1))
    assert aws("s3").list_objects_v2(Bucket="wholesale-logs", Prefix=f"audit/batch_id={batch_id}/")["KeyCount"] == 0


def test_a_run_that_finds_the_work_done_keeps_the_figures_of_the_run_that_did_it(aws: Any) -> None:
    batch_id = uuid4().hex
    first = audit(aws, batch_id)
    first.record(SourceCounts("part", 10, 8, {"null_key": 1}, 1))
    first.wrote(WrittenTable("part_change", "append", 8, 42))
    first.store(finished=True)

    again = audit(aws, batch_id)
    again.wrote(WrittenTable("part_change", "done", None, None))
    again.store(finished=True)

    found = stored(aws, batch_id)
    assert found["skipped"]
    assert found["sources"] == [{"source": "part", "read": 10, "accepted": 8, "quarantined": {"null_key": 1}, "duplicates": 1}]
    assert found["tables"] == [{"table": "part_change", "operation": "append", "rows": 8, "snapshot_id": 42}]
