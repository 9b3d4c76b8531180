"""The end of a statement, told to EventBridge when it was asked for (WithEvent).

Source: Redshift management guide, "Monitoring events for the Amazon Redshift Data API in Amazon EventBridge".
"""

from __future__ import annotations

from pathlib import Path

from localaws.eventbridge.bus import emit
from localaws.operation import Request
from localaws.redshiftdata.statements import Statement, Target
from localaws.redshiftserverless.stores import arn_of, records

__all__ = ["resource_of", "tell_end"]


def tell_end(home: Path, statement: Statement) -> None:
    """One event: FINISHED, FAILED or ABORTED."""
    detail = {
        "principal": statement.principal,
        "statementName": statement.name,
        "statementId": statement.id,
        "redshiftQueryId": statement.query_id or -1,
        "state": statement.status,
        "rows": statement.subs[-1].rows if statement.status == "FINISHED" else 0,
        "expireAt": int(statement.expires_at),
    }
    emit(home, "aws.redshift-data", "Redshift Data Statement Status Change", detail, (statement.resource,))


def resource_of(request: Request, target: Target) -> str:
    """The ARN of a warehouse; of a workgroup that nobody created, with its name for the id."""
    if target.cluster:
        return f"arn:aws:redshift:{request.region}:{request.account_id}:cluster:{target.cluster}"
    if target.workgroup.startswith("arn:"):
        return target.workgroup
    known = records(request, "workgroup").get(target.workgroup)
    return str(known["workgroupArn"]) if known else arn_of(request, "workgroup", target.workgroup)
